//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunLengths.h"
#include "lathe/Support/Random.h"
#include "wire/run_length.h"

#include "gtest/gtest.h"

using namespace lathe;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace {

template <typename T> HostTensor makeTensor(ArrayRef<T> values) {
  return HostTensor::get<T>({static_cast<int64_t>(values.size())}, values);
}

template <typename T> std::vector<unsigned> encode(std::vector<T> values) {
  std::vector<unsigned> bytes;
  for (char byte : encodeRunLengths(makeTensor<T>(values)))
    bytes.push_back(static_cast<unsigned char>(byte));
  return bytes;
}

std::optional<HostTensor> decode(std::vector<uint8_t> code, int64_t count) {
  SmallVector<char> bytes(code.begin(), code.end());
  return decodeRunLengths(bytes, HostTensor(ElementKind::UI8, {count}));
}

TEST(RunLengthsTest, IsAsDescribed) {
  using Bytes = std::vector<unsigned>;
  EXPECT_EQ(encode<uint8_t>({}), Bytes());
  EXPECT_EQ(encode<uint8_t>({7, 8}), (Bytes{0x01, 7, 8}));
  EXPECT_EQ(encode<uint8_t>({0, 0, 0}), Bytes{0x82});
  EXPECT_EQ(encode<uint8_t>({0, 0, 7}), (Bytes{0x81, 0x00, 7}));
  // Two zeros are no shorter if that cuts what is around them.
  EXPECT_EQ(encode<uint8_t>({7, 0, 0, 8}), (Bytes{0x03, 7, 0, 0, 8}));
  EXPECT_EQ(encode<uint8_t>({5, 5, 5, 5, 9, 5, 5, 5}),
            (Bytes{0xC2, 5, 0x00, 9, 0x82}));
  // One zero of four bytes is one byte.
  EXPECT_EQ(encode<uint32_t>({1, 0, 2}),
            (Bytes{0x00, 1, 0, 0, 0, 0x80, 0x00, 2, 0, 0, 0}));
  EXPECT_EQ(encode<uint16_t>({3, 3, 3}), (Bytes{0xC1, 3, 0}));
  EXPECT_EQ(encode<uint8_t>(std::vector<uint8_t>(65 + 64 + 1, 1)),
            (Bytes{0xFF, 1, 0xBF, 0x80}));
}

/// A negative zero is another element than zero, so nothing is lost.
TEST(RunLengthsTest, KeepsBits) {
  std::vector<float> values = {0.0f, -0.0f, 0.0f, std::nanf("1"), -0.0f};
  HostTensor tensor = makeTensor<float>(values);
  auto decoded = decodeRunLengths(encodeRunLengths(tensor), tensor);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->getBytes(), tensor.getBytes());
}

template <typename T> void checkRandom(unsigned seed) {
  Random random(seed);
  auto count = static_cast<size_t>(random.get(0, 999));
  unsigned zeros = random.get(0, 100), repeats = random.get(0, 100);
  std::vector<T> values;
  for (size_t i = 0; i < count; ++i)
    values.push_back(random.get(0, 99) < zeros ? T(0)
                     : i > 0 && random.get(0, 99) < repeats
                         ? values.back()
                         : static_cast<T>(random.get(0, 2) - 1));
  HostTensor tensor = makeTensor<T>(values);
  SmallVector<char> code = encodeRunLengths(tensor);
  size_t size = std::min<size_t>(sizeof(T), 4);
  EXPECT_LE(code.size(),
            lathe_run_length_bound(count * sizeof(T) / size, size));
  auto decoded = decodeRunLengths(code, tensor);
  ASSERT_TRUE(decoded) << seed;
  EXPECT_EQ(decoded->getBytes(), tensor.getBytes()) << seed;
}

TEST(RunLengthsTest, ComesBack) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    checkRandom<int8_t>(seed);
    checkRandom<uint16_t>(seed);
    checkRandom<float>(seed);
    checkRandom<int64_t>(seed);
  }
}

/// What is random is hardly longer.
TEST(RunLengthsTest, HasABound) {
  Random random(1);
  std::vector<uint8_t> values;
  for (unsigned i = 0; i < 1000; ++i)
    values.push_back(static_cast<uint8_t>(random.get(0, 255)));
  EXPECT_LE(encode(values).size(), 1000u + 8u);
  EXPECT_EQ(lathe_run_length_bound(1000, 1), 1008u);
}

TEST(RunLengthsTest, RefusesWhatIsNoCode) {
  EXPECT_TRUE(decode({0x01, 7, 8}, 2));
  EXPECT_FALSE(decode({0x01, 7, 8}, 1));
  EXPECT_FALSE(decode({0x01, 7, 8}, 3));
  EXPECT_FALSE(decode({0x01, 7}, 2));
  EXPECT_FALSE(decode({0xC0}, 2));
  EXPECT_FALSE(decode({0xBF}, 63));
  EXPECT_FALSE(decode({}, 1));
  EXPECT_TRUE(decode({}, 0));
}

/// Whatever comes, nothing is written behind the elements, which the sanitizers
/// see.
TEST(RunLengthsTest, StaysWithinItsElements) {
  Random random(2);
  for (unsigned trial = 0; trial < 2000; ++trial) {
    std::vector<uint8_t> code(random.get(0, 19));
    for (uint8_t &byte : code)
      byte = static_cast<uint8_t>(random.get(0, 255));
    decode(code, random.get(0, 199));
  }
}

} // namespace
