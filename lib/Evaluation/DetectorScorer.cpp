//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Scorer.h"
#include "llvm/ADT/STLExtras.h"

using namespace lathe;
using llvm::createStringError;
using llvm::Error;
using llvm::Expected;
using llvm::Twine;

namespace {

class DetectorScorer : public Scorer {
public:
  DetectorScorer(RealOutput output, DetectionDecoder decoder,
                 const MatchLimits &limits)
      : output(std::move(output)), decoder(std::move(decoder)), limits(limits) {
  }

  Error add(const Sample &sample, const NamedTensors &outputs, size_t index,
            bool isFirst, FirstResults &first) override {
    if (!sample.geometry)
      return createStringError(sample.name +
                               ": is no image, in whose pixels boxes could be "
                               "compared; give a folder of images");
    std::vector<Detection> objects =
        decoder.decode(output.read(outputs), *sample.geometry);
    if (sample.boxes) {
      if (Error error = checkClasses(sample))
        return error;
      metrics.add(objects, *sample.boxes);
    }
    if (!isFirst) {
      matches.add(first.objects[index], objects, limits);
      return Error::success();
    }
    llvm::erase_if(objects, [&](const Detection &detection) {
      return detection.score < limits.score;
    });
    first.objects.push_back(std::move(objects));
    return Error::success();
  }

  void finish(bool isFirst, ModelEvaluation &result) override {
    if (metrics.getNumImages() != 0)
      result.detection = metrics;
    if (!isFirst)
      result.matches = matches;
  }

private:
  Error checkClasses(const Sample &sample) const {
    for (const Box &box : *sample.boxes)
      if (box.classIndex >= decoder.getNumClasses())
        return createStringError(sample.name + ": has an object of class " +
                                 Twine(box.classIndex) +
                                 ", but the model's classes are 0 to " +
                                 Twine(decoder.getNumClasses() - 1) +
                                 "; mend the labels, or choose another model");
    return Error::success();
  }

  RealOutput output;
  DetectionDecoder decoder;
  MatchLimits limits;
  DetectionMetrics metrics;
  MatchCount matches;
};

} // namespace

/// The output that the options name, or the only one.
static Expected<const NamedTensors::Entry *>
findOutput(const DetectorOptions &options, const ScoredModel &model) {
  auto found =
      llvm::find_if(model.outputs, [&](const NamedTensors::Entry &entry) {
        return options.output.empty() || entry.first == options.output;
      });
  if (found == model.outputs.end())
    return createStringError(model.path + ": has no output '" + options.output +
                             "'; name one of " + listNames(model.outputs) +
                             " as 'output' in the file of --detector");
  if (options.output.empty() && model.outputs.size() > 1)
    return createStringError(
        model.path + ": which output has the objects? Name one of " +
        listNames(model.outputs) + " as 'output' in the file of --detector");
  return &*found;
}

Expected<std::unique_ptr<Scorer>>
lathe::createDetectorScorer(const EvaluationOptions &options,
                            const ScoredModel &model, const Dataset &dataset) {
  if (!dataset.hasBoxes() && options.numModels < 2)
    return createStringError(
        options.dataset +
        ": has no boxes; give a folder with images/ and labels/ as "
        "docs/datasets.md says, or name a second model to compare with");
  Expected<const NamedTensors::Entry *> output =
      findOutput(*options.detector, model);
  if (!output)
    return output.takeError();
  const auto &[name, tensor] = **output;
  Expected<DetectionDecoder> decoder =
      DetectionDecoder::get(*options.detector, tensor.getShape(),
                            model.inputs.begin()->second.getShape());
  if (!decoder)
    return llvm::createFileError(model.path, decoder.takeError());
  RealOutput real(name, tensor, model.quantizations);
  if (!real.isReal())
    return createStringError(model.path + ": output '" + name + "' holds " +
                             getName(tensor.getKind()) +
                             " without a scale, and no boxes can be made of "
                             "that; let the model end in a DequantizeLinear");
  return std::make_unique<DetectorScorer>(std::move(real), std::move(*decoder),
                                          options.detector->match);
}
