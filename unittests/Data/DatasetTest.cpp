//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Arrays, ONNX's test data, bare elements, CIFAR-10 and IDX. Compressed files
// are written by libzip and zlib.
//
//===----------------------------------------------------------------------===//

#include "TestFiles.h"
#include "lathe/Support/TensorIO.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"
#include <zip.h>
#include <zlib.h>

using namespace lathe;
using llvm::StringRef;

namespace {

/// Floats 0, 1, 2 …
HostTensor makeIota(llvm::ArrayRef<int64_t> shape) {
  HostTensor tensor(ElementKind::F32, shape);
  for (int64_t i = 0; i < tensor.getNumElements(); ++i)
    tensor.setDouble(i, i);
  return tensor;
}

/// For each sample the elements of its first input and, after a colon, its
/// label.
std::vector<std::string> summarize(StringRef path,
                                   const DatasetOptions &options) {
  return summarizeWith(path, options, [&](const Sample &sample) {
    const HostTensor &tensor = sample.inputs.begin()->second;
    EXPECT_EQ(tensor.getShape(),
              llvm::ArrayRef<int64_t>(options.inputs[0].shape));
    std::string text;
    for (int64_t e = 0; e < tensor.getNumElements(); ++e)
      text += (e ? " " : "") + std::to_string(tensor.getInt(e));
    return text;
  });
}

using Summary = std::vector<std::string>;

/// Writes an archive whose members are compressed, as numpy.savez_compressed
/// does.
std::string writeCompressed(const TestFolder &folder, StringRef name,
                            const NamedTensors &tensors) {
  std::string path = folder.getPath(name);
  zip_t *archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  std::vector<std::string> files;
  files.reserve(tensors.size());
  for (const auto &[member, tensor] : tensors) {
    files.push_back(serializeNpy(tensor));
    const int64_t index = zip_file_add(
        archive, (member + ".npy").c_str(),
        zip_source_buffer(archive, files.back().data(), files.back().size(), 0),
        0);
    zip_set_file_compression(archive, index, ZIP_CM_DEFLATE, 9);
  }
  EXPECT_EQ(zip_close(archive), 0);
  return path;
}

std::string writeGzip(const TestFolder &folder, StringRef name,
                      StringRef bytes) {
  std::string path = folder.getPath(name);
  gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), bytes.size());
  gzclose(file);
  return path;
}

TEST(ArrayDataset, SamplesLieAlongTheFirstDimension) {
  TestFolder folder;
  const std::string path =
      folder.write("x.npy", serializeNpy(makeIota({3, 2})));
  EXPECT_EQ(summarize(path, makeOptions({1, 2})),
            (Summary{"0 1", "2 3", "4 5"}));
  EXPECT_EQ(summarize(path, makeOptions({2})), (Summary{"0 1", "2 3", "4 5"}));
  EXPECT_EQ(summarize(path, makeOptions({3, 2})), (Summary{"0 1 2 3 4 5"}));
  EXPECT_EQ(summarize(path, makeOptions({1, 3, 2})), (Summary{"0 1 2 3 4 5"}));
  const std::string batches =
      folder.write("y.npy", serializeNpy(makeIota({4, 1})));
  EXPECT_EQ(summarize(batches, makeOptions({2, 1})), (Summary{"0 1", "2 3"}));
}

TEST(ArrayDataset, AnArchiveHasInputsByNameAndLabels) {
  TestFolder folder;
  NamedTensors tensors;
  tensors.set("labels", HostTensor::get<int64_t>({2}, {5, 3}));
  tensors.set("other", makeIota({7}));
  tensors.set("x", makeIota({2, 2}));
  const Summary expected = {"0 1:5", "2 3:3"};
  const std::string stored = folder.getPath("stored.npz");
  ASSERT_FALSE(bool(writeNpz(stored, tensors)));
  EXPECT_EQ(summarize(stored, makeOptions({1, 2})), expected);
  EXPECT_EQ(summarize(writeCompressed(folder, "small.npz", tensors),
                      makeOptions({2})),
            expected);
}

TEST(ArrayDataset, SamplesOfAnArchiveAreReadInAnyOrder) {
  TestFolder folder;
  NamedTensors tensors;
  tensors.set("x", makeIota({100, 1000}));
  const std::string stored = folder.getPath("stored.npz");
  ASSERT_FALSE(bool(writeNpz(stored, tensors)));
  for (const std::string &path :
       {stored, writeCompressed(folder, "x.npz", tensors)}) {
    auto dataset = Dataset::open(path, makeOptions({1, 1000}));
    ASSERT_TRUE(bool(dataset)) << getMessage(dataset);
    for (int64_t index : {99, 0, 50, 51, 3}) {
      llvm::Expected<Sample> sample = (*dataset)->read(index);
      ASSERT_TRUE(bool(sample)) << getMessage(sample);
      EXPECT_EQ(sample->inputs.begin()->second.getInt(999), index * 1000 + 999);
    }
  }
}

TEST(ArrayDataset, DamagedCompressedDataAreAnError) {
  TestFolder folder;
  NamedTensors tensors;
  tensors.set("x", makeIota({4, 1000}));
  std::string path = writeCompressed(folder, "x.npz", tensors);
  auto file = llvm::MemoryBuffer::getFile(path);
  ASSERT_TRUE(bool(file));
  std::string bytes = (*file)->getBuffer().str();
  bytes[bytes.size() / 2] ^= 0x55;
  path = folder.write("damaged.npz", bytes);
  const Summary samples = summarize(path, makeOptions({1, 1000}));
  EXPECT_TRUE(llvm::any_of(samples, [&](StringRef text) {
    return text.starts_with("'" + path + "(x.npy)': ");
  }));
}

TEST(ArrayDataset, TheOnlyArrayMayHaveAnyName) {
  TestFolder folder;
  NamedTensors tensors;
  tensors.set("data", makeIota({2, 1}));
  tensors.set("y", HostTensor::get<uint8_t>({2}, {1, 0}));
  const std::string path = folder.getPath("a.npz");
  ASSERT_FALSE(bool(writeNpz(path, tensors)));
  EXPECT_EQ(summarize(path, makeOptions({1, 1})), (Summary{"0:1", "1:0"}));
}

TEST(ArrayDataset, KerasArchivesGiveTheirTestImages) {
  TestFolder folder;
  NamedTensors tensors;
  tensors.set("x_train", HostTensor::get<uint8_t>({1, 1, 2}, {9, 9}));
  tensors.set("y_train", HostTensor::get<uint8_t>({1}, {9}));
  tensors.set("x_test", HostTensor::get<uint8_t>({2, 1, 2}, {0, 255, 255, 0}));
  tensors.set("y_test", HostTensor::get<uint8_t>({2}, {4, 6}));
  const std::string path = folder.getPath("mnist.npz");
  ASSERT_FALSE(bool(writeNpz(path, tensors)));
  EXPECT_EQ(summarize(path, makeOptions({1, 1, 1, 2})),
            (Summary{"0 1:4", "1 0:6"}));
}

TEST(ArrayDataset, BytesAreImagesWhereTheModelTakesOthers) {
  TestFolder folder;
  HostTensor bytes = HostTensor::get<uint8_t>({1, 1, 2, 3}, {1, 2, 3, 4, 5, 6});
  const std::string path = folder.write("x.npy", serializeNpy(bytes));
  DatasetOptions options = makeOptions({1, 3, 1, 2});
  options.preprocessing.emplace();
  options.preprocessing->scale = 1;
  EXPECT_EQ(summarize(path, options), (Summary{"1 4 2 5 3 6"}));
  // A model that takes these bytes gets them as they are.
  EXPECT_EQ(summarize(path, makeOptions({1, 1, 2, 3}, ElementKind::UI8)),
            (Summary{"1 2 3 4 5 6"}));
}

TEST(ArrayDataset, ArraysThatDoNotFitAreErrors) {
  TestFolder folder;
  const std::string path =
      folder.write("x.npy", serializeNpy(makeIota({3, 2})));
  EXPECT_EQ(getOpenError(path, makeOptions({1, 4})),
            "'" + path +
                "': its shape is [3, 2], but input 'x' takes [1, 4]; give an "
                "array of this shape, or of samples along a first dimension");
  EXPECT_EQ(getOpenError(path, makeOptions({1, 2}, ElementKind::F64)),
            "'" + path +
                "': it holds f32, but input 'x' takes f64; convert it with "
                "astype()");
  const std::string none =
      folder.write("none.npy", serializeNpy(makeIota({0, 2})));
  EXPECT_EQ(getOpenError(none, makeOptions({1, 2})),
            "'" + none + "': the array of shape [0, 2] has no elements");
  NamedTensors tensors;
  tensors.set("a", makeIota({2, 2}));
  tensors.set("b", makeIota({2, 2}));
  const std::string archive = folder.getPath("a.npz");
  ASSERT_FALSE(bool(writeNpz(archive, tensors)));
  EXPECT_EQ(getOpenError(archive, makeOptions({1, 2})),
            "'" + archive +
                "': it has no array 'x' for that input; it has a, b");
  tensors.set("x", makeIota({2, 2}));
  tensors.set("labels", HostTensor::get<int64_t>({3}, {0, 1, 2}));
  ASSERT_FALSE(bool(writeNpz(archive, tensors)));
  EXPECT_EQ(getOpenError(archive, makeOptions({1, 2})),
            "'" + archive +
                "(labels.npy)': it has shape [3] and holds i64, but labels are "
                "2 integers, one for each sample");
}

TEST(ArrayDataset, InputsOfDifferentNumbersAreErrors) {
  TestFolder folder;
  NamedTensors tensors;
  tensors.set("x", makeIota({2, 2}));
  tensors.set("y", makeIota({3, 2}));
  const std::string path = folder.getPath("a.npz");
  ASSERT_FALSE(bool(writeNpz(path, tensors)));
  DatasetOptions options = makeOptions({1, 2});
  options.inputs.push_back({"y", ElementKind::F32, {1, 2}});
  EXPECT_EQ(getOpenError(path, options),
            "'" + path + "(y.npy)': it has 3 samples, but '" + path +
                "(x.npy)' has 2");
  tensors.set("y", makeIota({2, 2}));
  ASSERT_FALSE(bool(writeNpz(path, tensors)));
  auto dataset = Dataset::open(path, options);
  ASSERT_TRUE(bool(dataset)) << getMessage(dataset);
  llvm::Expected<Sample> sample = (*dataset)->read(1);
  ASSERT_TRUE(bool(sample)) << getMessage(sample);
  EXPECT_EQ(sample->inputs.find("y")->getInt(1), 3);
}

TEST(ArrayDataset, TruncatedFilesAreErrors) {
  TestFolder folder;
  const std::string npy = serializeNpy(makeIota({3, 2}));
  for (size_t size = 0; size < npy.size(); ++size) {
    const std::string path =
        folder.write("x.npy", StringRef(npy).take_front(size));
    EXPECT_NE(getOpenError(path, makeOptions({1, 2})), "") << size;
  }
  const std::string path = folder.write("x.npy", StringRef(npy).drop_back());
  EXPECT_EQ(getOpenError(path, makeOptions({1, 2})),
            "'" + path + "': the file is truncated: it lacks elements");
  folder.write("x.npy", npy + "more");
  EXPECT_EQ(getOpenError(path, makeOptions({1, 2})),
            "'" + path + "': data follow the last element");
}

TEST(ArrayDataset, FilesOfAFolderFollowEachOther) {
  TestFolder folder;
  folder.write("a.npy", serializeNpy(makeIota({2, 1})));
  NamedTensors tensors;
  tensors.set("x", makeIota({3, 1}));
  ASSERT_FALSE(bool(writeNpz(folder.getPath("b.npz"), tensors)));
  EXPECT_EQ(summarize(folder.getPath(), makeOptions({1, 1})),
            (Summary{"0", "1", "0", "1", "2"}));
}

TEST(OnnxDataSets, ComeInTheOrderOfTheirNumbers) {
  TestFolder folder;
  for (int index : {0, 2, 10}) {
    const std::string name =
        "test_data_set_" + std::to_string(index) + "/input_0.pb";
    folder.write(name, "");
    ASSERT_FALSE(
        bool(writeTensorProto(folder.getPath(name), "whatever",
                              HostTensor::get<float>({1, 1}, {float(index)}))));
  }
  EXPECT_EQ(summarize(folder.getPath(), makeOptions({1, 1})),
            (Summary{"0", "2", "10"}));
  EXPECT_EQ(summarize(folder.getPath("test_data_set_2"), makeOptions({1, 1})),
            (Summary{"2"}));
  const std::string file = folder.getPath("test_data_set_2/input_0.pb");
  EXPECT_EQ(summarize(file, makeOptions({1, 1})), (Summary{"2"}));
  EXPECT_EQ(summarize(file, makeOptions({1, 2})),
            (Summary{"'" + file +
                     "': input 'x' has shape [1, 1], but the model takes [1, "
                     "2]"}));
}

TEST(RawFiles, HoldTensorAfterTensor) {
  TestFolder folder;
  const DatasetOptions options = makeOptions({1, 3}, ElementKind::UI8);
  const std::string path = folder.write("a.raw", "\1\2\3\4\5\6");
  EXPECT_EQ(summarize(path, options), (Summary{"1 2 3", "4 5 6"}));
  folder.write("b.bin", "\7\10\11");
  const std::string cut = folder.write("cut.bin", "\1\2");
  EXPECT_EQ(getOpenError(cut, options),
            "'" + cut +
                "': its 2 bytes are neither whole tensors of input 'x' (3 "
                "bytes each) nor images of CIFAR-10 (3073 bytes each); the "
                "file is truncated, or of another type or shape");
}

/// Records of CIFAR-10, of which one has that class and the planes 1, 2, 3.
std::string makeCifar(llvm::ArrayRef<int> classes) {
  std::string bytes;
  for (int index : classes) {
    bytes += char(index);
    for (char plane : {1, 2, 3})
      bytes.append(1024, plane);
  }
  return bytes;
}

TEST(Cifar10, HasClassesAndPlanes) {
  TestFolder folder;
  folder.write("data_batch_1.bin", makeCifar({3, 9}));
  folder.write("test_batch.bin", makeCifar({0}));
  folder.write("batches.meta.txt", "airplane\n");
  auto dataset = Dataset::open(folder.getPath(),
                               makeOptions({1, 3, 32, 32}, ElementKind::UI8));
  ASSERT_TRUE(bool(dataset)) << getMessage(dataset);
  EXPECT_EQ((*dataset)->getKind(), "CIFAR-10");
  ASSERT_EQ((*dataset)->getNumSamples(), 3);
  for (auto [index, label] :
       {std::pair(2, 0), std::pair(0, 3), std::pair(1, 9)}) {
    llvm::Expected<Sample> sample = (*dataset)->read(index);
    ASSERT_TRUE(bool(sample)) << getMessage(sample);
    EXPECT_EQ(sample->label, label);
    for (int c = 0; c < 3; ++c)
      EXPECT_EQ(sample->inputs.begin()->second.getInt(c * 1024 + 1023), c + 1);
  }
}

TEST(Cifar10, ATruncatedFileIsNone) {
  TestFolder folder;
  const std::string path =
      folder.write("a.bin", StringRef(makeCifar({1, 2})).drop_back());
  EXPECT_EQ(getOpenError(path, makeOptions({1, 3, 32, 32})),
            "'" + path +
                "': its 6145 bytes are neither whole tensors of input 'x' "
                "(12288 bytes each) nor images of CIFAR-10 (3073 bytes each); "
                "the file is truncated, or of another type or shape");
}

/// Two images of 1 by 2 pixels, and their labels.
const StringRef idxImages("\0\0\x08\x03\0\0\0\2\0\0\0\1\0\0\0\2\1\2\3\4", 20);
const StringRef idxLabels("\0\0\x08\x01\0\0\0\2\7\5", 10);
const DatasetOptions bytes1x2 = makeOptions({1, 1, 1, 2}, ElementKind::UI8);

TEST(Idx, ImagesHaveTheLabelsBesideThem) {
  TestFolder folder;
  const std::string path = folder.write("t10k-images-idx3-ubyte", idxImages);
  EXPECT_EQ(summarize(path, bytes1x2), (Summary{"1 2", "3 4"}));
  writeGzip(folder, "t10k-labels-idx1-ubyte.gz", idxLabels);
  EXPECT_EQ(summarize(path, bytes1x2), (Summary{"1 2:7", "3 4:5"}));
  EXPECT_EQ(summarize(folder.getPath(), bytes1x2), (Summary{"1 2:7", "3 4:5"}));
  EXPECT_EQ(getOpenError(folder.getPath("t10k-labels-idx1-ubyte.gz"), bytes1x2),
            "'" + folder.getPath("t10k-labels-idx1-ubyte.gz") +
                "': these are labels; open the file of images");
}

TEST(Idx, CompressedImagesAreReadInAnyOrder) {
  TestFolder folder;
  auto dataset = Dataset::open(
      writeGzip(folder, "train-images-idx3-ubyte.gz", idxImages), bytes1x2);
  ASSERT_TRUE(bool(dataset)) << getMessage(dataset);
  for (int index : {1, 0, 1}) {
    llvm::Expected<Sample> sample = (*dataset)->read(index);
    ASSERT_TRUE(bool(sample)) << getMessage(sample);
    EXPECT_EQ(sample->inputs.begin()->second.getInt(0), index * 2 + 1);
  }
}

TEST(Idx, WrongFilesAreErrors) {
  TestFolder folder;
  const std::string path =
      folder.write("a-images-idx3-ubyte", idxImages.drop_back());
  EXPECT_EQ(getOpenError(path, bytes1x2),
            "'" + path + "': the file is truncated");
  folder.write("a-images-idx3-ubyte", idxImages);
  const std::string labels = folder.write(
      "a-labels-idx1-ubyte", StringRef("\0\0\x08\x01\0\0\0\3\7\5\6", 11));
  EXPECT_EQ(getOpenError(path, bytes1x2),
            "'" + labels + "': it has 3 labels for 2 images");
  folder.write("a-images-idx3-ubyte", idxLabels);
  EXPECT_EQ(getOpenError(path, bytes1x2),
            "'" + path + "': the file is truncated");
  const std::string cut = writeGzip(folder, "b.idx", idxImages);
  EXPECT_EQ(summarize(cut, bytes1x2), (Summary{"1 2", "3 4"}));
}

TEST(Dataset, WhatIsNoneIsAnError) {
  TestFolder folder;
  const std::string path = folder.write("notes.txt", "hello");
  EXPECT_TRUE(StringRef(getOpenError(path, makeOptions({1})))
                  .starts_with("'" + path + "': this is no data set; give "));
  EXPECT_EQ(getOpenError(folder.write("empty", ""), makeOptions({1})),
            "'" + folder.getPath("empty") + "': the file is empty");
  EXPECT_EQ(getOpenError("/no/such", makeOptions({1})),
            "'/no/such': No such file or directory");
  DatasetOptions options = makeOptions({1});
  options.labelsPath = "labels.csv";
  EXPECT_EQ(getOpenError(path, options),
            "'labels.csv': a file of labels is for one folder of images, and "
            "'" +
                path + "' is none");
}

} // namespace
