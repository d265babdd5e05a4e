//===- WireFlags.cpp - How tensors cross between devices ------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "WireFlags.h"

#include "lathe/Driver/Runner.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::tool;
namespace cl = llvm::cl;

WireFlags::WireFlags(cl::SubCommand &command)
    : forms("wire", cl::CommaSeparated, cl::sub(command),
            cl::desc("In which other forms tensors may be sent, where that is "
                     "faster"),
            cl::values(clEnumValN(WireForm::F16, "f16",
                                  "those of f32 between components in 16 bits, "
                                  "which rounds them"),
                       clEnumValN(WireForm::U8, "u8",
                                  "images that are inputs as their bytes; how "
                                  "these become the input, --preprocessing "
                                  "says"),
                       clEnumValN(WireForm::RLE, "rle",
                                  "in a run-length code, by the length that it "
                                  "has for samples (--calibration)"))) {}

llvm::Error WireFlags::addImages(func::FuncOp model,
                                 const PreprocessingOptions &preprocessing,
                                 PlanOptions &options) const {
  llvm::Expected<NamedTensors> inputs = createZeroInputs(model);
  if (!inputs)
    return inputs.takeError();
  unsigned number = 0;
  std::string reason = "it has no image of f32 as an input";
  for (const auto &[name, tensor] : *inputs) {
    InputSpec input{name, tensor.getKind(),
                    SmallVector<int64_t, 4>(tensor.getShape())};
    auto found = Preprocessing::get(preprocessing, input);
    if (!found)
      reason = llvm::toString(found.takeError());
    else if (std::optional<PixelScale> scale = found->getPixelScale())
      options.byteImages.push_back({number, *scale});
    ++number;
  }
  if (options.byteImages.empty())
    return llvm::createStringError(
        "--wire=u8 has nothing to do with this model: " + reason);
  return llvm::Error::success();
}

llvm::Error WireFlags::addSamples(func::FuncOp model,
                                  const CalibrationFlags &calibration,
                                  bool quiet, PlanOptions &options) const {
  auto samples = calibration.openSamples(model);
  if (!samples)
    return samples.takeError();
  options.runLengthSamples =
      PlanSamples{std::move(samples->dataset), std::move(samples->numbers),
                  createProgress("measuring tensors", quiet)};
  return llvm::Error::success();
}
