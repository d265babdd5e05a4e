//===- CalibrationCache.cpp - Statistics kept in files --------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A file is a sequence of 64-bit words, in this machine's byte order: `magic`,
// a hash of the rest, the number of tensors, and each tensor's statistics.
//
//===----------------------------------------------------------------------===//

#include "CalibrationCache.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

using namespace lathe;

/// Another number where the statistics or their form mean something else.
static constexpr uint64_t magic = 0x31304c41434c544c; // "LTLCAL01"

//===----------------------------------------------------------------------===//
// Key
//===----------------------------------------------------------------------===//

void CalibrationCache::addNumbers(llvm::ArrayRef<int64_t> numbers) {
  key.update(llvm::StringRef(reinterpret_cast<const char *>(numbers.data()),
                             numbers.size() * sizeof(int64_t)));
}

/// With their number, so that no two sequences of strings give one key.
void CalibrationCache::addBytes(llvm::StringRef bytes) {
  addNumbers(static_cast<int64_t>(bytes.size()));
  key.update(bytes);
}

void CalibrationCache::addModel(llvm::StringRef bytes) {
  addNumbers(static_cast<int64_t>(magic));
  addBytes(bytes);
}

void CalibrationCache::addSample(const Sample &sample) {
  addBytes(sample.name);
  addNumbers(static_cast<int64_t>(sample.inputs.size()));
  for (const auto &[name, tensor] : sample.inputs) {
    addBytes(name);
    addNumbers({static_cast<int64_t>(tensor.getKind()), tensor.getRank()});
    addNumbers(tensor.getShape());
    addBytes({tensor.getBytes().data(), tensor.getBytes().size()});
  }
}

std::string CalibrationCache::getPath() const {
  llvm::BLAKE3 copy = key;
  llvm::SmallString<128> path(directory);
  llvm::sys::path::append(
      path, llvm::toHex(copy.final<16>(), /*LowerCase=*/true) + ".calibration");
  return path.str().str();
}

//===----------------------------------------------------------------------===//
// Contents
//===----------------------------------------------------------------------===//

namespace {

/// Words in the order in which they were written.
class WordWriter {
public:
  template <typename T> void write(T value) {
    static_assert(sizeof(T) == sizeof(uint64_t));
    words.push_back(llvm::bit_cast<uint64_t>(value));
  }
  void write(float value) { write(static_cast<double>(value)); }
  template <typename T> void write(const std::vector<T> &values) {
    for (T value : values)
      write(value);
  }
  /// From the first to the last that is not 0.
  void writeCounts(llvm::ArrayRef<uint64_t> counts);

  std::vector<uint64_t> words;
};

/// Reads them back. Beyond their end there are zeros, and `overran` is true.
class WordReader {
public:
  explicit WordReader(llvm::ArrayRef<uint64_t> words) : words(words) {}

  template <typename T> T read() {
    if constexpr (sizeof(T) < sizeof(uint64_t))
      return static_cast<T>(read<double>());
    else
      return llvm::bit_cast<T>(next());
  }
  template <typename T> std::vector<T> readVector(uint64_t size) {
    std::vector<T> values;
    for (uint64_t i = 0; i < size && !overran; ++i)
      values.push_back(read<T>());
    return values;
  }
  std::vector<uint64_t> readCounts(uint64_t size);

  bool isDone() const { return words.empty() && !overran; }

private:
  uint64_t next() {
    overran |= words.empty();
    return overran ? 0 : words.consume_front();
  }

  llvm::ArrayRef<uint64_t> words;
  bool overran = false;
};

} // namespace

void WordWriter::writeCounts(llvm::ArrayRef<uint64_t> counts) {
  size_t first = 0;
  while (!counts.empty() && counts.back() == 0)
    counts = counts.drop_back();
  while (first < counts.size() && counts[first] == 0)
    ++first;
  write(uint64_t(first));
  write(uint64_t(counts.size()));
  for (uint64_t count : counts.drop_front(first))
    write(count);
}

std::vector<uint64_t> WordReader::readCounts(uint64_t size) {
  auto first = read<uint64_t>(), end = read<uint64_t>();
  std::vector<uint64_t> counts(size);
  overran |= first > end || end > size;
  for (uint64_t i = first; i < end && !overran; ++i)
    counts[i] = next();
  return counts;
}

static void write(const TensorStatistics &statistics, WordWriter &writer) {
  const Histogram &histogram = statistics.getHistogram();
  writer.write(int64_t(histogram.getExponent()));
  writer.write(histogram.getMin());
  writer.write(histogram.getMax());
  writer.write(histogram.getNumZeros());
  writer.writeCounts(histogram.getCounts());
  const ChannelSums &channels = statistics.getChannelSums();
  writer.write(statistics.getNumChannels());
  writer.write(channels.sum);
  writer.write(channels.sumOfSquares);
  writer.write(channels.min);
  writer.write(channels.max);
  writer.write(statistics.getNumSamples());
  writer.write(statistics.getSumOfMinima());
  writer.write(statistics.getSumOfMaxima());
}

static TensorStatistics read(WordReader &reader) {
  auto exponent = reader.read<int64_t>();
  auto min = reader.read<float>(), max = reader.read<float>();
  auto numZeros = reader.read<uint64_t>();
  Histogram histogram(static_cast<int>(exponent), min, max, numZeros,
                      reader.readCounts(2 * Histogram::numBins));
  auto numChannels = reader.read<uint64_t>();
  ChannelSums channels;
  channels.sum = reader.readVector<double>(numChannels);
  channels.sumOfSquares = reader.readVector<double>(numChannels);
  channels.min = reader.readVector<float>(numChannels);
  channels.max = reader.readVector<float>(numChannels);
  auto numSamples = reader.read<int64_t>();
  auto sumOfMinima = reader.read<double>();
  auto sumOfMaxima = reader.read<double>();
  return {std::move(histogram), std::move(channels), numSamples, sumOfMinima,
          sumOfMaxima};
}

static uint64_t computeHash(llvm::ArrayRef<uint64_t> words) {
  return llvm::xxh3_64bits(
      llvm::ArrayRef(reinterpret_cast<const uint8_t *>(words.data()),
                     words.size() * sizeof(uint64_t)));
}

//===----------------------------------------------------------------------===//
// Files
//===----------------------------------------------------------------------===//

std::optional<std::vector<TensorStatistics>>
CalibrationCache::load(size_t numTensors) const {
  auto buffer = llvm::MemoryBuffer::getFile(getPath(), /*IsText=*/false,
                                            /*RequiresNullTerminator=*/false);
  if (!buffer)
    return std::nullopt;
  llvm::StringRef bytes = (*buffer)->getBuffer();
  constexpr size_t headerSize = 2;
  std::vector<uint64_t> words(bytes.size() / sizeof(uint64_t));
  if (words.size() < headerSize)
    return std::nullopt;
  memcpy(words.data(), bytes.data(), words.size() * sizeof(uint64_t));
  if (words[0] != magic ||
      words[1] != computeHash(llvm::ArrayRef(words).drop_front(headerSize)))
    return std::nullopt;
  WordReader reader(llvm::ArrayRef(words).drop_front(headerSize));
  if (reader.read<uint64_t>() != numTensors)
    return std::nullopt;
  std::vector<TensorStatistics> tensors;
  for (size_t i = 0; i < numTensors; ++i)
    tensors.push_back(read(reader));
  if (!reader.isDone())
    return std::nullopt;
  return tensors;
}

llvm::Error
CalibrationCache::store(llvm::ArrayRef<TensorStatistics> tensors) const {
  WordWriter writer;
  writer.write(uint64_t(tensors.size()));
  for (const TensorStatistics &tensor : tensors)
    write(tensor, writer);
  if (std::error_code error = llvm::sys::fs::create_directories(directory))
    return llvm::createFileError(directory, error);
  std::vector<uint64_t> header = {magic, computeHash(writer.words)};
  return llvm::writeToOutput(getPath(), [&](llvm::raw_ostream &os) {
    for (const std::vector<uint64_t> *part : {&header, &writer.words})
      os.write(reinterpret_cast<const char *>(part->data()),
               part->size() * sizeof(uint64_t));
    return llvm::Error::success();
  });
}
