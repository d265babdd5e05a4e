//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Operators that have no converter, and why.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "OperatorRegistry.h"

using namespace lathe;
using namespace lathe::frontend;

void lathe::frontend::addRefusals(OperatorRegistry &registry) {
  constexpr llvm::StringLiteral strings =
      "it works on strings, and compiled models compute with numbers; do this "
      "step before the model";
  for (llvm::StringRef name :
       {"RegexFullMatch", "StringConcat", "StringNormalizer", "StringSplit"})
    registry.refuse("", name, strings);
  registry.refuse("", "ImageDecoder",
                  "it decodes files; pass the model the decoded image");

  constexpr llvm::StringLiteral maps =
      "it works on maps or strings, which compiled models do not have; do this "
      "step before the model";
  for (llvm::StringRef name : {"CastMap", "CategoryMapper", "DictVectorizer"})
    registry.refuse(mlDomain, name, maps);

  constexpr llvm::StringLiteral random =
      "ONNX defines no stream of random numbers for a seed, so results could "
      "not be reproduced; make the tensor an input of the model";
  for (llvm::StringRef name :
       {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike",
        "RandomUniform", "RandomUniformLike"})
    registry.refuse("", name, random);

  constexpr llvm::StringLiteral training =
      "it trains, and compiled models only infer; export the trained model";
  for (llvm::StringRef name : {"Adagrad", "Adam", "Gradient", "Momentum"})
    registry.refuse("ai.onnx.preview.training", name, training);
}
