//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/HostTensor.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/ADT/bit.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe;

namespace {

/// The bits that LLVM's APFloat, an independent implementation, gives `value`
/// in `semantics`.
uint16_t roundWithAPFloat(double value, const llvm::fltSemantics &semantics) {
  llvm::APFloat number(value);
  bool losesInfo;
  number.convert(semantics, llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  return number.bitcastToAPInt().getZExtValue();
}

TEST(ElementKindTest, EveryFloat16WidensAsAPFloatSays) {
  for (unsigned bits = 0; bits < 1 << 16; ++bits) {
    Float16 half;
    half.bits = bits;
    BFloat16 brain;
    brain.bits = bits;
    llvm::APFloat halfExpected(llvm::APFloat::IEEEhalf(),
                               llvm::APInt(16, bits));
    llvm::APFloat brainExpected(llvm::APFloat::BFloat(), llvm::APInt(16, bits));
    if (halfExpected.isNaN())
      EXPECT_TRUE(std::isnan(float(half))) << bits;
    else
      EXPECT_EQ(llvm::bit_cast<uint32_t>(float(half)),
                llvm::bit_cast<uint32_t>(halfExpected.convertToFloat()))
          << bits;
    if (brainExpected.isNaN())
      EXPECT_TRUE(std::isnan(float(brain))) << bits;
    else
      EXPECT_EQ(llvm::bit_cast<uint32_t>(float(brain)),
                llvm::bit_cast<uint32_t>(brainExpected.convertToFloat()))
          << bits;
  }
}

TEST(ElementKindTest, DoublesRoundTo16BitsAsAPFloatSays) {
  std::vector<double> values = {
      0.0,     -0.0,    65504,     65519.99, 65520,      -65520,
      0x1p-24, 0x1p-25, 0x1.8p-25, 0x1p-14,  0x1p-133,   0x1p-134,
      1e300,   -1e-300, INFINITY,  3.4e38,   0x1.ffp127, 1e-45};
  // Every binary16 value, the midpoint to its successor and both neighbours of
  // that: all the ways in which rounding can go.
  for (unsigned bits = 0; bits < 0x7c00; ++bits) {
    Float16 low, high;
    low.bits = bits;
    high.bits = bits + 1;
    double middle = 0.5 * (double(float(low)) + double(float(high)));
    values.insert(values.end(), {middle, std::nextafter(middle, 0.0),
                                 -std::nextafter(middle, 1e9)});
  }
  for (double value : values) {
    EXPECT_EQ(Float16(value).bits,
              roundWithAPFloat(value, llvm::APFloat::IEEEhalf()))
        << value;
    EXPECT_EQ(BFloat16(value).bits,
              roundWithAPFloat(value, llvm::APFloat::BFloat()))
        << value;
  }
  EXPECT_TRUE(std::isnan(float(Float16(NAN))));
}

TEST(ElementKindTest, FloatsBeyondAnIntegerSaturate) {
  EXPECT_EQ(convertElement<int8_t>(1000), 127);
  EXPECT_EQ(convertElement<int8_t>(-1000), -128);
  EXPECT_EQ(convertElement<uint8_t>(-0.5), 0);
  EXPECT_EQ(convertElement<int32_t>(-2.9), -2);
  EXPECT_EQ(convertElement<int64_t>(9.3e18), INT64_MAX);
  EXPECT_EQ(convertElement<uint64_t>(INFINITY), UINT64_MAX);
  EXPECT_EQ(convertElement<int16_t>(NAN), 0);
  EXPECT_TRUE(convertElement<bool>(0.25));
}

TEST(HostTensorTest, NumberOfElementsIsNoneOnOverflow) {
  EXPECT_EQ(getNumElements({}), 1);
  EXPECT_EQ(getNumElements({2, 3}), 6);
  EXPECT_EQ(getNumElements({INT64_MAX, 0, 4}), 0);
  EXPECT_EQ(getNumElements({INT64_MAX, 2}), std::nullopt);
  EXPECT_EQ(getNumElements({2, -1}), std::nullopt);
}

TEST(HostTensorTest, CopiesShareBytesUntilOneIsWritten) {
  HostTensor first = HostTensor::get<float>({2}, {1, 2});
  HostTensor second = first;
  EXPECT_EQ(first.getBytes().data(), second.getBytes().data());
  second.mutableData<float>()[0] = 7;
  EXPECT_EQ(first.data<float>()[0], 1);
  EXPECT_EQ(second.data<float>()[0], 7);
  const char *bytes = second.getBytes().data();
  second.setDouble(1, 8);
  EXPECT_EQ(second.getBytes().data(), bytes) << "sole owner, yet copied";
}

TEST(HostTensorTest, BorrowedBytesAreNeverWritten) {
  const int32_t constants[] = {1, 2};
  HostTensor tensor = HostTensor::borrow(
      ElementKind::I32, {2},
      {reinterpret_cast<const char *>(constants), sizeof(constants)});
  EXPECT_EQ(tensor.data<int32_t>().data(), constants);
  tensor.setInt(0, 5);
  EXPECT_EQ(tensor.getInt(0), 5);
  EXPECT_EQ(constants[0], 1);
}

TEST(HostTensorTest, BorrowedBytesLiveAsLongAsTheTensor) {
  auto owner = std::make_shared<std::vector<char>>(4, 1);
  std::weak_ptr<std::vector<char>> alive = owner;
  HostTensor tensor =
      HostTensor::borrow(ElementKind::I8, {4}, *owner, std::move(owner));
  EXPECT_FALSE(alive.expired());
  EXPECT_EQ(tensor.getInt(3), 1);
  tensor = HostTensor();
  EXPECT_TRUE(alive.expired());
}

TEST(HostTensorTest, ElementsOfEveryKindReadBack) {
  for (int i = 0; i <= int(ElementKind::F64); ++i) {
    HostTensor tensor(ElementKind(i), {3});
    tensor.setInt(1, 1);
    tensor.setDouble(2, 1);
    EXPECT_EQ(tensor.getDouble(0), 0) << getName(tensor.getKind()).str();
    EXPECT_EQ(tensor.getDouble(1), 1) << getName(tensor.getKind()).str();
    EXPECT_EQ(tensor.getInt(2), 1) << getName(tensor.getKind()).str();
  }
}

TEST(HostTensorTest, IntegersConvertWithoutRounding) {
  const int64_t odd = (int64_t(1) << 53) + 1;
  HostTensor tensor = HostTensor::get<int64_t>({2}, {odd, -1});
  EXPECT_EQ(tensor.convertTo(ElementKind::UI64).data<uint64_t>()[0],
            uint64_t(odd));
  EXPECT_EQ(tensor.convertTo(ElementKind::I8).data<int8_t>()[1], -1);
  EXPECT_EQ(tensor.convertTo(ElementKind::Bool).data<bool>()[1], true);
  EXPECT_EQ(tensor.convertTo(ElementKind::F16).getDouble(1), -1);
}

TEST(HostTensorTest, ReshapeSharesBytes) {
  HostTensor tensor(ElementKind::F32, {2, 3});
  HostTensor flat = tensor.reshape({6});
  EXPECT_EQ(flat.getRank(), 1);
  EXPECT_EQ(flat.getBytes().data(), tensor.getBytes().data());
}

} // namespace
