//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The data beside the checkout, where they are there. What is expected of
// pixels is Pillow 13.0's decoding and NumPy's arithmetic; counts are those of
// the data's README.
//
//===----------------------------------------------------------------------===//

#include "TestFiles.h"
#include "llvm/Support/CRC.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Process.h"
#include "gtest/gtest.h"
#include <array>

using namespace lathe;
using llvm::StringRef;

namespace {

class SharedData : public testing::Test {
protected:
  void SetUp() override {
    std::optional<std::string> shared =
        llvm::sys::Process::GetEnv("LATHE_SHARED");
    root = shared ? *shared + "/data" : LATHE_SHARED_DATA;
    if (!llvm::sys::fs::is_directory(root))
      GTEST_SKIP() << root << " is not there";
  }

  /// Opens a data set; null is a failure that was reported.
  std::unique_ptr<Dataset> open(StringRef name, const DatasetOptions &options) {
    llvm::Expected<std::unique_ptr<Dataset>> dataset =
        Dataset::open(root + "/" + name.str(), options);
    if (dataset)
      return std::move(*dataset);
    ADD_FAILURE() << getMessage(dataset);
    return nullptr;
  }

  std::string root;
};

TEST_F(SharedData, JpegHasPillowsBits) {
  llvm::Expected<Image> image = readImage(root + "/imagenet/0002.jpg");
  ASSERT_TRUE(bool(image)) << getMessage(image);
  EXPECT_EQ(image->width, 320);
  EXPECT_EQ(image->height, 256);
  EXPECT_EQ(llvm::crc32(image->pixels), 0x30f71f21u);
}

TEST_F(SharedData, ImageNetHasClassesAndNormalizedValues) {
  DatasetOptions options = makeOptions({1, 3, 224, 224});
  options.preprocessing.emplace();
  options.preprocessing->crop = {224, 224};
  options.preprocessing->mean = {0.485, 0.456, 0.406};
  options.preprocessing->std = {0.229, 0.224, 0.225};
  std::unique_ptr<Dataset> dataset = open("imagenet", options);
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->getNumSamples(), 600);
  EXPECT_TRUE(dataset->hasLabels());
  llvm::Expected<Sample> sample = dataset->read(0);
  ASSERT_TRUE(bool(sample)) << getMessage(sample);
  EXPECT_EQ(sample->label, 2);
  EXPECT_EQ(dataset->getClassNames()[2], "great_white_shark");
  const HostTensor &tensor = sample->inputs.begin()->second;
  auto at = [&](int c, int y, int x) {
    return tensor.getDouble((c * 224 + y) * 224 + x);
  };
  EXPECT_NEAR(at(0, 0, 0), 0.1254389483855802, 1e-6);
  EXPECT_NEAR(at(1, 100, 50), 0.747899259839739, 1e-6);
  EXPECT_NEAR(at(2, 223, 223), 1.873115514119466, 1e-6);
}

TEST_F(SharedData, Cifar10HasItsImages) {
  for (auto [name, count] : {std::pair("cifar10/test_lossless_300.bin", 300),
                             std::pair("cifar10/test_2000.bin", 2000)}) {
    std::unique_ptr<Dataset> dataset = open(name, makeOptions({1, 32, 32, 3}));
    ASSERT_TRUE(dataset);
    EXPECT_EQ(dataset->getKind(), "CIFAR-10");
    EXPECT_EQ(dataset->getNumSamples(), count);
  }
}

TEST_F(SharedData, MnistHasLabels) {
  std::unique_ptr<Dataset> dataset = open("mnist", makeOptions({1, 1, 28, 28}));
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->getKind(), "IDX");
  ASSERT_EQ(dataset->getNumSamples(), 10000);
  // The first test digits of MNIST are 7 2 1 0 4.
  for (auto [index, label] : llvm::enumerate(std::array{7, 2, 1, 0, 4})) {
    llvm::Expected<Sample> sample = dataset->read(index);
    ASSERT_TRUE(bool(sample)) << getMessage(sample);
    EXPECT_EQ(sample->label, label);
  }
}

TEST_F(SharedData, CocoHasBoxesInsideItsImages) {
  DatasetOptions options = makeOptions({1, 3, 640, 640});
  options.preprocessing.emplace();
  options.preprocessing->resize = ImageResize::Letterbox;
  std::unique_ptr<Dataset> dataset = open("coco", options);
  ASSERT_TRUE(dataset);
  EXPECT_EQ(dataset->getNumSamples(), 112);
  for (int64_t i = 0; i < dataset->getNumSamples(); i += 16) {
    llvm::Expected<Sample> sample = dataset->read(i);
    ASSERT_TRUE(bool(sample)) << getMessage(sample);
    for (const Box &box : *sample->boxes) {
      EXPECT_GE(box.left, -1);
      EXPECT_LE(box.right, sample->geometry->sourceWidth + 1);
      EXPECT_GE(box.top, -1);
      EXPECT_LE(box.bottom, sample->geometry->sourceHeight + 1);
      EXPECT_LT(box.classIndex, 80);
    }
  }
}

} // namespace
