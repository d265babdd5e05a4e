//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The files under Inputs/ were written by NumPy and the onnx package; see
// Inputs/generate.py.
//
//===----------------------------------------------------------------------===//

#include "lathe/Support/TensorIO.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"
#include <cmath>

using namespace lathe;
using llvm::ArrayRef;
using llvm::StringRef;

namespace {

std::string getInput(StringRef name) {
  return (LATHE_TEST_INPUTS "/" + name).str();
}

std::string getContents(StringRef path) {
  auto file = llvm::MemoryBuffer::getFile(path);
  return file ? (*file)->getBuffer().str() : std::string();
}

/// The message of an error, or "" for success.
std::string getMessage(llvm::Error error) {
  return llvm::toString(std::move(error));
}
template <typename T> std::string getMessage(llvm::Expected<T> &expected) {
  return getMessage(expected.takeError());
}

/// The only tensor of a file under Inputs/.
HostTensor read(StringRef name) {
  llvm::Expected<NamedTensors> tensors = readTensors(getInput(name));
  if (!tensors) {
    ADD_FAILURE() << llvm::toString(tensors.takeError());
    return HostTensor();
  }
  EXPECT_EQ(tensors->size(), 1u);
  return tensors->begin()->second;
}

/// The message with which reading a file under Inputs/ fails, without the
/// name of the file that it must start with.
std::string readError(StringRef name) {
  std::string path = getInput(name);
  llvm::Expected<NamedTensors> tensors = readTensors(path);
  if (tensors)
    return "no error";
  std::string message = llvm::toString(tensors.takeError());
  StringRef text = message;
  EXPECT_TRUE(text.consume_front("'" + path + "': ")) << message;
  return text.str();
}

std::string npyError(StringRef bytes) {
  llvm::Expected<HostTensor> tensor = parseNpy({bytes, "x.npy"});
  return tensor ? "no error" : llvm::toString(tensor.takeError());
}

/// An .npy file of version 1 with the given header and elements.
std::string makeNpy(StringRef header, StringRef elements = "") {
  return (llvm::Twine("\x93NUMPY\x01") + StringRef("\0", 1) +
          StringRef({char(header.size())}) + StringRef("\0", 1) + header +
          elements)
      .str();
}

/// A file name in a fresh directory, deleted with what it holds.
class TemporaryFile {
public:
  explicit TemporaryFile(StringRef name) {
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("lathe-test", directory));
    path = directory;
    llvm::sys::path::append(path, name);
  }
  ~TemporaryFile() { llvm::sys::fs::remove_directories(directory); }
  StringRef str() const { return path; }

private:
  llvm::SmallString<128> directory, path;
};

TEST(NpyTest, FloatsOfNumpyAreRead) {
  HostTensor tensor = read("f32.npy");
  EXPECT_EQ(tensor.getKind(), ElementKind::F32);
  EXPECT_EQ(tensor.getShape(), ArrayRef<int64_t>({2, 3}));
  EXPECT_EQ(tensor.data<float>(),
            ArrayRef<float>({0.5, 1.5, 2.5, 3.5, 4.5, 5.5}));
}

TEST(NpyTest, HalvesOfNumpyAreRead) {
  HostTensor tensor = read("f16.npy");
  EXPECT_EQ(tensor.getKind(), ElementKind::F16);
  EXPECT_EQ(tensor.getDouble(0), 1.5);
  EXPECT_EQ(tensor.getDouble(2), 65504);
  EXPECT_EQ(tensor.getDouble(3), 0x1p-24);
  EXPECT_TRUE(std::isinf(tensor.getDouble(4)));
  EXPECT_EQ(tensor.getDouble(5), 0.0999755859375);
}

TEST(NpyTest, ScalarsHaveRankZero) {
  HostTensor tensor = read("i64_scalar.npy");
  EXPECT_EQ(tensor.getRank(), 0);
  EXPECT_EQ(tensor.getInt(0), -16000);
}

TEST(NpyTest, BoolsAndBFloat16AreRead) {
  EXPECT_EQ(read("bool.npy").data<bool>(), ArrayRef<bool>({true, false, true}));
  HostTensor tensor = read("bf16.npy");
  EXPECT_EQ(tensor.getKind(), ElementKind::BF16);
  EXPECT_EQ(tensor.getDouble(2), 3.140625);
}

TEST(NpyTest, FortranOrderIsReordered) {
  HostTensor tensor = read("fortran.npy");
  EXPECT_EQ(tensor.getShape(), ArrayRef<int64_t>({2, 3, 4}));
  for (int i = 0; i < 24; ++i)
    EXPECT_EQ(tensor.getInt(i), i);
}

TEST(NpyTest, Version2IsRead) { EXPECT_EQ(read("version2.npy").getInt(5), 5); }

TEST(NpyTest, WritesWhatNumpyWrites) {
  for (StringRef name :
       {"f32.npy", "f16.npy", "i64_scalar.npy", "bool.npy", "bf16.npy"})
    EXPECT_EQ(serializeNpy(read(name)), getContents(getInput(name)))
        << name.str();
}

TEST(NpyTest, UnsupportedElementsAreNamed) {
  EXPECT_EQ(readError("big_endian.npy"),
            "elements of type '>f4' are big-endian; save the array as "
            "little-endian");
  EXPECT_EQ(readError("object.npy"), "elements of type '|O' are not supported");
  EXPECT_EQ(readError("record.npy"), "arrays with fields are not supported");
}

TEST(NpyTest, EveryTruncationIsAnError) {
  const std::string whole = getContents(getInput("f32.npy"));
  ASSERT_FALSE(whole.empty());
  for (size_t size = 0; size < whole.size(); ++size) {
    std::string message = npyError(StringRef(whole).take_front(size));
    EXPECT_EQ(message,
              size < 6 ? "'x.npy': not an .npy file"
              : size < 128
                  ? "'x.npy': the file is truncated"
                  : "'x.npy': the file is truncated: it lacks elements")
        << size;
  }
  EXPECT_EQ(npyError(whole + "x"), "'x.npy': data follow the last element");
}

TEST(NpyTest, MalformedHeadersAreErrors) {
  EXPECT_EQ(npyError(makeNpy("")), "'x.npy': its header is not a dictionary");
  EXPECT_EQ(npyError(makeNpy("{'descr': '<f4'")),
            "'x.npy': its header is not a dictionary");
  EXPECT_EQ(
      npyError(makeNpy("{'descr': '<f4'}")),
      "'x.npy': its header does not state descr, fortran_order and shape");
  EXPECT_EQ(npyError(makeNpy("{'shape': (-1,)}")),
            "'x.npy': 'shape' holds something that is not a size");
  EXPECT_EQ(npyError(makeNpy("{'shape': (1 2)}")),
            "'x.npy': 'shape' is not a tuple");
  EXPECT_EQ(npyError(makeNpy("{'fortran_order': Maybe}")),
            "'x.npy': 'fortran_order' is not True or False");
  EXPECT_EQ(npyError(makeNpy("{'extra': 1}")),
            "'x.npy': unknown key 'extra' in its header");
  EXPECT_EQ(npyError("\x93NUMPY\x09" + std::string(5, '\0')),
            "'x.npy': version 9 of the .npy format is unknown");
}

TEST(NpyTest, ShapeTooLargeForTheFileIsAnErrorAndAllocatesNothing) {
  EXPECT_EQ(npyError(makeNpy("{'descr': '<f8', 'fortran_order': False, "
                             "'shape': (4611686018427387904, 2), }")),
            "'x.npy': the file is truncated: it lacks elements");
  EXPECT_EQ(npyError(makeNpy("{'descr': '<f8', 'fortran_order': False, "
                             "'shape': (4611686018427387904,), }")),
            "'x.npy': the file is truncated: it lacks elements");
}

TEST(NpyTest, AnyByteOtherThanZeroIsTrue) {
  llvm::Expected<HostTensor> tensor = parseNpy(
      {makeNpy("{'descr': '|b1', 'fortran_order': False, 'shape': (2,), }",
               StringRef("\x80\0", 2)),
       "x.npy"});
  ASSERT_EQ(getMessage(tensor), "");
  EXPECT_EQ(tensor->getBytes(), ArrayRef<char>({1, 0}));
}

TEST(NpzTest, StoredAndDeflatedArchivesOfNumpyAreRead) {
  llvm::Expected<NamedTensors> stored = readTensors(getInput("stored.npz"));
  ASSERT_EQ(getMessage(stored), "");
  ASSERT_EQ(stored->size(), 2u);
  EXPECT_EQ(stored->begin()->first, "x");
  ASSERT_TRUE(stored->find("sr"));
  EXPECT_EQ(stored->find("sr")->getInt(0), 16000);

  llvm::Expected<NamedTensors> deflated = readTensors(getInput("deflated.npz"));
  ASSERT_EQ(getMessage(deflated), "");
  const HostTensor *tensor = deflated->find("gpu_0/data:0");
  ASSERT_TRUE(tensor);
  EXPECT_EQ(tensor->getDouble(999), 999);
}

TEST(NpzTest, WrittenArchiveReadsBackAndDependsOnNothingElse) {
  NamedTensors tensors;
  tensors.set("naïve:0", HostTensor::get<float>({2}, {1, 2}));
  tensors.set("b/c", HostTensor::get<int8_t>({}, {-3}));
  TemporaryFile first("a.npz"), second("b.npz");
  ASSERT_EQ(getMessage(writeNpz(first.str(), tensors)), "");
  ASSERT_EQ(getMessage(writeNpz(second.str(), tensors)), "");
  std::string bytes = getContents(first.str());
  EXPECT_EQ(bytes, getContents(second.str()));
  // Bytes 10 to 13 of an archive are the time and date of its first file.
  EXPECT_EQ(bytes.substr(10, 4), std::string("\0\0\x21\0", 4));

  llvm::Expected<NamedTensors> back = readTensors(first.str());
  ASSERT_EQ(getMessage(back), "");
  ASSERT_EQ(back->size(), 2u);
  ASSERT_TRUE(back->find("naïve:0"));
  EXPECT_EQ(back->find("naïve:0")->data<float>(), ArrayRef<float>({1, 2}));
  EXPECT_EQ(back->find("b/c")->getInt(0), -3);
}

TEST(NpzTest, EveryTruncationIsAnError) {
  const std::string whole = getContents(getInput("stored.npz"));
  ASSERT_FALSE(whole.empty());
  for (size_t size = 0; size < whole.size(); ++size) {
    llvm::Expected<NamedTensors> tensors =
        parseNpz({StringRef(whole).take_front(size), "x.npz"});
    ASSERT_NE(getMessage(tensors), "") << size;
  }
}

TEST(NpzTest, DamagedElementsAreNoticed) {
  std::string bytes = getContents(getInput("stored.npz"));
  size_t element = bytes.find("}", bytes.find("descr")) + 80;
  bytes[element] ^= 1;
  llvm::Expected<NamedTensors> tensors = parseNpz({bytes, "x.npz"});
  EXPECT_EQ(getMessage(tensors), "'x.npz': 'x.npy': CRC error");
}

TEST(NpzTest, MemberThatIsNoArrayIsNamed) {
  EXPECT_EQ(readError("text.npz"), "'readme.txt': not an .npy file");
}

TEST(NpzTest, UnwritablePathIsAnError) {
  NamedTensors tensors;
  tensors.set("x", HostTensor());
  EXPECT_NE(getMessage(writeNpz("/nonexistent/x.npz", tensors)), "");
  EXPECT_NE(getMessage(writeNpy("/nonexistent/x.npy", HostTensor())), "");
}

TEST(TensorProtoTest, RawAndTypedDataOfOnnxAreRead) {
  EXPECT_EQ(read("raw.pb").data<float>(), read("f32.npy").data<float>());
  HostTensor halves = read("typed_f16.pb");
  EXPECT_EQ(halves.getKind(), ElementKind::F16);
  EXPECT_EQ(halves.getBytes(), read("f16.npy").getBytes());
  EXPECT_EQ(read("typed_u8.pb").data<uint8_t>(),
            ArrayRef<uint8_t>({0, 128, 255}));
  EXPECT_EQ(read("typed_u64.pb").data<uint64_t>()[0], UINT64_MAX);
}

TEST(TensorProtoTest, WrittenTensorReadsBack) {
  TemporaryFile file("x.pb");
  ASSERT_EQ(getMessage(writeTensorProto(
                file.str(), "h", HostTensor::get<int16_t>({1, 2}, {1, -2}))),
            "");
  llvm::Expected<NamedTensors> tensors = readTensors(file.str());
  ASSERT_EQ(getMessage(tensors), "");
  ASSERT_TRUE(tensors->find("h"));
  EXPECT_EQ(tensors->find("h")->getShape(), ArrayRef<int64_t>({1, 2}));
  EXPECT_EQ(tensors->find("h")->getInt(1), -2);
}

TEST(TensorProtoTest, UnusableTensorsAreErrors) {
  EXPECT_EQ(readError("string.pb"),
            "elements of type STRING are not supported");
  EXPECT_EQ(readError("mismatch.pb"),
            "it holds 2 elements, and its dimensions ask for 3");
  EXPECT_EQ(readError("external.pb"), "its elements lie in another file");
  EXPECT_EQ(readError("generate.py"),
            "not a tensor of ONNX, nor an .npy or .npz file");
  EXPECT_EQ(readError("missing.npy"), "No such file or directory");
}

TEST(TensorArgumentTest, NameOnTheCommandLineWins) {
  NamedTensors tensors;
  ASSERT_EQ(
      getMessage(readTensorArgument("a=b=" + getInput("f32.npy"), tensors)),
      "");
  ASSERT_EQ(getMessage(readTensorArgument(getInput("stored.npz"), tensors)),
            "");
  EXPECT_TRUE(tensors.find("a=b"));
  EXPECT_TRUE(tensors.find("x"));
  EXPECT_EQ(tensors.size(), 3u);
  ASSERT_EQ(
      getMessage(readTensorArgument("x=" + getInput("bool.npy"), tensors)), "");
  EXPECT_EQ(tensors.size(), 3u);
  EXPECT_EQ(tensors.find("x")->getKind(), ElementKind::Bool);
  EXPECT_NE(
      getMessage(readTensorArgument("x=" + getInput("stored.npz"), tensors)),
      "");
}

TEST(WriteTensorsTest, ExtensionDecides) {
  NamedTensors tensors;
  tensors.set("a", HostTensor::get<float>({1}, {1}));
  TemporaryFile npy("x.npy"), text("x.txt");
  ASSERT_EQ(getMessage(writeTensors(npy.str(), tensors)), "");
  EXPECT_TRUE(StringRef(getContents(npy.str())).starts_with("\x93NUMPY"));
  EXPECT_NE(getMessage(writeTensors(text.str(), tensors)), "");
  tensors.set("b", HostTensor());
  EXPECT_NE(getMessage(writeTensors(npy.str(), tensors)), "");
}

} // namespace
