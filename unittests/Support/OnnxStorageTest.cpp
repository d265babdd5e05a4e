//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Golden numbers are from ONNX's tables of its narrow types
// (onnx/docs/technical/float8.md, int4.md, float4.md).
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/OnnxTensor.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe;

namespace {

/// The elements of a one-dimensional tensor of type `dataType` in `bytes`.
std::vector<double> unpack(int32_t dataType, int64_t elements,
                           std::vector<uint8_t> bytes) {
  llvm::Expected<HostTensor> tensor = unpackElements(
      dataType, {elements},
      {reinterpret_cast<const char *>(bytes.data()), bytes.size()});
  std::vector<double> values;
  if (!tensor) {
    llvm::consumeError(tensor.takeError());
    return values;
  }
  for (int64_t i = 0; i < elements; ++i)
    values.push_back(tensor->getDouble(i));
  return values;
}

using Values = std::vector<double>;

TEST(OnnxStorageTest, FirstOfTwoIntegersIsInTheLowBits) {
  EXPECT_EQ(unpack(22, 3, {0x81, 0x0f}), (Values{1, -8, -1}));
  EXPECT_EQ(unpack(21, 3, {0x81, 0x0f}), (Values{1, 8, 15}));
  EXPECT_EQ(unpack(26, 5, {0xe4, 0x02}), (Values{0, 1, -2, -1, -2}));
  EXPECT_EQ(unpack(25, 4, {0xe4}), (Values{0, 1, 2, 3}));
}

TEST(OnnxStorageTest, FloatsOfEightBitsKeepTheirValues) {
  EXPECT_EQ(unpack(17, 4, {0x7e, 0x01, 0x38, 0xb8}),
            (Values{448, 0x1p-9, 1, -1}));
  EXPECT_EQ(unpack(18, 3, {0x7f, 0x01, 0x40}), (Values{240, 0x1p-10, 1}));
  EXPECT_EQ(unpack(19, 3, {0x7b, 0x01, 0xfc}),
            (Values{57344, 0x1p-16, -HUGE_VAL}));
  EXPECT_EQ(unpack(20, 3, {0x7f, 0x01, 0x40}), (Values{57344, 0x1p-17, 1}));
  EXPECT_EQ(unpack(24, 3, {0x00, 0x7f, 0xfe}), (Values{0x1p-127, 1, 0x1p127}));
  for (auto [type, bits] : {std::pair(17, 0x7f), {18, 0x80}, {20, 0x80}})
    EXPECT_TRUE(std::isnan(unpack(type, 1, {uint8_t(bits)})[0]));
}

TEST(OnnxStorageTest, FloatsOfFourBitsKeepTheirValues) {
  EXPECT_EQ(unpack(23, 4, {0x17, 0xf2}), (Values{6, 0.5, 1, -6}));
}

TEST(OnnxStorageTest, FloatsOfSixBitsCrossBytes) {
  // 011111 (the largest), 100001 (the least, negative), 001000, 000000 and
  // 111111, from the low bits on.
  std::vector<uint8_t> bytes = {0x5f, 0x88, 0x00, 0x3f};
  EXPECT_EQ(unpack(27, 5, bytes), (Values{7.5, -0.125, 1, 0, -7.5}));
  EXPECT_EQ(unpack(28, 5, bytes), (Values{28, -0.0625, 0.5, 0, -28}));
}

TEST(OnnxStorageTest, BytesThatDoNotFillTheShapeAreAnError) {
  EXPECT_TRUE(unpack(22, 3, {0x81}).empty());
  EXPECT_TRUE(unpack(22, 3, {0x81, 0x0f, 0x00}).empty());
  EXPECT_TRUE(unpack(17, 2, {0x7e}).empty());
}

} // namespace
