//===- CodeGen.cpp - Machine code from LLVM IR ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodeGen.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/CodeGen/AsmPrinter.h"
#include "llvm/CodeGen/AsmPrinterHandler.h"
#include "llvm/IR/DiagnosticInfo.h"
#include "llvm/IR/DiagnosticPrinter.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCExpr.h"
#include "llvm/MC/MCObjectFileInfo.h"
#include "llvm/MC/MCSectionELF.h"
#include "llvm/MC/MCStreamer.h"
#include "llvm/MC/MCSymbolELF.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetLoweringObjectFile.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace lathe;
using llvm::Error;
using llvm::StringRef;

namespace {

/// Code addresses the weights relative to itself, with 32 bits and a sign.
constexpr uint64_t maxWeightsBytes = uint64_t(1) << 31;

Error checkWeights(const WeightsBlob &weights,
                   const llvm::TargetMachine &machine) {
  if (!machine.getTargetTriple().isOSBinFormatELF())
    return llvm::createStringError("weights are written as ELF only, not for " +
                                   machine.getTargetTriple().str());
  if (weights.size >= maxWeightsBytes)
    return llvm::createStringError(
        "the model has %llu bytes of weights; an object holds less than 2 GiB",
        static_cast<unsigned long long>(weights.size));
  return Error::success();
}

std::string getSectionName(const WeightsBlob &weights) {
  return ".rodata." + weights.symbol;
}

/// Emits read-only data that only this library sees, for `fillWeights` to fill:
/// LLVM would hold a copy of the weights until the object is written.
void emitWeights(const WeightsBlob &weights, llvm::MCStreamer &streamer) {
  llvm::MCContext &context = streamer.getContext();
  streamer.switchSection(context.getELFSection(
      getSectionName(weights), llvm::ELF::SHT_PROGBITS, llvm::ELF::SHF_ALLOC));
  streamer.emitValueToAlignment(llvm::Align(WeightsBlob::alignment));
  llvm::MCSymbol *symbol = context.getOrCreateSymbol(weights.symbol);
  streamer.emitSymbolAttribute(symbol, llvm::MCSA_Global);
  streamer.emitSymbolAttribute(symbol, llvm::MCSA_Hidden);
  streamer.emitSymbolAttribute(symbol, llvm::MCSA_ELF_TypeObject);
  streamer.emitLabel(symbol);
  streamer.emitZeros(weights.size);
  streamer.emitELFSize(symbol,
                       llvm::MCConstantExpr::create(weights.size, context));
}

/// Writes the weights over the zeros that `emitWeights` left in `object`.
Error fillWeights(const WeightsBlob &weights,
                  llvm::MutableArrayRef<char> object) {
  StringRef bytes(object.data(), object.size());
  auto file =
      llvm::object::ObjectFile::createObjectFile({bytes, weights.symbol});
  if (!file)
    return file.takeError();
  std::string name = getSectionName(weights);
  for (const llvm::object::SectionRef &section : (*file)->sections()) {
    llvm::Expected<StringRef> sectionName = section.getName();
    if (!sectionName)
      return sectionName.takeError();
    if (*sectionName != name)
      continue;
    llvm::Expected<StringRef> contents = section.getContents();
    if (!contents)
      return contents.takeError();
    char *position = object.data() + (contents->data() - bytes.data());
    weights.forEachPiece(
        [&](StringRef piece) { position = llvm::copy(piece, position); });
    return Error::success();
  }
  return llvm::createStringError("LLVM wrote no section '" + name + "'");
}

/// Appends room for the weights to what an AsmPrinter emits.
class WeightsEmitter : public llvm::AsmPrinterHandler {
public:
  WeightsEmitter(const WeightsBlob &weights, llvm::AsmPrinter &printer)
      : weights(weights), printer(printer) {}

  void beginFunction(const llvm::MachineFunction *) override {}
  void endFunction(const llvm::MachineFunction *) override {}
  void endModule() override { emitWeights(weights, *printer.OutStreamer); }

private:
  const WeightsBlob &weights;
  llvm::AsmPrinter &printer;
};

/// A pass manager that hooks a WeightsEmitter into the AsmPrinter: the target
/// makes that pass itself and hands it out nowhere else.
class CodeGenPassManager : public llvm::legacy::PassManager {
public:
  explicit CodeGenPassManager(const WeightsBlob *weights) : weights(weights) {}

  void add(llvm::Pass *pass) override {
    // Each target's printer has a pass id of its own.
    if (auto *printer = dynamic_cast<llvm::AsmPrinter *>(pass);
        printer && weights) {
      printer->addAsmPrinterHandler(
          std::make_unique<WeightsEmitter>(*weights, *printer));
    }
    llvm::legacy::PassManager::add(pass);
  }

private:
  const WeightsBlob *weights;
};

/// Collects the errors that the back end reports, where LLVM would exit.
class ErrorCollector : public llvm::DiagnosticHandler {
public:
  explicit ErrorCollector(std::string &messages) : messages(messages) {}

  bool handleDiagnostics(const llvm::DiagnosticInfo &info) override {
    if (info.getSeverity() == llvm::DS_Error) {
      llvm::raw_string_ostream os(messages);
      llvm::DiagnosticPrinterRawOStream printer(os);
      info.print(printer);
      os << '\n';
    }
    return true;
  }

private:
  std::string &messages;
};

} // namespace

Error lathe::detail::generateCode(const llvm::Module &code,
                                  llvm::TargetMachine &machine,
                                  llvm::CodeGenFileType type,
                                  const WeightsBlob *weights,
                                  llvm::SmallVectorImpl<char> &output) {
  if (weights && weights->empty())
    weights = nullptr;
  if (weights) {
    if (Error error = checkWeights(*weights, machine))
      return error;
    // With room for the code of most models.
    output.reserve(weights->size + (1 << 20));
  }
  llvm::raw_svector_ostream os(output);
  // Preparing for instruction selection changes the IR. What is selected
  // depends on the order of uses, which is that of the instructions in a copy:
  // so a kernel has the same code in whatever part of a model it is compiled.
  std::unique_ptr<llvm::Module> copy = llvm::CloneModule(code);
  CodeGenPassManager passes(weights);
  if (machine.addPassesToEmitFile(passes, os, /*DwoOut=*/nullptr, type))
    return llvm::createStringError("LLVM cannot write this kind of file for " +
                                   machine.getTargetTriple().str());
  std::string messages;
  llvm::LLVMContext &context = copy->getContext();
  auto previous = context.getDiagnosticHandler();
  context.setDiagnosticHandler(std::make_unique<ErrorCollector>(messages));
  passes.run(*copy);
  context.setDiagnosticHandler(std::move(previous));
  if (!messages.empty())
    return llvm::createStringError("LLVM: " + StringRef(messages).rtrim());
  return weights ? fillWeights(*weights, output) : Error::success();
}

Error lathe::detail::writeWeights(const WeightsBlob &weights,
                                  llvm::TargetMachine &machine,
                                  llvm::SmallVectorImpl<char> &output) {
  if (Error error = checkWeights(weights, machine))
    return error;
  // Its headers and symbols fit a page.
  output.reserve(weights.size + 4096);
  llvm::raw_svector_ostream os(output);
  llvm::MCContext context(machine.getTargetTriple(), machine.getMCAsmInfo(),
                          machine.getMCRegisterInfo(),
                          machine.getMCSubtargetInfo());
  llvm::MCObjectFileInfo fileInfo;
  fileInfo.initMCObjectFileInfo(context, /*PIC=*/true);
  context.setObjectFileInfo(&fileInfo);
  auto streamer = machine.createMCStreamer(
      os, /*DwoOut=*/nullptr, llvm::CodeGenFileType::ObjectFile, context);
  if (!streamer)
    return streamer.takeError();
  (*streamer)->initSections(/*NoExecStack=*/true,
                            *machine.getMCSubtargetInfo());
  emitWeights(weights, **streamer);
  // As AsmPrinter ends an object: without this mark linkers make the stack of
  // the whole program executable.
  if (llvm::MCSection *mark =
          machine.getMCAsmInfo()->getStackSection(context, /*Exec=*/false))
    (*streamer)->switchSection(mark);
  (*streamer)->finish();
  return fillWeights(weights, output);
}
