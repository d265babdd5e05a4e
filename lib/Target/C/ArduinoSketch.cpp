//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The example of the Arduino library that the folder is: a sketch to begin
// with, which runs the model and prints what comes out and how long it takes.
//
//===----------------------------------------------------------------------===//

#include "CPackage.h"
#include "lathe/Target/Common/CLiterals.h"
#include "lathe/Target/Common/CNames.h"

using namespace mlir;

namespace lathe {

namespace {

class SketchPrinter {
public:
  SketchPrinter(const ArtifactInterface &artifact, bool hasSelfTest)
      : artifact(artifact), model(artifact.models.front()),
        hasSelfTest(hasSelfTest), os(text) {}

  std::string print();

private:
  void printBuffers();
  void printSetup();
  void printLoop();
  void printFill(const TensorInterface &tensor);
  void printOutput(const TensorInterface &tensor);
  /// The variable of the sketch. Arduino's headers have macros of short names,
  /// so it begins with the role.
  static std::string getVariable(const TensorInterface &tensor) {
    return (tensor.isInput ? "input_" : "output_") + tensor.identifier;
  }
  std::string getMacro(const TensorInterface &tensor, StringRef suffix) const {
    return model.getMacroPrefix() + toMacroName(tensor.identifier) +
           suffix.str();
  }
  std::string forEachElement(const TensorInterface &tensor) const {
    return "  for (long i = 0; i < " + getMacro(tensor, "_SIZE") + "; i++)";
  }

  const ArtifactInterface &artifact;
  const ModelInterface &model;
  bool hasSelfTest;
  std::string text;
  llvm::raw_string_ostream os;
};

} // namespace

void SketchPrinter::printBuffers() {
  // C++ has no arrays without elements.
  std::string size = artifact.getArenaSize() == 0
                         ? "1"
                         : artifact.getMacroPrefix() + "ARENA_SIZE";
  os << "alignas(" << artifact.getMacroPrefix()
     << "ARENA_ALIGN) static uint8_t arena[" << size << "];\n";
  for (const TensorInterface &tensor : model.tensors) {
    StringRef type = getCStorageType(tensor.elementType);
    os << "static " << type << " ";
    if (model.ioMode == IOMode::Arena)
      os << "*const " << getVariable(tensor) << " = (" << type << " *)(arena + "
         << getMacro(tensor, "_OFFSET") << ");\n";
    else
      os << getVariable(tensor) << "[" << getMacro(tensor, "_SIZE") << "];\n";
  }
}

void SketchPrinter::printSetup() {
  os << R"(
void setup() {
  Serial.begin(115200);
  // Boards with USB wait here for the monitor, but not for ever.
  while (!Serial && millis() < 5000) {
  }
)";
  if (hasSelfTest)
    os << "  Serial.print(\"self-test \");\n  Serial.println(" << model.name
       << "_self_test(arena) == 0 ? \"passed\" : \"failed\");\n";
  if (!model.states.empty())
    os << "  " << model.getResetName() << "(arena);\n";
  os << "}\n";
}

void SketchPrinter::printFill(const TensorInterface &tensor) {
  std::string converter = model.getConverterName(tensor);
  os << forEachElement(tensor) << "\n    " << getVariable(tensor)
     << "[i] = " << (converter.empty() ? "0" : converter + "(0.0f)") << ";\n";
}

void SketchPrinter::printOutput(const TensorInterface &tensor) {
  std::string element = getVariable(tensor) + "[i]";
  std::string converter = model.getConverterName(tensor);
  if (!converter.empty())
    element = converter + "(" + element + ")";
  // Not all cores print integers of 64 bits.
  StringRef type = getCStorageType(tensor.elementType);
  if (type == "int64_t" || type == "uint64_t")
    element = (type == "int64_t" ? "(long)" : "(unsigned long)") + element;
  if (!converter.empty() || type == "float" || type == "double")
    element += ", 6";
  os << "  Serial.print(\"" << tensor.identifier << ":\");\n"
     << forEachElement(tensor) << " {\n    Serial.print(' ');\n"
     << "    Serial.print(" << element << ");\n  }\n  Serial.println();\n";
}

void SketchPrinter::printLoop() {
  os << "\nvoid loop() {\n  // Put your data here in place of zeros.\n";
  std::string arguments;
  for (const TensorInterface &tensor : model.tensors) {
    if (tensor.isInput)
      printFill(tensor);
    if (model.ioMode == IOMode::Arguments)
      arguments += getVariable(tensor) + ", ";
  }
  os << "\n  const unsigned long start = micros();\n  const int status = "
     << model.getEntryName() << "(" << arguments << "arena);\n"
     << "  const unsigned long duration = micros() - start;\n"
     << "  if (status != " << model.getStatusPrefix() << R"(OK) {
    Serial.print("error ");
    Serial.println(status);
    delay(1000);
    return;
  }

)";
  for (const TensorInterface &tensor : model.tensors)
    if (!tensor.isInput)
      printOutput(tensor);
  os << R"(  Serial.print("microseconds: ");
  Serial.println(duration);
  delay(1000);
}
)";
}

std::string SketchPrinter::print() {
  os << "// Runs the model " << artifact.name
     << " and prints its outputs and the time it takes.\n"
     << "// Generated by Lathe; a copy of it is a start for your own.\n"
     << "#include <" << artifact.name << ".h>\n";
  if (hasSelfTest)
    os << "#include <" << model.name << "_self_test.h>\n";
  os << "\n";
  printBuffers();
  printSetup();
  printLoop();
  return text;
}

std::string getArduinoSketch(const CEmission &emission,
                             const CPackageOptions &options) {
  return SketchPrinter(emission.artifact, options.selfTest.has_value()).print();
}

} // namespace lathe
