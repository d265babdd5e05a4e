//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What becomes of the outputs of a model, sample by sample.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_LIB_EVALUATION_SCORER_H
#define LATHE_LIB_EVALUATION_SCORER_H

#include "lathe/Evaluation/Evaluator.h"
#include "lathe/Support/TensorQuantization.h"
#include "llvm/ADT/StringMap.h"

namespace lathe {

using Quantizations = llvm::StringMap<TensorQuantization>;

/// A model about to be scored.
struct ScoredModel {
  /// The path, for messages.
  llvm::StringRef path;
  const NamedTensors &inputs, &outputs;
  const Quantizations &quantizations;
};

/// An output of a model as real numbers, as far as they are known.
class RealOutput {
public:
  RealOutput(llvm::StringRef name, const HostTensor &tensor,
             const Quantizations &quantizations);

  const std::string &getName() const { return name; }
  /// False for integers whose scale is not known, which stay what they are.
  bool isReal() const { return real; }

  /// The elements of the output, until the next call.
  llvm::ArrayRef<double> read(const NamedTensors &outputs);

private:
  std::string name;
  bool real;
  std::optional<TensorQuantization> quantization;
  std::vector<double> values;
};

/// Scores one model.
class Scorer {
public:
  virtual ~Scorer();

  /// The one that `options` ask for. Fails if the model's outputs or the data
  /// set do not fit it.
  static llvm::Expected<std::unique_ptr<Scorer>>
  create(const EvaluationOptions &options, const ScoredModel &model,
         const Dataset &dataset);

  /// Adds what the model makes of `sample`, and compares it with what `first`
  /// has for it at `index`; if the model is the first, adds it there.
  virtual llvm::Error add(const Sample &sample, const NamedTensors &outputs,
                          size_t index, bool isFirst, FirstResults &first) = 0;

  /// Writes the result.
  virtual void finish(bool isFirst, ModelEvaluation &result) = 0;
};

llvm::Expected<std::unique_ptr<Scorer>>
createClassifierScorer(const EvaluationOptions &options,
                       const ScoredModel &model, const Dataset &dataset);

llvm::Expected<std::unique_ptr<Scorer>>
createDetectorScorer(const EvaluationOptions &options, const ScoredModel &model,
                     const Dataset &dataset);

/// "'a', 'b'"
std::string listNames(const NamedTensors &tensors);

/// "1x1000"
std::string formatExtents(llvm::ArrayRef<int64_t> shape);

} // namespace lathe

#endif // LATHE_LIB_EVALUATION_SCORER_H
