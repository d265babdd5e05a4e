//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Ops between lathe.dequantize and lathe.quantize: what they compute in real
// numbers, as the graph says, against the integers that lathe-integer-graph
// makes of them.
//
//===----------------------------------------------------------------------===//

#include "../Reference/EvaluateText.h"

#include "lathe/Dialect/Lathe/IntegerForms/IntegerForms.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Support/HostTensorAttr.h"
#include "lathe/Support/RunPasses.h"

#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"
#include <random>

using namespace mlir;
using namespace lathe;
using namespace lathe::testing;

namespace {

/// An op, or several, of the operands %x and %y, data with a scale of 1/20 in 8
/// bits, and %w, constant weights with a scale for each channel. %r is the
/// result.
struct Form {
  const char *name;
  const char *body;
  /// Shapes; empty for operands that are not there.
  const char *x, *y, *w, *result;
  /// Of the result in 8 bits; in 16, a 256th of it.
  double scale;
  /// How many steps of 16 bits the integers may be off: tables are lines.
  int64_t tolerance16 = 1;
};

/// How data are stored: int8 with zero points, int16 without, uint16 with.
enum class Storage { I8, I16, U16 };

std::string getName(Storage storage) {
  return storage == Storage::I8    ? "i8"
         : storage == Storage::I16 ? "i16"
                                   : "ui16";
}

struct StoredForm {
  Form form;
  Storage storage;
};

std::string getName(const StoredForm &test) {
  return test.form.name + ("_" + getName(test.storage));
}

void PrintTo(const StoredForm &test, std::ostream *os) { *os << getName(test); }

class IntegerFormsTest : public ::testing::TestWithParam<StoredForm> {
protected:
  const Form &form() const { return GetParam().form; }
  Storage storage() const { return GetParam().storage; }
  bool isByte() const { return storage() == Storage::I8; }

  /// A quantized type of data with a scale and zero point for 8 bits.
  std::string quantized(double scale, int64_t zeroPoint) const {
    if (isByte())
      return llvm::formatv("!quant.uniform<i8:f32, {0:e}:{1}>", scale,
                           zeroPoint);
    if (storage() == Storage::I16)
      return llvm::formatv("!quant.uniform<i16:f32, {0:e}>", scale / 256);
    return llvm::formatv("!quant.uniform<u16:f32, {0:e}:{1}>", scale / 256,
                         32768 + 256 * zeroPoint);
  }
  std::string stored(StringRef shape) const {
    return llvm::formatv("tensor<{0}x{1}>", shape, getName(storage()));
  }
  std::string getWeights() const;
  std::string getText() const;
  std::vector<HostTensor> makeInputs(func::FuncOp function) const;
};

/// Four output channels.
std::string IntegerFormsTest::getWeights() const {
  SmallVector<int64_t> shape;
  SmallVector<StringRef> extents;
  StringRef(form().w).split(extents, 'x');
  for (StringRef extent : extents)
    shape.push_back(std::stoll(extent.str()));
  HostTensor weights(ElementKind::I8, shape);
  std::minstd_rand random(7);
  std::string bytes;
  for (int64_t i = 0; i < weights.getNumElements(); ++i)
    bytes += llvm::formatv("{0:X-2}", unsigned(random() % 255 + 129) % 256);
  std::string type =
      llvm::formatv("!quant.uniform<i8:f32:{0}, {{0.01, 0.02, 0.005, 0.01}>",
                    shape.size() - 1);
  return llvm::formatv(R"(
    %w0 = lathe.constant dense<"0x{0}"> : tensor<{1}xi8>
    %w1 = lathe.storage_cast %w0 {{to = {2}} : (tensor<{1}xi8>) -> tensor<{1}x{2}>
    %w = lathe.dequantize %w1 {{to = f32} : (tensor<{1}x{2}>) -> tensor<{1}xf32>)",
                       bytes, form().w, type);
}

std::string IntegerFormsTest::getText() const {
  std::string arguments, text;
  for (auto [name, shape] : {std::pair("x", form().x), {"y", form().y}}) {
    if (StringRef(shape).empty())
      continue;
    arguments += llvm::formatv("{0}%{1}0: {2}", arguments.empty() ? "" : ", ",
                               name, stored(shape));
    // Different parameters, so that concatenations and the like rescale.
    std::string type = *name == 'x' ? quantized(0.05, -3) : quantized(0.04, 11);
    text += llvm::formatv(R"(
    %{0}1 = lathe.storage_cast %{0}0 {{to = {2}} : ({3}) -> tensor<{1}x{2}>
    %{0} = lathe.dequantize %{0}1 {{to = f32} : (tensor<{1}x{2}>) -> tensor<{1}xf32>)",
                          name, shape, type, stored(shape));
  }
  if (!StringRef(form().w).empty())
    text += getWeights();
  return llvm::formatv(R"(func.func @f({0}) -> {3} {{{1}
    {5}
    %q = lathe.quantize %r {{to = {2}} : (tensor<{4}xf32>) -> tensor<{4}x{2}>
    %s = lathe.storage_cast %q {{to = {6}} : (tensor<{4}x{2}>) -> {3}
    return %s : {3}
  })",
                       arguments, text, quantized(form().scale, 5),
                       stored(form().result), form().result, form().body,
                       getName(storage()));
}

/// All integers that there are, with the ends more often than others.
std::vector<HostTensor>
IntegerFormsTest::makeInputs(func::FuncOp function) const {
  std::vector<HostTensor> inputs;
  std::minstd_rand random(1);
  int64_t count = isByte() ? 1 << 8 : 1 << 16;
  int64_t low = storage() == Storage::U16 ? 0 : -count / 2;
  for (Type type : function.getArgumentTypes()) {
    auto tensor = cast<RankedTensorType>(type);
    HostTensor &input = inputs.emplace_back(
        *getElementKind(tensor.getElementType()), tensor.getShape());
    for (int64_t i = 0; i < input.getNumElements(); ++i) {
      int64_t chosen = random() % 8;
      input.setInt(i, low + (chosen == 0   ? count - 1
                             : chosen == 1 ? 0
                                           : int64_t(random() % count)));
    }
  }
  return inputs;
}

TEST_P(IntegerFormsTest, IsTheRealResultUpToOneStep) {
  DialectRegistry registry;
  registry.insert<LatheDialect, func::FuncDialect, quant::QuantDialect>();
  registerReferenceModels(registry);
  registerIntegerForms(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  std::string text = getText();
  auto module = parseSourceString<ModuleOp>(text, &context);
  ASSERT_TRUE(module) << text;
  func::FuncOp function = *module->getOps<func::FuncOp>().begin();
  std::vector<HostTensor> inputs = makeInputs(function);
  auto real = evaluate(function, inputs);
  ASSERT_TRUE(bool(real)) << llvm::toString(real.takeError());

  PassManager passes(&context);
  passes.addNestedPass<func::FuncOp>(createIntegerGraph());
  ASSERT_FALSE(bool(runPasses(passes, *module)));
  function.walk([&](Operation *op) {
    for (Value result : op->getResults())
      EXPECT_FALSE(lathe::impl::elementTypeOf(result).isF32())
          << op->getName().getStringRef().str() << " is left in float";
  });
  auto integers = evaluate(function, inputs);
  ASSERT_TRUE(bool(integers)) << llvm::toString(integers.takeError());

  int64_t tolerance = isByte() ? 1 : form().tolerance16;
  std::set<int64_t> different;
  for (int64_t i = 0; i < real->front().getNumElements(); ++i) {
    int64_t expected = real->front().getInt(i);
    EXPECT_NEAR(integers->front().getInt(i), expected, tolerance) << i;
    different.insert(expected);
  }
  // Else the scale is so wrong that nothing was tested.
  EXPECT_GT(different.size(), 3u);
}

const Form forms[] = {
    {"conv",
     "%r = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = "
     "array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : (tensor<1x5x6x3xf32>, "
     "tensor<3x3x3x4xf32>) -> tensor<1x5x6x4xf32>",
     "1x5x6x3", "", "3x3x3x4", "1x5x6x4", 0.5},
    {"convWithBiasAndRelu",
     "%b = lathe.constant dense<[2.0, -3.5, 0.25, 1.0]> : tensor<4xf32>\n"
     "%c = lathe.conv %x, %w, %b {strides = array<i64: 2, 2>, dilations = "
     "array<i64: 1, 1>, pads = array<i64: 0, 0, 1, 1>} : (tensor<1x5x6x3xf32>, "
     "tensor<3x3x3x4xf32>, tensor<4xf32>) -> tensor<1x2x3x4xf32>\n"
     "%r = lathe.relu %c : (tensor<1x2x3x4xf32>) -> tensor<1x2x3x4xf32>",
     "1x5x6x3", "", "3x3x3x4", "1x2x3x4", 0.4},
    {"depthwise",
     "%r = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = "
     "array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 4 : i64} : "
     "(tensor<1x5x6x4xf32>, tensor<3x3x1x4xf32>) -> tensor<1x5x6x4xf32>",
     "1x5x6x4", "", "3x3x1x4", "1x5x6x4", 0.2},
    {"convTranspose",
     "%r = lathe.conv_transpose %x, %w {strides = array<i64: 2, 2>, dilations "
     "= array<i64: 1, 1>, pads = array<i64: 0, 0, 0, 0>, output_padding = "
     "array<i64: 0, 0>} : (tensor<1x3x4x3xf32>, tensor<2x2x3x4xf32>) -> "
     "tensor<1x6x8x4xf32>",
     "1x3x4x3", "", "2x2x3x4", "1x6x8x4", 0.2},
    {"matmul",
     "%r = lathe.matmul %x, %w : (tensor<3x9xf32>, tensor<9x4xf32>) -> "
     "tensor<3x4xf32>",
     "3x9", "", "9x4", "3x4", 0.2},
    {"matmulOfActivations",
     "%r = lathe.matmul %x, %y : (tensor<3x9xf32>, tensor<9x5xf32>) -> "
     "tensor<3x5xf32>",
     "3x9", "9x5", "", "3x5", 0.9},
    {"add",
     "%r = lathe.add %x, %y : (tensor<3x9xf32>, tensor<3x9xf32>) -> "
     "tensor<3x9xf32>",
     "3x9", "3x9", "", "3x9", 0.08},
    {"subOfARow",
     "%r = lathe.sub %x, %y : (tensor<3x9xf32>, tensor<9xf32>) -> "
     "tensor<3x9xf32>",
     "3x9", "9", "", "3x9", 0.07},
    {"mul",
     "%r = lathe.mul %x, %y : (tensor<3x9xf32>, tensor<3x9xf32>) -> "
     "tensor<3x9xf32>",
     "3x9", "3x9", "", "3x9", 0.25},
    {"concat",
     "%r = lathe.concat %x, %y {axis = 1 : i64} : (tensor<3x9xf32>, "
     "tensor<3x2xf32>) -> tensor<3x11xf32>",
     "3x9", "3x2", "", "3x11", 0.05},
    {"pad",
     "%v = lathe.constant dense<1.5> : tensor<f32>\n"
     "%r = lathe.pad %x, %v {low = array<i64: 1, 0>, high = array<i64: 0, 2>} "
     ": (tensor<3x9xf32>, tensor<f32>) -> tensor<4x11xf32>",
     "3x9", "", "", "4x11", 0.06},
    {"maxPool",
     "%r = lathe.max_pool %x {kernel = array<i64: 3, 3>, strides = array<i64: "
     "2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : "
     "(tensor<1x5x6x3xf32>) -> tensor<1x3x3x3xf32>",
     "1x5x6x3", "", "", "1x3x3x3", 0.06},
    {"averagePoolWithCorners",
     "%r = lathe.avg_pool %x {kernel = array<i64: 3, 3>, strides = array<i64: "
     "1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>} : "
     "(tensor<1x5x6x3xf32>) -> tensor<1x5x6x3xf32>",
     "1x5x6x3", "", "", "1x5x6x3", 0.05},
    {"mean",
     "%r = lathe.reduce mean %x {axes = array<i64: 1, 2>, keep_dims} : "
     "(tensor<1x5x6x7xf32>) -> tensor<1x1x1x7xf32>",
     "1x5x6x7", "", "", "1x1x1x7", 0.02},
    {"sum",
     "%r = lathe.reduce sum %x {axes = array<i64: 1>} : (tensor<6x9xf32>) -> "
     "tensor<6xf32>",
     "6x9", "", "", "6", 0.25},
    {"max",
     "%r = lathe.reduce max %x {axes = array<i64: 1>} : (tensor<9x2xf32>) -> "
     "tensor<9xf32>",
     "9x2", "", "", "9", 0.06},
    {"minimum",
     "%r = lathe.min %x, %y : (tensor<3x9xf32>, tensor<3x9xf32>) -> "
     "tensor<3x9xf32>",
     "3x9", "3x9", "", "3x9", 0.06},
    {"nearest",
     "%r = lathe.resize %x {sizes = array<i64: 1, 4, 6, 3>, scales = "
     "array<f64: 1.0, 2.0, 2.0, 1.0>, mode = #lathe<resize_mode nearest>, "
     "coordinates = #lathe<coordinate_mode asymmetric>, rounding = "
     "#lathe<rounding_mode floor>} : (tensor<1x2x3x3xf32>) -> "
     "tensor<1x4x6x3xf32>",
     "1x2x3x3", "", "", "1x4x6x3", 0.06},
    {"transpose",
     "%r = lathe.transpose %x {permutation = array<i64: 1, 0>} : "
     "(tensor<3x9xf32>) -> tensor<9x3xf32>",
     "3x9", "", "", "9x3", 0.06},
    {"softmax",
     "%r = lathe.softmax %x {axis = 1 : i64} : (tensor<6x9xf32>) -> "
     "tensor<6x9xf32>",
     "6x9", "", "", "6x9", 0.01},
    {"sigmoid", "%r = lathe.sigmoid %x : (tensor<9x9xf32>) -> tensor<9x9xf32>",
     "9x9", "", "", "9x9", 0.0078125, 2},
    {"hardSwish",
     "%h = lathe.hard_sigmoid %x {alpha = 0.16666667 : f64, beta = 0.5 : f64} "
     ": (tensor<9x9xf32>) -> tensor<9x9xf32>\n"
     "%r = lathe.mul %x, %h : (tensor<9x9xf32>, tensor<9x9xf32>) -> "
     "tensor<9x9xf32>",
     "9x9", "", "", "9x9", 0.05, 12},
    {"gelu", "%r = lathe.gelu %x : (tensor<9x9xf32>) -> tensor<9x9xf32>", "9x9",
     "", "", "9x9", 0.05, 2},
};

std::vector<StoredForm> getAll() {
  std::vector<StoredForm> all;
  for (const Form &form : forms)
    for (Storage storage : {Storage::I8, Storage::I16, Storage::U16})
      all.push_back({form, storage});
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, IntegerFormsTest, ::testing::ValuesIn(getAll()),
                         [](const auto &info) { return getName(info.param); });

} // namespace
