//===- RunLengths.cpp - Tensors that cross run-length coded ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RunLengths.h"

#include "lathe/Cost/Instructions.h"
#include "lathe/Driver/PreparedModel.h"
#include "wire/run_length.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::partition;

//===----------------------------------------------------------------------===//
// The code
//===----------------------------------------------------------------------===//

/// Elements wider than the code's are several of it.
static size_t getCodedSize(const HostTensor &tensor) {
  return std::min<size_t>(getByteSize(tensor.getKind()), sizeof(uint32_t));
}

SmallVector<char> lathe::encodeRunLengths(const HostTensor &tensor) {
  size_t size = getCodedSize(tensor), count = tensor.getSizeInBytes() / size;
  SmallVector<char> code(lathe_run_length_bound(count, size));
  code.truncate(lathe_run_length_encode(tensor.getBytes().data(), count, size,
                                        code.data()));
  return code;
}

std::optional<HostTensor> lathe::decodeRunLengths(ArrayRef<char> code,
                                                  const HostTensor &tensor) {
  size_t size = getCodedSize(tensor);
  HostTensor decoded(tensor.getKind(), tensor.getShape());
  if (lathe_run_length_decode(code.data(), code.size(),
                              decoded.getMutableBytes().data(),
                              tensor.getSizeInBytes() / size, size) != 0)
    return std::nullopt;
  return decoded;
}

//===----------------------------------------------------------------------===//
// How long it is
//===----------------------------------------------------------------------===//

namespace {

/// Runs a model with all of its tensors as outputs.
class RunLengthMeter {
public:
  static llvm::Expected<RunLengthMeter>
  create(func::FuncOp model, const ModelUnits &units, bool withHalves);

  /// Adds the bytes of the tensors on `inputs` to `sums`.
  llvm::Error run(const NamedTensors &inputs, std::vector<CodedBytes> &sums);

private:
  RunLengthMeter(const ModelUnits &units, bool withHalves,
                 std::unique_ptr<PreparedModel> prepared)
      : units(units), withHalves(withHalves), prepared(std::move(prepared)) {}

  const ModelUnits &units;
  bool withHalves;
  std::unique_ptr<PreparedModel> prepared;
};

} // namespace

llvm::Expected<RunLengthMeter> RunLengthMeter::create(func::FuncOp model,
                                                      const ModelUnits &units,
                                                      bool withHalves) {
  lathe::Component all;
  for (unsigned unit = 0; unit < units.units.size(); ++unit)
    all.units.push_back(unit);
  for (const auto &[number, tensor] : llvm::enumerate(units.tensors))
    (tensor.source ? all.outputs : all.inputs)
        .push_back({static_cast<unsigned>(number), /*isHalf=*/false});
  auto prepared = PreparedModel::create(
      extractComponent(model, units, all, model.getSymName()),
      RunBackend::Native, {});
  if (!prepared)
    return prepared.takeError();
  return RunLengthMeter(units, withHalves, std::move(*prepared));
}

static double countBytes(const HostTensor &tensor) {
  return static_cast<double>(encodeRunLengths(tensor).size());
}

llvm::Error RunLengthMeter::run(const NamedTensors &inputs,
                                std::vector<CodedBytes> &sums) {
  if (llvm::Error error = prepared->run(inputs))
    return error;
  const NamedTensors &outputs = prepared->getOutputs();
  for (auto [tensor, sum] : llvm::zip_equal(units.tensors, sums)) {
    const HostTensor *value =
        (tensor.source ? outputs : inputs).find(tensor.name);
    if (!value)
      return llvm::createStringError("a sample lacks input '" + tensor.name +
                                     "'");
    sum.raw += countBytes(*value);
    sum.numElements = value->getSizeInBytes() / getCodedSize(*value);
    if (withHalves && value->getKind() == ElementKind::F32)
      sum.half =
          sum.half.value_or(0) + countBytes(value->convertTo(ElementKind::F16));
  }
  return llvm::Error::success();
}

llvm::Expected<std::vector<CodedBytes>>
lathe::measureRunLengths(func::FuncOp model, const ModelUnits &units,
                         const PlanSamples &samples, bool withHalves) {
  auto meter = RunLengthMeter::create(model, units, withHalves);
  if (!meter)
    return meter.takeError();
  std::vector<CodedBytes> bytes(units.tensors.size());
  for (auto [done, number] : llvm::enumerate(samples.numbers)) {
    auto sample = samples.dataset->read(number);
    if (!sample)
      return sample.takeError();
    if (llvm::Error error = meter->run(sample->inputs, bytes))
      return std::move(error);
    if (samples.progress)
      samples.progress(done + 1, samples.numbers.size());
  }
  auto count = static_cast<double>(samples.numbers.size());
  for (CodedBytes &mean : bytes) {
    mean.raw /= count;
    if (mean.half)
      *mean.half /= count;
  }
  return bytes;
}

//===----------------------------------------------------------------------===//
// What it takes
//===----------------------------------------------------------------------===//

namespace {

/// What an element takes to be coded.
struct CodingCost {
  /// On a core whose instructions are known. The most that was counted under
  /// QEMU for a Cortex-M4 and elements of 1 and 4 bytes, of which 0 to 90 % at
  /// random places are zero: 38 and 20.
  InstructionCounts instructions;
  /// As so many bytes read from memory, by the bandwidth that lathe profile
  /// measures: what a core of a server with AVX-512 and 33 GB/s takes, 5.1 and
  /// 3.7 ns. More than a smaller core with less bandwidth takes.
  double bytes = 0;
};

} // namespace

/// So many times as many of the instructions of Armv6-M: 61 and 33 on a
/// Cortex-M0.
static constexpr double thumb1Factor = 1.65;

static InstructionCounts countInstructions(double alu, double loads,
                                           double stores, double branches) {
  return InstructionCounts(InstructionClass::ALU, alu) +
         InstructionCounts(InstructionClass::Load, loads) +
         InstructionCounts(InstructionClass::Store, stores) +
         InstructionCounts(InstructionClass::Branch, branches);
}

static CodingCost getEncodingCost() {
  return {countInstructions(27, 3, 1, 7), 170};
}

static CodingCost getDecodingCost() {
  return {countInstructions(12, 2, 2, 4), 125};
}

/// In s for an element.
static llvm::Expected<double> getCodingTime(const NetworkDevice &device,
                                            const CodingCost &cost) {
  const TargetDescription &target = device.target;
  if (countsInstructions(device))
    return (InstructionSet(target).isThumb1 ? thumb1Factor : 1) *
           cost.instructions.getCycles(*target.costs, target.floatUnit) /
           target.clock->value;
  if (device.speed)
    return cost.bytes / device.speed->bandwidth;
  return llvm::createStringError(
      "nothing says how fast device '" + device.name +
      "' codes tensors for --wire=rle; give it 'speed', too, or name a board "
      "as its target");
}

llvm::Expected<CodingTimes> lathe::getCodingTimes(const Network &network) {
  CodingTimes times;
  for (const NetworkDevice &device : network.devices) {
    auto encode = getCodingTime(device, getEncodingCost());
    if (!encode)
      return encode.takeError();
    times.encode.push_back(*encode);
    times.decode.push_back(
        llvm::cantFail(getCodingTime(device, getDecodingCost())));
  }
  return times;
}

/// Lets `tensor` cross as `name` with `bytes` on the wire, unless that is no
/// shorter than `plainBytes`.
static void addCoded(PlacementTensor &tensor, StringRef name, double bytes,
                     double plainBytes, double numElements,
                     const CodingTimes &times) {
  if (bytes >= plainBytes)
    return;
  WireCodec &codec = addCodec(tensor, name, bytes / tensor.bytes);
  for (double time : times.encode)
    codec.encodeTime.push_back(numElements * time);
  for (double time : times.decode)
    codec.decodeTime.push_back(numElements * time);
}

void lathe::addRunLengths(PlacementProblem &problem, const ModelUnits &units,
                          const CodingTimes &times,
                          ArrayRef<CodedBytes> bytes) {
  for (auto [tensor, added, coded] :
       llvm::zip_equal(units.tensors, problem.tensors, bytes)) {
    bool mayBeHalf = llvm::any_of(added.codecs, [](const WireCodec &codec) {
      return codec.name == PlanTransfer::halfCodec;
    });
    auto numElements = static_cast<double>(coded.numElements);
    addCoded(added, PlanTransfer::runLengthCodec, coded.raw, added.bytes,
             numElements, times);
    if (mayBeHalf && coded.half)
      addCoded(added, PlanTransfer::halfRunLengthCodec, *coded.half,
               added.bytes / 2, numElements, times);
  }
}
