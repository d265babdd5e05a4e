//===- CalibratorTest.cpp - Statistics of a model's tensors ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Quantization/Calibrator.h"
#include "TestModel.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace lathe;

namespace {

/// y = relu(2 x) * x, and a value that nobody reads.
constexpr llvm::StringLiteral chain = R"(
  func.func @chain(%x: tensor<4x3xf32> {lathe.name = "x"} loc("x"))
      -> (tensor<4x3xf32> {lathe.name = "y"}) {
    %0 = lathe.add %x, %x : (tensor<4x3xf32>, tensor<4x3xf32>)
        -> tensor<4x3xf32> loc("Add_0")
    %1 = lathe.relu %0 : (tensor<4x3xf32>) -> tensor<4x3xf32> loc("Relu_1")
    %2 = lathe.mul %1, %x : (tensor<4x3xf32>, tensor<4x3xf32>)
        -> tensor<4x3xf32> loc("Mul_2")
    %3 = lathe.sqrt %x : (tensor<4x3xf32>) -> tensor<4x3xf32> loc("Sqrt_3")
    %4 = lathe.sub %x, %x : (tensor<4x3xf32>, tensor<4x3xf32>)
        -> tensor<4x3xf32> loc("Sub_4")
    return %2 : tensor<4x3xf32>
  })";

class CalibratorTest : public testing::Test {
protected:
  CalibratorTest() { options.leastSamples = 1; }

  llvm::SmallVector<mlir::Value>
  getValues(llvm::ArrayRef<llvm::StringRef> nodes) {
    llvm::SmallVector<mlir::Value> values;
    for (llvm::StringRef node : nodes)
      values.push_back(model.getValue(node));
    return values;
  }

  Calibration run(llvm::ArrayRef<mlir::Value> values) {
    llvm::Expected<Calibration> result =
        calibrate(model.get(), values, samples, options);
    if (result)
      return std::move(*result);
    ADD_FAILURE() << llvm::toString(result.takeError());
    return {};
  }

  std::string getError(llvm::ArrayRef<mlir::Value> values) {
    llvm::Expected<Calibration> result =
        calibrate(model.get(), values, samples, options);
    return result ? "" : llvm::toString(result.takeError());
  }

  TestModel model{chain};
  TensorSamples samples = makeSamples(20, {4, 3});
  CalibrationOptions options;
};

void expectEqual(const TensorStatistics &a, const TensorStatistics &b) {
  EXPECT_EQ(a.getHistogram().getCounts(), b.getHistogram().getCounts());
  EXPECT_EQ(a.getHistogram().getExponent(), b.getHistogram().getExponent());
  EXPECT_EQ(a.getHistogram().getNumZeros(), b.getHistogram().getNumZeros());
  EXPECT_EQ(a.getHistogram().getMin(), b.getHistogram().getMin());
  EXPECT_EQ(a.getHistogram().getMax(), b.getHistogram().getMax());
  EXPECT_EQ(a.getNumSamples(), b.getNumSamples());
  EXPECT_EQ(a.getSumOfMinima(), b.getSumOfMinima());
  EXPECT_EQ(a.getSumOfMaxima(), b.getSumOfMaxima());
  EXPECT_EQ(a.getChannelSums().sum, b.getChannelSums().sum);
  EXPECT_EQ(a.getChannelSums().sumOfSquares, b.getChannelSums().sumOfSquares);
  EXPECT_EQ(a.getChannelSums().min, b.getChannelSums().min);
  EXPECT_EQ(a.getChannelSums().max, b.getChannelSums().max);
}

TEST_F(CalibratorTest, StatisticsAreThoseOfTheModelsTensors) {
  // All arithmetic on these samples is exact in f32.
  TensorStatistics input(3), sum(3), product(3);
  for (const HostTensor &tensor : samples.tensors) {
    std::vector<float> x(tensor.data<float>()), twice, squares;
    for (float value : x) {
      twice.push_back(2 * value);
      squares.push_back(value > 0 ? 2 * value * value : 0);
    }
    EXPECT_FALSE(input.add(x));
    EXPECT_FALSE(sum.add(twice));
    EXPECT_FALSE(product.add(squares));
  }
  std::string before = model.print();
  Calibration result = run({model.get().getArgument(0), model.getValue("Mul_2"),
                            model.getValue("Add_0")});
  EXPECT_EQ(model.print(), before);
  EXPECT_EQ(result.numSamples, 20);
  EXPECT_FALSE(result.wasCached);
  EXPECT_TRUE(result.warnings.empty());
  ASSERT_EQ(result.tensors.size(), 3u);
  expectEqual(result.tensors[0], input);
  expectEqual(result.tensors[1], product);
  expectEqual(result.tensors[2], sum);
}

TEST_F(CalibratorTest, ThreadsAndPassesDoNotMatter) {
  auto values = getValues({"Add_0", "Relu_1", "Mul_2"});
  Calibration expected = run(values);
  options.threads = 3;
  options.bytesPerPass = 1;
  int64_t lastDone = 0;
  options.progress = [&](int64_t done, int64_t total) {
    EXPECT_EQ(done, lastDone + 1);
    EXPECT_EQ(total, 60);
    lastDone = done;
  };
  Calibration result = run(values);
  EXPECT_EQ(lastDone, 60);
  for (auto [a, b] : llvm::zip_equal(result.tensors, expected.tensors))
    expectEqual(a, b);
}

TEST_F(CalibratorTest, OnlyTheChosenSamplesAreRun) {
  options.samples = {3, 17};
  Calibration result = run(getValues({"Add_0"}));
  EXPECT_EQ(result.numSamples, 2);
  EXPECT_EQ(result.tensors[0].getNumSamples(), 2);
  EXPECT_EQ(result.tensors[0].getHistogram().getNumValues(), 24u);
}

TEST_F(CalibratorTest, NaNIsTracedToNodeAndSample) {
  samples = makeSamples(3, {4, 3});
  for (HostTensor &tensor : samples.tensors)
    for (float &element : tensor.mutableData<float>())
      element = 1;
  samples.tensors[1].setDouble(5, -1);
  auto values = getValues({"Add_0", "Sqrt_3"});
  std::string message = getError(values);
  EXPECT_NE(message.find("node 'Sqrt_3' gives 1 NaN and 0 infinite elements "
                         "for sample '1'"),
            std::string::npos)
      << message;
}

TEST_F(CalibratorTest, TooFewSamplesAreAnError) {
  options.leastSamples = 21;
  EXPECT_EQ(getError(getValues({"Add_0"})),
            "calibration has 20 samples, and needs at least 21; some hundred, "
            "of all kinds that the model will see, are best");
}

TEST_F(CalibratorTest, SampleOfAnotherShapeIsAnError) {
  samples.tensors[7] = HostTensor(ElementKind::F32, {3, 4});
  EXPECT_NE(getError(getValues({"Add_0"})), "");
}

TEST_F(CalibratorTest, ConstantTensorsAreNamed) {
  Calibration result = run(getValues({"Add_0", "Sub_4"}));
  EXPECT_EQ(result.warnings,
            std::vector<std::string>{"node 'Sub_4' gives 0 "
                                     "everywhere in all samples"});
}

TEST(CalibratorModelTest, IntegersAreNotCalibrated) {
  TestModel model(R"(
    func.func @f(%x: tensor<2xi8> {lathe.name = "x"})
        -> (tensor<2xi8> {lathe.name = "y"}) {
      %y = lathe.add %x, %x : (tensor<2xi8>, tensor<2xi8>)
          -> tensor<2xi8> loc("Add_0")
      return %y : tensor<2xi8>
    })");
  TensorSamples samples = makeSamples(20, {2});
  llvm::Expected<Calibration> result =
      calibrate(model.get(), {model.getValue("Add_0")}, samples, {});
  ASSERT_FALSE(bool(result));
  EXPECT_EQ(llvm::toString(result.takeError()),
            "node 'Add_0' gives no floats to calibrate");
}

/// Sums up its inputs.
TEST(CalibratorModelTest, StatesGoOnFromSampleToSample) {
  TestModel model(R"(
    func.func @f(%x: tensor<2xf32> {lathe.name = "x"},
                 %s: tensor<2xf32> {lathe.name = "s", lathe.state = "t"})
        -> (tensor<2xf32> {lathe.name = "y"},
            tensor<2xf32> {lathe.name = "t", lathe.state = "s"}) {
      %t = lathe.add %x, %s : (tensor<2xf32>, tensor<2xf32>)
          -> tensor<2xf32> loc("Add_0")
      %y = lathe.relu %t : (tensor<2xf32>) -> tensor<2xf32> loc("Relu_1")
      return %y, %t : tensor<2xf32>, tensor<2xf32>
    })");
  TensorSamples samples({});
  for (int i = 0; i < 4; ++i)
    samples.tensors.push_back(HostTensor::get<float>({2}, {1, -1}));
  CalibrationOptions options;
  options.leastSamples = 1;
  options.bytesPerPass = 1;
  llvm::Expected<Calibration> result = calibrate(
      model.get(), {model.getValue("Add_0"), model.getValue("Relu_1")}, samples,
      options);
  ASSERT_TRUE(bool(result)) << llvm::toString(result.takeError());
  EXPECT_EQ(result->tensors[0].getHistogram().getMin(), -4);
  EXPECT_EQ(result->tensors[0].getHistogram().getMax(), 4);
  EXPECT_EQ(result->tensors[1].getHistogram().getMax(), 4);
}

//===----------------------------------------------------------------------===//
// Cache
//===----------------------------------------------------------------------===//

class CalibrationCacheTest : public CalibratorTest {
protected:
  CalibrationCacheTest() {
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("lathe-cache", folder));
    llvm::SmallString<128> cache(folder);
    // It need not be there.
    llvm::sys::path::append(cache, "made", "anew");
    options.cacheDirectory = cache.str().str();
  }
  ~CalibrationCacheTest() override {
    llvm::sys::fs::remove_directories(folder);
  }

  std::vector<std::string> getFiles() {
    std::vector<std::string> files;
    std::error_code code;
    for (llvm::sys::fs::directory_iterator it(options.cacheDirectory, code),
         end;
         it != end && !code; it.increment(code))
      files.push_back(it->path());
    return files;
  }

  llvm::SmallString<128> folder;
};

TEST_F(CalibrationCacheTest, SameCalibrationIsFoundAgain) {
  auto values = getValues({"Add_0", "Mul_2", "Sub_4"});
  Calibration first = run(values);
  EXPECT_FALSE(first.wasCached);
  EXPECT_EQ(getFiles().size(), 1u);
  options.progress = [](int64_t, int64_t) { FAIL() << "the model ran"; };
  // Another copy of the model, whose locations differ, is the same model.
  TestModel other(chain);
  other.getValue("Mul_2").setLoc(
      mlir::UnknownLoc::get(other.get().getContext()));
  llvm::SmallVector<mlir::Value> sameValues;
  auto operations = other.get().getBody().front().getOperations().begin();
  sameValues.push_back(operations->getResult(0));
  sameValues.push_back(std::next(operations, 2)->getResult(0));
  sameValues.push_back(std::next(operations, 4)->getResult(0));
  llvm::Expected<Calibration> second =
      calibrate(other.get(), sameValues, samples, options);
  ASSERT_TRUE(bool(second)) << llvm::toString(second.takeError());
  EXPECT_TRUE(second->wasCached);
  EXPECT_EQ(second->warnings, first.warnings);
  for (auto [a, b] : llvm::zip_equal(first.tensors, second->tensors))
    expectEqual(a, b);
}

TEST_F(CalibrationCacheTest, AnythingElseIsAnotherCalibration) {
  auto values = getValues({"Add_0", "Mul_2"});
  run(values);
  EXPECT_FALSE(run(getValues({"Mul_2", "Add_0"})).wasCached);
  options.samples = {1, 2, 3};
  EXPECT_FALSE(run(values).wasCached);
  options.samples.clear();
  EXPECT_TRUE(run(values).wasCached);
  samples.tensors[11].setDouble(0, 0.125);
  EXPECT_FALSE(run(values).wasCached);
  EXPECT_EQ(getFiles().size(), 4u);
}

TEST_F(CalibrationCacheTest, DamagedFileIsReplaced) {
  auto values = getValues({"Add_0"});
  Calibration first = run(values);
  ASSERT_EQ(getFiles().size(), 1u);
  std::string file = getFiles().front();
  uint64_t size = 0;
  ASSERT_FALSE(llvm::sys::fs::file_size(file, size));
  std::string whole;
  {
    auto buffer = llvm::MemoryBuffer::getFile(file, /*IsText=*/false);
    ASSERT_TRUE(bool(buffer));
    whole = (*buffer)->getBuffer().str();
  }
  auto write = [&](llvm::StringRef contents) {
    std::error_code code;
    llvm::raw_fd_ostream(file, code) << contents;
    ASSERT_FALSE(code);
  };
  std::string flipped = whole;
  flipped[whole.size() / 2] ^= 1;
  for (const std::string &contents :
       {std::string(), whole.substr(0, 8), whole.substr(0, size / 2), flipped,
        whole + std::string(8, '\0')}) {
    write(contents);
    Calibration result = run(values);
    EXPECT_FALSE(result.wasCached);
    expectEqual(result.tensors[0], first.tensors[0]);
    EXPECT_TRUE(run(values).wasCached);
  }
}

TEST_F(CalibrationCacheTest, FolderThatCannotBeMadeIsAWarning) {
  std::string file = (folder + "/file").str();
  std::error_code code;
  llvm::raw_fd_ostream(file, code) << "no folder";
  options.cacheDirectory = file + "/cache";
  Calibration result = run(getValues({"Add_0"}));
  EXPECT_EQ(result.tensors.size(), 1u);
  ASSERT_EQ(result.warnings.size(), 1u);
  EXPECT_EQ(result.warnings[0].find("the calibration is not kept: "), 0u);
}

} // namespace
