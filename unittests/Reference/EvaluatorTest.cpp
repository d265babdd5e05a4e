//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EvaluateText.h"

using namespace lathe;
using namespace lathe::testing;

TEST(EvaluatorTest, ObserverSeesEachOpAndValuesLiveToTheirLastUse) {
  Text ir;
  auto function = ir.parse(R"(
    func.func @f(%x: tensor<2xf32>) -> (tensor<2xf32>, tensor<2xf32>) {
      %two = lathe.constant dense<2.0> : tensor<2xf32>
      %a = lathe.mul %x, %two : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      %b = lathe.mul %a, %a : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      %c = lathe.add %b, %x : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
      return %c, %a : tensor<2xf32>, tensor<2xf32>
    })");
  std::vector<std::string> seen;
  auto results =
      evaluate(function, f32({2}, {1, 3}),
               [&](mlir::Operation *op, llvm::ArrayRef<HostTensor> tensors) {
                 seen.push_back(op->getName().getStringRef().str());
                 EXPECT_EQ(tensors.size(), 1u);
               });
  ASSERT_TRUE(bool(results));
  expectValues((*results)[0], {5, 39});
  expectValues((*results)[1], {2, 6});
  EXPECT_EQ(seen, (std::vector<std::string>{"lathe.constant", "lathe.mul",
                                            "lathe.mul", "lathe.add"}));
}

TEST(EvaluatorTest, KernelsRunTheirBody) {
  Text ir;
  auto function = ir.parse(R"(
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = lathe.kernel "k"(%x) : (tensor<2xf32>) -> tensor<2xf32> {
      ^bb0(%y: tensor<2xf32>):
        %1 = lathe.neg %y : (tensor<2xf32>) -> tensor<2xf32>
        %2 = lathe.relu %1 : (tensor<2xf32>) -> tensor<2xf32>
        lathe.yield %2 : tensor<2xf32>
      }
      return %0 : tensor<2xf32>
    })");
  auto results = evaluate(function, f32({2}, {1, -3}));
  ASSERT_TRUE(bool(results));
  expectValues((*results)[0], {0, 3});
}

TEST(EvaluatorTest, QuantizedOpsComputeOnRealNumbers) {
  Text ir;
  // 1, -4 and 100 stand for 0.5, -2 and 50; relu makes them 0.5, 0 and 50,
  // which are 5, 0 and 500 steps of 0.1 from the zero point -1; the last
  // saturates.
  auto function = ir.parse(R"(
    !a = !quant.uniform<i8:f32, 0.5>
    !b = !quant.uniform<i8:f32, 0.1:-1>
    func.func @f(%x: tensor<3x!a>) -> tensor<3x!b> {
      %0 = lathe.relu %x : (tensor<3x!a>) -> tensor<3x!b>
      return %0 : tensor<3x!b>
    })");
  ASSERT_TRUE(bool(function));
  auto results = evaluate(function, tensor<int8_t>({3}, {1, -4, 100}));
  ASSERT_TRUE(bool(results));
  EXPECT_EQ((*results)[0].getKind(), ElementKind::I8);
  expectValues((*results)[0], {4, -1, 127});
}

static std::string errorOf(llvm::StringRef text,
                           std::vector<HostTensor> inputs) {
  Text ir;
  auto results = evaluate(ir.parse(text), inputs);
  return results ? "" : llvm::toString(results.takeError());
}

TEST(EvaluatorTest, ErrorsNameTheOpAndItsLocation) {
  std::string gather = errorOf(R"(
    func.func @f(%x: tensor<2xf32>, %i: tensor<1xi64>) -> tensor<1xf32> {
      %0 = lathe.gather %x, %i {axis = 0 : i64}
         : (tensor<2xf32>, tensor<1xi64>) -> tensor<1xf32> loc("node7")
      return %0 : tensor<1xf32>
    })",
                               {f32({2}, {1, 2}), tensor<int64_t>({1}, {2})});
  EXPECT_EQ(gather, "node 'node7': 'lathe.gather' op index 2 is outside "
                    "dimension 0 of extent 2");
  std::string unknown = errorOf(R"(
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      %0 = math.absf %x : tensor<2xf32> loc("node8")
      return %0 : tensor<2xf32>
    })",
                                {f32({2}, {1, 2})});
  EXPECT_EQ(unknown, "node 'node8': the reference evaluator does not know "
                     "'math.absf'");
}

TEST(EvaluatorTest, InputsMustHaveTheTypesOfTheArguments) {
  const char *text = R"(
    func.func @f(%x: tensor<2xf32>) -> tensor<2xf32> {
      return %x : tensor<2xf32>
    })";
  EXPECT_NE(errorOf(text, {}).find("takes 1 inputs, but got 0"),
            std::string::npos);
  EXPECT_NE(errorOf(text, {tensor<int8_t>({1, 2}, {1, 2})})
                .find("input 0 has element type i8 and shape [1, 2], but must "
                      "be 'tensor<2xf32>'"),
            std::string::npos);
}
