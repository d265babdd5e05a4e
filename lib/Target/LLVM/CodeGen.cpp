//===- CodeGen.cpp - Machine code from LLVM IR ----------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CodeGen.h"
#include "lathe/Target/LLVM/Emit.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/CodeGen/AsmPrinter.h"
#include "llvm/CodeGen/AsmPrinterHandler.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
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
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetLoweringObjectFile.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace lathe;
using llvm::Error;

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

/// Emits the weights as read-only data that only this library sees.
void emitWeights(const WeightsBlob &weights, llvm::MCStreamer &streamer) {
  llvm::MCContext &context = streamer.getContext();
  streamer.switchSection(context.getELFSection(".rodata." + weights.symbol,
                                               llvm::ELF::SHT_PROGBITS,
                                               llvm::ELF::SHF_ALLOC));
  streamer.emitValueToAlignment(llvm::Align(WeightsBlob::alignment));
  llvm::MCSymbol *symbol = context.getOrCreateSymbol(weights.symbol);
  streamer.emitSymbolAttribute(symbol, llvm::MCSA_Global);
  streamer.emitSymbolAttribute(symbol, llvm::MCSA_Hidden);
  streamer.emitSymbolAttribute(symbol, llvm::MCSA_ELF_TypeObject);
  streamer.emitLabel(symbol);
  weights.forEachPiece(
      [&](llvm::StringRef piece) { streamer.emitBytes(piece); });
  streamer.emitELFSize(symbol,
                       llvm::MCConstantExpr::create(weights.size, context));
}

/// Appends the weights to what an AsmPrinter emits.
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
                                  llvm::raw_pwrite_stream &os) {
  if (weights && weights->empty())
    weights = nullptr;
  if (weights)
    if (Error error = checkWeights(*weights, machine))
      return error;
  // Preparing for instruction selection changes the IR.
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
    return llvm::createStringError("LLVM: " +
                                   llvm::StringRef(messages).rtrim());
  return Error::success();
}

Error lathe::detail::addToJit(const llvm::Module &code,
                              llvm::TargetMachine &machine,
                              llvm::orc::LLJIT &jit) {
  llvm::SmallString<0> object;
  llvm::raw_svector_ostream os(object);
  if (Error error =
          generateCode(code, machine, llvm::CodeGenFileType::ObjectFile,
                       /*weights=*/nullptr, os))
    return error;
  return jit.addObjectFile(
      llvm::MemoryBuffer::getMemBufferCopy(object, code.getName()));
}

Error lathe::emitWeightsObject(const WeightsBlob &weights,
                               llvm::TargetMachine &machine,
                               llvm::raw_pwrite_stream &os) {
  if (Error error = checkWeights(weights, machine))
    return error;
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
  return Error::success();
}
