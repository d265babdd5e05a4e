//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints functions: signatures, names and simple statements.
//
//===----------------------------------------------------------------------===//

#include "CFunctionPrinter.h"
#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "lathe/Support/NodeNames.h"
#include "lathe/Target/Common/CLiterals.h"
#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;

namespace lathe {

bool isWritten(Value memref) {
  for (OpOperand &use : memref.getUses()) {
    Operation *user = use.getOwner();
    auto effects = dyn_cast<MemoryEffectOpInterface>(user);
    if (effects &&
        effects.getEffectOnValue<MemoryEffects::Write>(memref).has_value())
      return true;
    if (isa<ViewLikeOpInterface>(user) && isWritten(user->getResult(0)))
      return true;
    if (auto call = dyn_cast<func::CallOp>(user)) {
      auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
          user, call.getCalleeAttr());
      if (callee && !callee.isExternal() &&
          isWritten(callee.getArgument(use.getOperandNumber())))
        return true;
    }
  }
  return false;
}

CFunctionPrinter::CFunctionPrinter(CFile &file, func::FuncOp op)
    : op(op), function(file, op), expressions(function) {
  scopes.push_back(std::make_unique<CNameScope>(&file.scope));
}

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

/// The name in `loc` if it is one given for `op` alone, rather than one of
/// those in the function's own location: these are ONNX nodes, which every op
/// of a kernel carries.
static StringRef getLocalName(Location loc, func::FuncOp function) {
  auto name = dyn_cast<NameLoc>(loc);
  if (!name)
    return "";
  WalkResult found = function.getLoc()->walk([&](Location outer) {
    auto outerName = dyn_cast<NameLoc>(outer);
    return outerName && outerName.getName() == name.getName()
               ? WalkResult::interrupt()
               : WalkResult::advance();
  });
  return found.wasInterrupted() ? "" : name.getName().getValue();
}

/// The name that `names`, the attribute `lathe.names` of a loop, gives to its
/// region's argument `index`.
static StringRef getArgumentName(Operation *loop, unsigned index) {
  auto names = loop->getAttrOfType<ArrayAttr>("lathe.names");
  if (!names || index >= names.size())
    return "";
  auto name = dyn_cast<StringAttr>(names[index]);
  return name ? name.getValue() : "";
}

/// `i` for the outermost loop, `j` for the next …
static std::string getLoopLetter(BlockArgument argument) {
  unsigned depth = 0;
  Operation *loop = argument.getOwner()->getParentOp();
  while ((loop = loop->getParentOfType<LoopLikeOpInterface>()))
    ++depth;
  constexpr StringLiteral letters = "ijklmn";
  return std::string(1, letters[depth % letters.size()]);
}

std::string CFunctionPrinter::getHint(Value value) {
  StringRef name;
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument.getOwner()->getParentOp() == op) {
      auto attribute =
          op.getArgAttrOfType<StringAttr>(argument.getArgNumber(), attr::name);
      return attribute ? attribute.str() : "arg";
    }
    name = getArgumentName(argument.getOwner()->getParentOp(),
                           argument.getArgNumber());
  } else if (auto attribute =
                 value.getDefiningOp()->getAttrOfType<StringAttr>(attr::name)) {
    name = attribute.getValue();
  }
  if (name.empty())
    name = getLocalName(value.getLoc(), op);
  if (!name.empty())
    return name.str();
  if (isa<MemRefType>(value.getType()))
    return "buffer";
  if (auto argument = dyn_cast<BlockArgument>(value))
    return argument.getType().isIndex() ? getLoopLetter(argument) : "acc";
  if (value.getType().isInteger(1))
    return "cond";
  if (value.getType().isIndex())
    return "idx";
  return "v";
}

std::string CFunctionPrinter::claimName(Value value) {
  std::string name = scopes.back()->claim(getHint(value));
  function.variables[value] = name;
  return name;
}

std::string CFunctionPrinter::capture(function_ref<void()> print) {
  std::string text;
  llvm::raw_string_ostream inner(text);
  scopes.push_back(std::make_unique<CNameScope>(scopes.back().get()));
  raw_ostream *outer = os;
  os = &inner;
  ++depth;
  print();
  --depth;
  os = outer;
  scopes.pop_back();
  return text;
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

void CFunctionPrinter::addComment() {
  if (auto doc = op->getAttrOfType<ArrayAttr>("lathe.doc"))
    for (auto line : doc.getAsRange<StringAttr>())
      text.comment.push_back(escapeForCComment(line.getValue()));
}

std::string CFunctionPrinter::declareParameter(BlockArgument argument) {
  std::string name = claimName(argument);
  auto type = dyn_cast<MemRefType>(argument.getType());
  if (!type)
    return function.getType(argument).str() + " " + name;
  unsigned index = argument.getArgNumber();
  Type elementType = type.getElementType();
  if (auto exact = op.getArgAttrOfType<TypeAttr>(index, attr::type))
    elementType = exact.getValue();
  if (getCStorageType(elementType).empty())
    function.reportUnsupported(
        op, "C has no type for the elements of argument " + Twine(index));
  // A caller passes the address of element 0, whatever the offset.
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  if (failed(type.getStridesAndOffset(strides, offset)))
    function.reportUnsupported(op,
                               "argument " + Twine(index) + " has no strides");
  function.buffers[argument] = {name, elementType, {}, offset};
  bool mayAlias = static_cast<bool>(op.getArgAttr(index, "lathe.may_alias"));
  return llvm::formatv("{0}{1} *{2}{3}", isWritten(argument) ? "" : "const ",
                       getCStorageType(elementType),
                       mayAlias ? "" : "restrict ", name);
}

void CFunctionPrinter::printUnusedParameters() {
  for (BlockArgument argument : op.getArguments())
    if (argument.use_empty())
      line() << "(void)" << function.variables[argument] << ";\n";
}

CFunctionText CFunctionPrinter::printKernel() {
  if (op.getNumResults() > 1) {
    function.reportUnsupported(op, "a function has one result at most");
    return {};
  }
  addComment();
  for (BlockArgument argument : op.getArguments())
    text.parameters.push_back(declareParameter(argument));
  std::string result = "void";
  if (op.getNumResults() == 1) {
    std::optional<CType> type =
        CType::get(op.getResultTypes().front(), function.file.indexWidth);
    if (!type) {
      function.reportUnsupported(op, "C has no type for its result");
      return {};
    }
    result = type->str();
  }
  if (op.isPrivate() && op.getNumResults() == 0) {
    function.file.hasKernels = true;
    text.head = "LATHE_KERNEL\n";
  }
  text.head += (op.isPrivate() ? "static " : "") + result;
  text.name = function.file.symbols[op.getSymNameAttr()];
  text.isPublic = !op.isPrivate();
  printUnusedParameters();
  printBlock(op.front());
  return std::move(text);
}

void CFunctionPrinter::printArgumentChecks(const ModelInterface &model,
                                           ArrayRef<TensorInterface> tensors) {
  bool hasArena = model.arenaSize > 0;
  SmallVector<std::string> checks;
  for (const TensorInterface &tensor : tensors)
    checks.push_back("!" + tensor.identifier);
  if (hasArena)
    checks.push_back("!arena");
  std::string status = model.getStatusPrefix();
  if (!checks.empty())
    line() << "if (" << llvm::join(checks, " || ") << ") {\n    return "
           << status << "ERROR_NULL;\n  }\n";
  if (!hasArena) {
    line() << "(void)arena;\n";
  } else if (model.arenaAlign > 1) {
    line() << "if ((uintptr_t)arena % (uintptr_t)" << model.getMacroPrefix()
           << "ARENA_ALIGN != 0u) {\n    return " << status
           << "ERROR_ALIGNMENT;\n  }\n";
  }
}

/// The name in C of what `call` calls.
static StringRef getCalleeName(func::CallOp call, const CFile &file) {
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      call, call.getCalleeAttr());
  return file.symbols.find(callee.getSymNameAttr())->second;
}

void CFunctionPrinter::numberLayers(std::vector<CLayer> &layers) {
  op.walk([&](func::CallOp call) {
    if (call.getNumResults() > 0)
      return; // not a statement
    layerNumbers[call] = layers.size();
    layers.push_back({call, getCalleeName(call, function.file).str(),
                      getNodeNames(call.getLoc())});
  });
}

CFunctionText CFunctionPrinter::printEntry(const ModelInterface &model,
                                           std::vector<CLayer> &layers) {
  numberLayers(layers);
  addComment();
  ArrayRef<TensorInterface> tensors;
  if (model.ioMode == IOMode::Arguments)
    tensors = model.tensors;
  for (auto [argument, tensor] :
       llvm::zip(op.getArguments().drop_back(), tensors)) {
    // Functions and globals made way for these names.
    scopes.back()->claim(tensor.identifier);
    function.variables[argument] = tensor.identifier;
    function.buffers[argument] = {tensor.identifier, tensor.elementType, {}, 0};
  }
  text.head = "int";
  text.name = model.getEntryName();
  std::string joined = getEntryParameters(model);
  for (StringRef parameter : llvm::split(joined, ", "))
    text.parameters.push_back(parameter.str());
  printPublicBody(model, tensors);
  return std::move(text);
}

CFunctionText CFunctionPrinter::printReset(const ModelInterface &model) {
  text.comment = {"Clears what is kept in the arena from call to call."};
  text.head = "int";
  text.name = model.getResetName();
  text.parameters = {"void *arena"};
  printPublicBody(model, {});
  return std::move(text);
}

void CFunctionPrinter::printPublicBody(const ModelInterface &model,
                                       ArrayRef<TensorInterface> tensors) {
  text.isPublic = true;
  scopes.back()->claim("arena");
  printArgumentChecks(model, tensors);
  BlockArgument arena = op.getArguments().back();
  if (!arena.use_empty()) {
    std::string name = scopes.back()->claim("memory");
    line() << "uint8_t *const " << name << " = arena;\n";
    function.variables[arena] = name;
    function.buffers[arena] = {
        name,
        IntegerType::get(op.getContext(), 8, IntegerType::Unsigned),
        {},
        0};
  }
  printBlock(op.front());
  line() << "return " << model.getStatusPrefix() << "OK;\n";
}

//===----------------------------------------------------------------------===//
// Simple statements
//===----------------------------------------------------------------------===//

void CFunctionPrinter::printBlock(Block &block) {
  for (Operation &statement : block)
    if (!function.plan.isInlined(&statement))
      printStatement(&statement);
}

void CFunctionPrinter::printStatement(Operation *statement) {
  // What follows an error may lack the names that it would have had.
  if (function.file.failed)
    return;
  TypeSwitch<Operation *>(statement)
      .Case<memref::StoreOp>([&](auto store) { printStore(store); })
      .Case<memref::CopyOp>([&](auto copy) { printCopy(copy); })
      .Case<func::CallOp>([&](auto call) { printCall(call); })
      .Case<ExpandBytesOp>([&](auto expand) { printExpandBytes(expand); })
      .Case<CopyBytesOp>([&](auto copy) { printCopyBytes(copy); })
      .Case<FilterPixelsOp>([&](auto filter) { printFilterPixels(filter); })
      .Case<FillBytesOp>([&](auto fill) { printFillBytes(fill); })
      .Case<FilterPlanesOp>([&](auto filter) { printFilterPlanes(filter); })
      .Case<FilterRowsOp>([&](auto filter) { printFilterRows(filter); })
      .Case<JoinBytesOp>([&](auto join) { printJoinBytes(join); })
      .Case<RescaleSumsOp>([&](auto rescale) { printRescaleSums(rescale); })
      .Case<WindowDotOp>([&](auto dot) { printWindowDot(dot); })
      .Case<func::ReturnOp>([&](auto ret) { printReturn(ret); })
      .Case<scf::ForOp>([&](auto loop) { printFor(loop); })
      .Case<scf::ParallelOp>([&](auto loop) { printParallel(loop, 0); })
      .Case<scf::IfOp>([&](auto branch) { printIf(branch); })
      .Case<scf::WhileOp>([&](auto loop) { printWhile(loop); })
      .Case<scf::YieldOp>([&](auto yield) { printYield(yield); })
      .Case<memref::SubViewOp, memref::ReinterpretCastOp, memref::ViewOp,
            memref::AllocaOp, memref::GetGlobalOp, memref::CastOp, MemoryAtOp,
            memref::CollapseShapeOp, memref::ExpandShapeOp>(
          [&](auto) { bindView(statement); })
      // The loops print these, in the right place.
      .Case<scf::ConditionOp, scf::ReduceOp>([](auto) {})
      .Default([&](Operation *) { printVariable(statement); });
}

void CFunctionPrinter::printVariable(Operation *definition) {
  if (definition->getNumResults() != 1 || definition->getNumRegions() != 0 ||
      isa<MemRefType>(definition->getResult(0).getType()))
    return function.reportUnsupported(definition,
                                      "there is no C for this operation");
  Value value = definition->getResult(0);
  if (value.use_empty())
    return;
  CExpr expression = expressions.printOp(definition);
  CType type = function.getType(value);
  std::string name = claimName(value);
  // The expression's own type may be wider or narrower than the value's.
  if (expression.type.isInteger() && expression.type.width > type.width &&
      !expression.isLiteral)
    expression = CExpr::cast(expression, type);
  line() << "const " << type.str() << " " << name << " = " << expression.text
         << ";\n";
}

void CFunctionPrinter::printStore(memref::StoreOp store) {
  CExpr element =
      expressions.printElement(store.getMemRef(), store.getIndices());
  CExpr value = expressions.printAs(store.getValueToStore(), element.type);
  line() << element.text << " = " << value.text << ";\n";
}

void CFunctionPrinter::printCopy(memref::CopyOp copy) {
  auto source = cast<MemRefType>(copy.getSource().getType());
  auto target = cast<MemRefType>(copy.getTarget().getType());
  auto isContiguous = [](MemRefType type) {
    return type.hasStaticShape() &&
           type.areTrailingDimsContiguous(type.getRank());
  };
  if (!isContiguous(source) || !isContiguous(target))
    return function.reportUnsupported(copy, "only contiguous memory is copied");
  function.file.needsString = true;
  int64_t bytes =
      source.getNumElements() * getCStorageSize(source.getElementType());
  line() << "(void)memcpy(" << expressions.printPointer(copy.getTarget()).text
         << ", " << expressions.printPointer(copy.getSource()).text << ", "
         << markNumber(bytes, CNumberUse::Size) << ");\n";
}

std::string CFunctionPrinter::getCall(func::CallOp call) {
  auto callee = SymbolTable::lookupNearestSymbolFrom<func::FuncOp>(
      call, call.getCalleeAttr());
  std::string text;
  llvm::ListSeparator comma;
  for (auto [index, operand] : llvm::enumerate(call.getOperands())) {
    text += StringRef(comma);
    auto type = dyn_cast<MemRefType>(operand.getType());
    if (!type) {
      text += expressions.printAs(operand, function.getType(operand)).text;
      continue;
    }
    Type expected = type.getElementType();
    if (auto exact = callee.getArgAttrOfType<TypeAttr>(index, attr::type))
      expected = exact.getValue();
    CExpr pointer = expressions.printPointer(operand);
    StringRef have = getCStorageType(function.buffers[operand].elementType);
    if (StringRef want = getCStorageType(expected); want != have) {
      bool written = isWritten(callee.getArgument(index));
      text += llvm::formatv("({0}{1} *)", written ? "" : "const ", want);
      text += pointer.in(Precedence::Unary);
    } else {
      text += pointer.text;
    }
  }
  return markCall(function.file.symbols[callee.getSymNameAttr()], text);
}

void CFunctionPrinter::printCall(func::CallOp call) {
  std::string text = getCall(call);
  if (call.getNumResults() == 1 && !call.getResult(0).use_empty()) {
    Value result = call.getResult(0);
    std::string name = claimName(result);
    line() << "const " << function.getType(result).str() << " " << name
           << " = ";
    *os << text << ";\n";
    return;
  }
  auto layer = layerNumbers.find(call);
  if (layer != layerNumbers.end())
    text = llvm::formatv("LATHE_LAYER({0}, \"{1}\", {2})", layer->second,
                         getCalleeName(call, function.file), text);
  line() << text << ";\n";
}

void CFunctionPrinter::printReturn(func::ReturnOp ret) {
  if (ret.getNumOperands() == 0)
    return;
  Value value = ret.getOperand(0);
  line() << "return "
         << expressions.printAs(value, function.getType(value)).text << ";\n";
}

} // namespace lathe
