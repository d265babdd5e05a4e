//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/HostTensorAttr.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/AsmState.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "gtest/gtest.h"

using namespace lathe;
using namespace mlir;

namespace {

class HostTensorAttrTest : public ::testing::Test {
protected:
  HostTensor fromText(StringRef text) {
    Attribute attr = parseAttribute(text, &context);
    std::optional<HostTensor> tensor = toHostTensor(cast<ElementsAttr>(attr));
    EXPECT_TRUE(tensor.has_value()) << text.str();
    return tensor.value_or(HostTensor());
  }

  MLIRContext context;
};

TEST_F(HostTensorAttrTest, EveryKindHasATypeAndBack) {
  for (int i = 0; i <= int(ElementKind::F64); ++i)
    EXPECT_EQ(getElementKind(getElementType(&context, ElementKind(i))),
              ElementKind(i));
  EXPECT_EQ(getElementKind(IntegerType::get(&context, 4)), std::nullopt);
  EXPECT_EQ(getElementKind(IndexType::get(&context)), std::nullopt);
  EXPECT_EQ(getElementKind(IntegerType::get(&context, 8, IntegerType::Signed)),
            ElementKind::I8);
}

TEST_F(HostTensorAttrTest, DenseAttributesAreReadElementByElement) {
  HostTensor tensor =
      fromText("dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf16>");
  EXPECT_EQ(tensor.getShape(), ArrayRef<int64_t>({2, 2}));
  EXPECT_EQ(tensor.getDouble(3), 4);
  EXPECT_EQ(fromText("dense<[-1, 7]> : tensor<2xi8>").getInt(0), -1);
}

TEST_F(HostTensorAttrTest, SplatsAreExpanded) {
  HostTensor tensor = fromText("dense<2.5> : tensor<3xf32>");
  EXPECT_EQ(tensor.data<float>(), ArrayRef<float>({2.5, 2.5, 2.5}));
}

TEST_F(HostTensorAttrTest, BoolsAreUnpackedFromBits) {
  HostTensor tensor = fromText(
      "dense<[true, false, false, true, true, false, true, true, false, true]>"
      " : tensor<10xi1>");
  EXPECT_EQ(tensor.data<bool>(),
            ArrayRef<bool>({true, false, false, true, true, false, true, true,
                            false, true}));
  EXPECT_TRUE(fromText("dense<true> : tensor<3xi1>").data<bool>()[2]);
  ElementsAttr attr = toElementsAttr(tensor, &context);
  EXPECT_EQ(toHostTensor(attr)->data<bool>(), tensor.data<bool>());
}

TEST_F(HostTensorAttrTest, EmptyTensorsConvertBothWays) {
  HostTensor empty(ElementKind::I64, {0, 3});
  ElementsAttr attr = toElementsAttr(empty, &context);
  EXPECT_EQ(toHostTensor(attr)->getShape(), ArrayRef<int64_t>({0, 3}));
}

TEST_F(HostTensorAttrTest, EqualElementsBecomeASplat) {
  HostTensor tensor(ElementKind::F32, {1000});
  auto attr = dyn_cast<DenseElementsAttr>(toElementsAttr(tensor, &context));
  ASSERT_TRUE(attr);
  EXPECT_TRUE(attr.isSplat());
  EXPECT_EQ(toHostTensor(attr)->getNumElements(), 1000);
}

TEST_F(HostTensorAttrTest, LargeConstantsShareTheirBytesAsAResource) {
  HostTensor tensor(ElementKind::F32, {1000});
  tensor.setDouble(999, 3);
  const char *bytes = tensor.getBytes().data();
  ElementsAttr attr = toElementsAttr(tensor, &context, "weight");
  ASSERT_TRUE(isa<DenseResourceElementsAttr>(attr));
  tensor = HostTensor();
  std::optional<HostTensor> back = toHostTensor(attr);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->getBytes().data(), bytes);
  EXPECT_EQ(back->getDouble(999), 3);
}

TEST_F(HostTensorAttrTest, OnlyUnusedResourcesAreFreed) {
  auto owner = std::make_shared<std::vector<char>>(4000, 1);
  owner->back() = 0;
  auto makeAttr = [&] {
    return toElementsAttr(
        HostTensor::borrow(ElementKind::I8, {4000}, *owner, owner), &context);
  };
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(&context));
  ElementsAttr used = makeAttr(), unused = makeAttr();
  (*module)->setAttr("nested", ArrayAttr::get(&context, {used}));
  EXPECT_EQ(owner.use_count(), 3);
  freeUnusedResources(*module);
  EXPECT_EQ(owner.use_count(), 2);
  EXPECT_TRUE(toHostTensor(used));
  EXPECT_EQ(toHostTensor(unused), std::nullopt);
}

TEST_F(HostTensorAttrTest, SmallConstantsAreDense) {
  HostTensor tensor = HostTensor::get<uint8_t>({2}, {1, 255});
  auto attr = dyn_cast<DenseElementsAttr>(toElementsAttr(tensor, &context));
  ASSERT_TRUE(attr);
  EXPECT_EQ(attr, parseAttribute("dense<[1, 255]> : tensor<2xui8>", &context));
}

TEST_F(HostTensorAttrTest, ResourceThatDoesNotFillItsTypeIsRefused) {
  static const char bytes[4] = {};
  auto attr = DenseResourceElementsAttr::get(
      RankedTensorType::get({2}, Float32Type::get(&context)), "short",
      UnmanagedAsmResourceBlob::allocateWithAlign(bytes, 4));
  EXPECT_EQ(toHostTensor(attr), std::nullopt);
}

TEST_F(HostTensorAttrTest, UnalignedResourceIsCopied) {
  alignas(8) static const char bytes[9] = {0, 0, 0, -128, 63};
  auto attr = DenseResourceElementsAttr::get(
      RankedTensorType::get({1}, Float32Type::get(&context)), "odd",
      UnmanagedAsmResourceBlob::allocateWithAlign(
          ArrayRef<char>(bytes).slice(1, 4), 1));
  std::optional<HostTensor> tensor = toHostTensor(attr);
  ASSERT_TRUE(tensor);
  EXPECT_EQ(tensor->data<float>()[0], 1.0f);
}

} // namespace
