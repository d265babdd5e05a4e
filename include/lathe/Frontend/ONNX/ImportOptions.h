//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a user may say about a model that its file leaves open.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_FRONTEND_ONNX_IMPORTOPTIONS_H
#define LATHE_FRONTEND_ONNX_IMPORTOPTIONS_H

#include "lathe/Support/NamedTensors.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace lathe {

/// How an ONNX model is specialized while it is imported. The `add…` methods
/// take the text of a flag's value and fail with a message that says what form
/// it must have; names of tensors and dimensions are checked against the model
/// by the importer.
struct ImportOptions {
  struct Shape {
    std::string input;
    llvm::SmallVector<int64_t, 4> dims;
  };
  struct Dimension {
    std::string name;
    int64_t extent;
  };
  struct Binding {
    std::string input;
    llvm::SmallVector<double, 1> values;
  };
  struct State {
    std::string output;
    std::string input;
  };
  /// One of several sets of shapes that a model is imported for.
  struct ShapeBinding {
    /// What the model's name gets behind it, after an underscore.
    std::string suffix;
    /// Shapes of inputs; what is no input, and has one extent, is a named
    /// dimension.
    std::vector<Shape> extents;
  };

  /// Shapes of inputs (`input=1x3x224x224`). They must agree with what the
  /// model fixes; an empty text after `=` is the shape of a scalar.
  std::vector<Shape> shapes;
  /// Shapes of inputs that override what the model fixes.
  std::vector<Shape> reshapes;
  /// Tensors that the model is going to run on: what the model and the options
  /// above leave open is taken from their shapes, and an input that decides on
  /// the shape of another tensor is fixed to its value. Names the model does
  /// not have are ignored; an empty name stands for the only input.
  NamedTensors knownInputs;
  /// Whether the first of several dimensions of an input is 1 where nothing
  /// else here says what it is, as for a batch that holds one sample.
  bool isBatchOfOne = false;
  /// Values of named dimensions (`batch=1`).
  std::vector<Dimension> dims;
  /// With any, the module holds a model for each, called `NAME_SUFFIX`, and has
  /// the attribute `lathe.artifact = "NAME"`. What the options above bind goes
  /// for all of them.
  std::vector<ShapeBinding> shapeBindings;
  /// Inputs that are fixed to a value (`sr=16000`, `scale=0.5,0.25`): one
  /// value for every element, or as many as the input has elements. They are
  /// no inputs of the imported function.
  std::vector<Binding> bindings;
  /// Outputs that are fed back (`stateN=state`) by the next call.
  std::vector<State> states;
  /// Tensors to end the graph at; the model's outputs when empty.
  std::vector<std::string> outputs;
  /// Whether every tensor that nodes of the graph, of functions that the model
  /// defines, or of branches that are chosen at compile time compute from the
  /// inputs is returned too, behind the outputs and in the order of the nodes.
  /// Results carry `lathe.layer` then, see docs/architecture.md. What other
  /// branches and loops compute inside is left out, with a remark.
  bool keepLayers = false;
  /// Name of the imported function; the stem of the file's name when empty.
  std::string name;

  llvm::Error addShape(llvm::StringRef text);
  llvm::Error addReshape(llvm::StringRef text);
  llvm::Error addDimension(llvm::StringRef text);
  /// Also fails if the suffix, or one that gives equal names in C, is taken.
  llvm::Error addShapeBinding(llvm::StringRef text);
  llvm::Error addBinding(llvm::StringRef text);
  llvm::Error addState(llvm::StringRef text);
};

} // namespace lathe

#endif // LATHE_FRONTEND_ONNX_IMPORTOPTIONS_H
