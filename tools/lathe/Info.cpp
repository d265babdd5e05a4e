//===- Info.cpp - lathe info ----------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Commands.h"
#include "Options.h"

#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"
#include "lathe/Driver/Loader.h"

#include "llvm/Support/Format.h"
#include <map>

using namespace mlir;
using namespace lathe;
using namespace lathe::tool;

static void printTensor(StringRef what, Type type, DictionaryAttr attrs) {
  auto name = attrs ? attrs.getAs<StringAttr>("lathe.name") : StringAttr();
  auto tensor = cast<RankedTensorType>(type);
  llvm::outs() << what << "  " << (name ? name.strref() : "") << "  ";
  for (int64_t extent : tensor.getShape())
    llvm::outs() << extent << "x";
  llvm::outs() << tensor.getElementType() << "\n";
}

static void printHeader(ModuleOp module, func::FuncOp model) {
  llvm::outs() << "model   " << model.getSymName() << "\n";
  for (StringRef key : {"lathe.producer", "lathe.ir_version", "lathe.opsets"})
    if (Attribute attr = module->getAttr(key)) {
      llvm::outs() << key.drop_front(6) << "  ";
      if (auto text = dyn_cast<StringAttr>(attr))
        llvm::outs() << text.strref();
      else if (auto versions = dyn_cast<DictionaryAttr>(attr))
        llvm::interleaveComma(versions, llvm::outs(), [](NamedAttribute entry) {
          llvm::outs() << entry.getName().strref() << " ";
          entry.getValue().print(llvm::outs(), /*elideType=*/true);
        });
      else
        attr.print(llvm::outs(), /*elideType=*/true);
      llvm::outs() << "\n";
    }
  for (unsigned i = 0; i < model.getNumArguments(); ++i)
    printTensor("input ", model.getArgumentTypes()[i], model.getArgAttrDict(i));
  for (unsigned i = 0; i < model.getNumResults(); ++i)
    printTensor("output", model.getResultTypes()[i],
                model.getResultAttrDict(i));
}

static void printCost(func::FuncOp model) {
  std::map<std::string, int64_t> operations;
  int64_t macs = 0, parameters = 0, bytes = 0;
  llvm::DenseSet<Attribute> seen;
  // The bodies of ifs and loops are functions of their own.
  auto module = model->getParentOfType<ModuleOp>();
  model.walk([&](CostOpInterface op) { macs += op.getMACs(); });
  module.walk([&](Operation *op) {
    if (auto constant = dyn_cast<ConstantOp>(op)) {
      auto type = cast<RankedTensorType>(constant.getType());
      if (seen.insert(constant.getValue()).second) {
        parameters += type.getNumElements();
        bytes += getByteSize(type);
      }
    } else if (isa<CostOpInterface>(op)) {
      ++operations[op->getName().stripDialect().str()];
    }
  });
  llvm::outs() << "parameters  " << parameters << " (" << bytes << " bytes)\n"
               << "MACs        " << macs << "\n"
               << "operations\n";
  for (auto &[name, count] : operations)
    llvm::outs() << llvm::format("  %-16s %5lld\n", name.c_str(),
                                 static_cast<long long>(count));
}

namespace {

struct Info : Command {
  Info()
      : Command("info", "Show a model's inputs, outputs, operations and cost",
                "lathe info model.onnx --dim batch=1"),
        flags(getSubCommand()) {}

  ExitStatus run() override {
    DialectRegistry registry;
    registerLatheDialects(registry);
    MLIRContext context(registry);
    DiagnosticPrinter printer(context);
    OwningOpRef<ModuleOp> module = flags.load(context);
    func::FuncOp model = module ? lookupModel(*module) : func::FuncOp();
    if (!model)
      return UserError;
    printHeader(*module, model);
    printCost(model);
    return Done;
  }

  ModelFlags flags;
} info;

} // namespace
