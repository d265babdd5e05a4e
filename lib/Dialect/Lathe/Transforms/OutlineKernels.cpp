//===- OutlineKernels.cpp - Turn kernels into functions on memory ---------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Dialect/Lathe/IR/Streams.h"
#include "lathe/Dialect/Lathe/Transforms/Bodies.h"
#include "lathe/Dialect/Lathe/Transforms/KernelTile.h"
#include "lathe/Dialect/Lathe/Transforms/Locations.h"
#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/OperationSupport.h"
#include "llvm/ADT/StringSet.h"

namespace lathe {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

/// A memref of `type` with static strides and offset zero; dense ones have no
/// explicit layout.
static MemRefType memrefOf(RankedTensorType type, const StridedView &view) {
  if (view.isContiguous(type.getShape()))
    return MemRefType::get(type.getShape(), type.getElementType());
  return MemRefType::get(
      type.getShape(), type.getElementType(),
      StridedLayoutAttr::get(type.getContext(), 0, view.strides));
}

/// A C identifier from an ONNX name: letters, digits and underscores.
static std::string identifierOf(StringRef name) {
  std::string identifier;
  for (char c : name)
    identifier += llvm::isAlnum(c) ? c : '_';
  if (identifier.empty() || llvm::isDigit(identifier[0]))
    identifier.insert(0, "_");
  return identifier;
}

/// The node that gives a kernel its name: its root, or the last op.
static Operation *namingOp(KernelOp kernel) {
  Operation *last = kernel.getBody().front().getTerminator()->getPrevNode();
  for (Operation &op : kernel.getBody().front())
    if (isa<LoopNestOpInterface>(op))
      return &op;
  return last;
}

static std::string shapeOf(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  std::string text;
  llvm::raw_string_ostream stream(text);
  llvm::interleave(tensor.getShape(), stream, "x");
  stream << (tensor.getRank() ? "x" : "") << tensor.getElementType();
  return text;
}

/// Whether there is nothing to compute of a tensor of `type`.
static bool isEmpty(Type type) {
  return cast<RankedTensorType>(type).getNumElements() == 0;
}

namespace {

/// What the functions of one module share. What it holds already, the functions
/// of other models among it, keeps its name.
struct OutlinedModule {
  explicit OutlinedModule(ModuleOp module) {
    for (auto symbol : module.getOps<SymbolOpInterface>())
      names.insert(symbol.getName());
  }

  std::string uniqueName(StringRef wanted);

  llvm::StringSet<> names;
  llvm::DenseMap<Attribute, std::string> globals;
  SmallVector<func::FuncOp> kernels;
  unsigned numShared = 0;
};

/// Builds the entry of one model, or what stands for a body, and the functions
/// of its kernels.
class Outliner {
public:
  Outliner(OutlinedModule &outlined, func::FuncOp model)
      : outlined(outlined), model(model), isBody(model.isPrivate()),
        builder(model.getContext()) {}

  LogicalResult run();

private:
  LogicalResult reserveNames();
  LogicalResult createEntry();
  void createSignature(SmallVectorImpl<Type> &types,
                       SmallVectorImpl<Attribute> &attributes);
  void setInterface();
  void setBodyInterface();
  void createReset();
  Attribute describeTensor(Type type, DictionaryAttr attrs);
  Location ioLocation(Value root, Location otherwise);
  Value memoryOf(Value value, RankedTensorType type, Location loc);
  Value viewOf(Value base, int64_t byteOffset, MemRefType type, Location loc);
  Value globalOf(ConstantOp constant);
  void outline(KernelOp kernel);
  void outlineStages(KernelOp kernel, ArrayRef<bool> isOverwritten);
  func::FuncOp shareKernel(func::FuncOp func, KernelOp kernel);
  void nameArguments(func::FuncOp func, KernelOp kernel);
  func::FuncOp createKernel(KernelOp kernel, TypeRange types);
  void buildOnMemory(MemoryOpInterface op, KernelOp kernel,
                     ValueRange arguments);
  void buildOnTensors(KernelOp kernel, ValueRange arguments);
  func::FuncOp findEqual(func::FuncOp candidate);
  ArrayAttr describe(KernelOp kernel);

  OutlinedModule &outlined;
  func::FuncOp model, entry;
  /// Whether an op runs the function, instead of a caller from outside.
  bool isBody;
  /// Weights stand before it.
  Operation *firstFunction = nullptr;
  OpBuilder builder;
  /// Null in a body that needs none.
  Value arena;
  /// The arguments and results of the model that pass through its interface, by
  /// number: all but its states.
  SmallVector<unsigned> inputs, outputs;
  /// Whether the inputs and outputs have a place in the arena.
  bool ioInArena = false;
};

} // namespace

std::string OutlinedModule::uniqueName(StringRef wanted) {
  std::string name = identifierOf(wanted);
  for (unsigned i = 1; !names.insert(name).second; ++i)
    name = (identifierOf(wanted) + "_" + Twine(i)).str();
  return name;
}

/// Parameters for the inputs and outputs of the model.
void Outliner::createSignature(SmallVectorImpl<Type> &types,
                               SmallVectorImpl<Attribute> &attributes) {
  auto add = [&](Type type, DictionaryAttr attrs) {
    auto tensor = cast<RankedTensorType>(type);
    types.push_back(
        MemRefType::get(tensor.getShape(), tensor.getElementType()));
    attributes.push_back(attrs ? attrs : builder.getDictionaryAttr({}));
  };
  for (unsigned i : inputs)
    add(model.getArgumentTypes()[i], model.getArgAttrDict(i));
  for (unsigned i : outputs)
    add(model.getResultTypes()[i], model.getResultAttrDict(i));
}

/// Name, type and place of a tensor in the arena.
Attribute Outliner::describeTensor(Type type, DictionaryAttr attrs) {
  if (auto exact = attrs ? attrs.getAs<TypeAttr>("lathe.type") : nullptr)
    type = cast<RankedTensorType>(type).clone(exact.getValue());
  SmallVector<NamedAttribute> tensor = {
      builder.getNamedAttr("type", TypeAttr::get(type))};
  for (StringRef key : {"name", "offset", "dims_of", "layer"})
    if (Attribute value = attrs ? attrs.get(("lathe." + key).str()) : nullptr)
      tensor.push_back(builder.getNamedAttr(key, value));
  return builder.getDictionaryAttr(tensor);
}

/// Describes the model's interface in attributes of the entry.
void Outliner::setInterface() {
  entry->setAttr("lathe.entry", builder.getUnitAttr());
  entry->setAttr("lathe.model", builder.getStringAttr(model.getSymName()));
  entry->setAttr("lathe.num_inputs", builder.getI64IntegerAttr(inputs.size()));
  SmallVector<Attribute> states, tensors;
  for (State state : getStates(model))
    states.push_back(describeTensor(model.getArgumentTypes()[state.argument],
                                    model.getArgAttrDict(state.argument)));
  if (!states.empty())
    entry->setAttr("lathe.states", builder.getArrayAttr(states));
  if (!ioInArena)
    return;
  for (unsigned i : inputs)
    tensors.push_back(
        describeTensor(model.getArgumentTypes()[i], model.getArgAttrDict(i)));
  for (unsigned i : outputs)
    tensors.push_back(
        describeTensor(model.getResultTypes()[i], model.getResultAttrDict(i)));
  entry->setAttr("lathe.io", model->getAttr("lathe.io"));
  entry->setAttr("lathe.io_tensors", builder.getArrayAttr(tensors));
}

/// Notes where a body keeps what a loop carries.
void Outliner::setBodyInterface() {
  SmallVector<int64_t> offsets;
  for (State state : getStates(model))
    offsets.push_back(
        model.getArgAttrOfType<IntegerAttr>(state.argument, "lathe.offset")
            .getInt());
  if (!offsets.empty())
    entry->setAttr("lathe.carried", builder.getDenseI64ArrayAttr(offsets));
  entry->setAttr("lathe.arena_size", model->getAttr("lathe.arena_size"));
  if (arena)
    entry.setArgAttr(entry.getNumArguments() - 1, "lathe.name",
                     builder.getStringAttr("arena"));
}

/// `NAME_reset`, which fills the states with zeros.
void Outliner::createReset() {
  SmallVector<State> states = getStates(model);
  if (states.empty() || isBody)
    return;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfter(entry);
  Location loc = model.getLoc();
  auto reset = func::FuncOp::create(
      builder, loc, (model.getSymName() + "_reset").str(),
      builder.getFunctionType(arena.getType(), TypeRange()));
  reset->setAttr("lathe.reset", builder.getUnitAttr());
  reset.setArgAttr(0, "lathe.align", model->getAttr("lathe.arena_align"));
  Block *body = reset.addEntryBlock();
  builder.setInsertionPointToStart(body);
  auto createIndex = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(builder, loc, value);
  };
  for (State state : states) {
    auto offset =
        model.getArgAttrOfType<IntegerAttr>(state.argument, "lathe.offset");
    auto name =
        model.getArgAttrOfType<StringAttr>(state.argument, "lathe.name");
    auto type =
        cast<RankedTensorType>(model.getArgumentTypes()[state.argument]);
    int64_t bytes = getByteSize(type);
    Value memory = memref::ViewOp::create(
        builder, NameLoc::get(name),
        MemRefType::get(bytes, builder.getI8Type()), body->getArgument(0),
        createIndex(offset.getInt()), ValueRange());
    auto loop = scf::ForOp::create(builder, loc, createIndex(0),
                                   createIndex(bytes), createIndex(1));
    OpBuilder inner = OpBuilder::atBlockBegin(loop.getBody());
    Value zero = arith::ConstantIntOp::create(inner, loc, 0, 8);
    memref::StoreOp::create(inner, loc, zero, memory, loop.getInductionVar());
  }
  func::ReturnOp::create(builder, loc);
}

LogicalResult Outliner::createEntry() {
  auto size = model->getAttrOfType<IntegerAttr>("lathe.arena_size");
  auto align = model->getAttrOfType<IntegerAttr>("lathe.arena_align");
  if (!size || !align)
    return model.emitError("has no memory plan; run lathe-plan-memory first");
  ioInArena = model->hasAttr("lathe.io");
  for (unsigned i = 0; i < model.getNumArguments(); ++i) {
    bool isState = isStateArgument(model, i);
    if ((ioInArena || isState) &&
        !model.getArgAttrOfType<IntegerAttr>(i, "lathe.offset"))
      return model.emitError("argument ")
             << i << " has no place in the arena; run lathe-plan-memory first";
    if (!isState)
      inputs.push_back(i);
  }
  for (unsigned i = 0; i < model.getNumResults(); ++i)
    if (!isStateResult(model, i))
      outputs.push_back(i);
  SmallVector<Type> types;
  SmallVector<Attribute> attributes;
  if (!ioInArena)
    createSignature(types, attributes);
  bool hasArena = !isBody || size.getInt() != 0;
  if (hasArena) {
    types.push_back(MemRefType::get(size.getInt(), builder.getI8Type()));
    attributes.push_back(
        builder.getDictionaryAttr(builder.getNamedAttr("lathe.align", align)));
  }

  builder.setInsertionPoint(model);
  std::string name = model.getSymName().str();
  // The ops that run a body find what it becomes under its name.
  if (isBody)
    model.setSymName(outlined.uniqueName(name + "_graph"));
  else
    name += "_run";
  entry = func::FuncOp::create(builder, model.getLoc(), name,
                               builder.getFunctionType(types, {}));
  entry.setArgAttrsAttr(builder.getArrayAttr(attributes));
  firstFunction = entry;
  Block *body = entry.addEntryBlock();
  if (hasArena)
    arena = body->getArguments().back();
  if (isBody) {
    entry.setPrivate();
    setBodyInterface();
  } else {
    setInterface();
  }
  createReset();
  builder.setInsertionPointToStart(body);
  return success();
}

Value Outliner::viewOf(Value base, int64_t byteOffset, MemRefType type,
                       Location loc) {
  auto [strides, zero] = type.getStridesAndOffset();
  auto baseType = cast<MemRefType>(base.getType());
  bool isArena = base == arena;
  int64_t offset = 0;
  if (isArena) {
    // As many elements as the strides reach, then the shape over them.
    int64_t reach = 1;
    for (auto [extent, stride] : llvm::zip(type.getShape(), strides))
      reach += (extent - 1) * stride;
    if (type.getNumElements() == 0)
      reach = 0;
    bool dense = type.getLayout().isIdentity();
    auto flat = dense ? type : MemRefType::get(reach, type.getElementType());
    Value start = arith::ConstantIndexOp::create(builder, loc, byteOffset);
    base =
        memref::ViewOp::create(builder, loc, flat, base, start, ValueRange());
    if (dense)
      return base;
  } else {
    int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
    offset = byteOffset / bytes;
    if (offset == 0 && baseType == type)
      return base;
  }
  auto placed = MemRefType::get(
      type.getShape(), type.getElementType(),
      StridedLayoutAttr::get(type.getContext(), offset, strides));
  return memref::ReinterpretCastOp::create(builder, loc, placed, base, offset,
                                           type.getShape(), strides);
}

Value Outliner::globalOf(ConstantOp constant) {
  auto elements = cast<ElementsAttr>(constant.getValue());
  auto tensor = cast<RankedTensorType>(constant.getType());
  auto type = MemRefType::get(tensor.getShape(), tensor.getElementType());
  std::string &name = outlined.globals[elements];
  if (name.empty()) {
    SmallVector<StringRef> nodes = getNodeNames(constant.getLoc());
    name = outlined.uniqueName(nodes.empty() ? StringRef("weight")
                                             : nodes.front());
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(firstFunction);
    memref::GlobalOp::create(builder, constant.getLoc(), name,
                             builder.getStringAttr("private"), type, elements,
                             /*constant=*/true, IntegerAttr());
  }
  return memref::GetGlobalOp::create(builder, constant.getLoc(), type, name);
}

/// The name of the model's input, output or state at `root`, where that lies
/// among the intermediate tensors.
Location Outliner::ioLocation(Value root, Location otherwise) {
  DictionaryAttr attrs;
  if (auto argument = dyn_cast<BlockArgument>(root))
    attrs = model.getArgAttrDict(argument.getArgNumber());
  for (OpOperand &use : root.getUses())
    if (use.getOwner()->hasTrait<OpTrait::IsTerminator>())
      attrs = model.getResultAttrDict(use.getOperandNumber());
  if (!attrs || !attrs.contains("lathe.offset"))
    return otherwise;
  auto name = attrs.getAs<StringAttr>("lathe.name");
  return name ? NameLoc::get(name) : otherwise;
}

Value Outliner::memoryOf(Value value, RankedTensorType type, Location loc) {
  Storage storage = *getStorage(value);
  loc = ioLocation(storage.root, loc);
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  MemRefType memref = memrefOf(type, storage.view);
  int64_t offset = storage.view.offset * bytes;
  auto argument = dyn_cast<BlockArgument>(storage.root);
  if (argument) {
    unsigned number = argument.getArgNumber();
    if (auto start =
            model.getArgAttrOfType<IntegerAttr>(number, "lathe.offset"))
      return viewOf(arena, start.getInt() + offset, memref, loc);
    unsigned parameter = llvm::find(inputs, number) - inputs.begin();
    return viewOf(entry.getArgument(parameter), offset, memref, loc);
  }
  if (auto constant = storage.root.getDefiningOp<ConstantOp>())
    return viewOf(globalOf(constant), offset, memref, loc);
  // A kernel's result knows its own place; what is joined from several kernels
  // starts where its parts say.
  Value part = value;
  while (!isa<KernelOp>(part.getDefiningOp()))
    part = part.getDefiningOp()->getOperand(0);
  auto kernel = cast<KernelOp>(part.getDefiningOp());
  auto placement = cast<PlacementAttr>(
      (*kernel.getPlacements())[cast<OpResult>(part).getResultNumber()]);
  offset += placement.getOffset() - getStorage(part)->view.offset * bytes;
  Value base = arena;
  if (placement.getSpace() == MemorySpace::Output)
    base = entry.getArgument(
        inputs.size() +
        (llvm::find(outputs, placement.getIndex()) - outputs.begin()));
  return viewOf(base, offset, memref, loc);
}

namespace {
/// What a kernel computes, fused ops included.
struct Work {
  explicit Work(KernelOp kernel) {
    for (Operation &op : kernel.getBody().front())
      if (auto cost = dyn_cast<CostOpInterface>(op)) {
        macs += cost.getMACs();
        products += cost.getProducts();
        elementOps += cost.getElementOps();
      }
  }

  int64_t macs = 0, products = 0, elementOps = 0;
};
} // namespace

/// ONNX nodes, shapes and cost: the comment above the kernel's code.
ArrayAttr Outliner::describe(KernelOp kernel) {
  SmallVector<std::string> lines(1);
  SmallVector<StringRef> nodes = getNodeNames(kernel.getLoc());
  lines[0] = llvm::join(nodes, ", ");
  std::string shapes;
  for (Type type : kernel.getInputs().getTypes())
    shapes += (shapes.empty() ? "" : ", ") + shapeOf(type);
  shapes += " -> ";
  for (auto [i, type] : llvm::enumerate(kernel.getResultTypes()))
    shapes += (i ? ", " : "") + shapeOf(type);
  lines.push_back(shapes);
  std::string cost;
  Work work(kernel);
  if (work.macs)
    cost = std::to_string(work.macs) + " MACs";
  if (work.elementOps)
    cost += (work.macs ? ", " : "") + std::to_string(work.elementOps) +
            " elementwise operations";
  if (!cost.empty())
    lines.push_back(cost);
  SmallVector<StringRef> texts(lines.begin(), lines.end());
  return builder.getStrArrayAttr(texts);
}

func::FuncOp Outliner::createKernel(KernelOp kernel, TypeRange types) {
  Operation *naming = namingOp(kernel);
  SmallVector<StringRef> nodes = getNodeNames(naming->getLoc());
  std::string name =
      nodes.empty() ? kernel.getKernelName().str() : nodes.front().str();
  if (isa<StreamOp>(naming))
    name += "_by_rows";
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(entry);
  auto func = func::FuncOp::create(builder, kernel.getLoc(), name,
                                   builder.getFunctionType(types, {}));
  func.setPrivate();
  if (auto strategy = kernel.getStrategyAttr())
    func->setAttr("lathe.strategy", strategy);
  if (Attribute key = kernel->getAttr(tileKeyName))
    func->setAttr(tileKeyName, key);
  func->setAttr("lathe.doc", describe(kernel));
  Work work(kernel);
  func->setAttr("lathe.work",
                builder.getDenseI64ArrayAttr(
                    {work.macs, work.elementOps, work.products}));

  Block *body = func.addEntryBlock();
  builder.setInsertionPointToStart(body);
  if (auto op = dyn_cast<MemoryOpInterface>(kernel.getBody().front().front()))
    buildOnMemory(op, kernel, body->getArguments());
  else
    buildOnTensors(kernel, body->getArguments());
  func::ReturnOp::create(builder, kernel.getLoc());
  return func;
}

/// Builds a kernel's op on the arguments of its function: inputs, outputs, and
/// scratch if it needs some.
void Outliner::buildOnMemory(MemoryOpInterface op, KernelOp kernel,
                             ValueRange arguments) {
  unsigned numInputs = kernel.getInputs().size();
  unsigned numOutputs = kernel.getNumResults();
  SmallVector<Value> inputs;
  for (Value operand : op->getOperands())
    inputs.push_back(arguments[cast<BlockArgument>(operand).getArgNumber()]);
  op.buildOnMemory(builder, kernel.getLoc(), inputs,
                   arguments.slice(numInputs, numOutputs),
                   kernel.getScratch() != 0 ? arguments.back() : Value());
}

/// Clones a kernel's ops, between reads of its function's arguments and writes.
void Outliner::buildOnTensors(KernelOp kernel, ValueRange arguments) {
  IRMapping mapping;
  Block &ops = kernel.getBody().front();
  for (BlockArgument argument : ops.getArguments()) {
    auto tensor = bufferization::ToTensorOp::create(
        builder, kernel.getLoc(), argument.getType(),
        arguments[argument.getArgNumber()], /*restrict=*/true);
    mapping.map(argument, tensor.getResult());
  }
  for (Operation &op : ops.without_terminator())
    builder.clone(op, mapping);
  for (auto [i, result] : llvm::enumerate(ops.getTerminator()->getOperands())) {
    auto store = bufferization::MaterializeInDestinationOp::create(
        builder, kernel.getLoc(), Type(), mapping.lookup(result),
        arguments[kernel.getInputs().size() + i]);
    store.setRestrict(true);
    store.setWritable(true);
  }
}

/// An earlier kernel that does the same to its arguments, or null.
func::FuncOp Outliner::findEqual(func::FuncOp candidate) {
  for (func::FuncOp other : outlined.kernels)
    if (other.getFunctionType() == candidate.getFunctionType() &&
        other->getAttr("lathe.strategy") ==
            candidate->getAttr("lathe.strategy") &&
        other.getAllArgAttrs() == candidate.getAllArgAttrs() &&
        OperationEquivalence::isRegionEquivalentTo(
            &other.getBody(), &candidate.getBody(),
            OperationEquivalence::IgnoreLocations))
      return other;
  return {};
}

/// Whether two arguments of a kernel share bytes of the arena.
static bool isSameMemory(Value a, Value b) {
  auto left = a.getDefiningOp<memref::ViewOp>();
  auto right = b.getDefiningOp<memref::ViewOp>();
  if (!left || !right || left.getSource() != right.getSource())
    return false;
  auto startOf = [](memref::ViewOp view) {
    return *getConstantIntValue(view.getByteShift());
  };
  auto endOf = [&](memref::ViewOp view) {
    MemRefType type = view.getType();
    return startOf(view) +
           type.getNumElements() * static_cast<int64_t>(llvm::divideCeil(
                                       type.getElementTypeBitWidth(), 8));
  };
  return startOf(left) < endOf(right) && startOf(right) < endOf(left);
}

/// What `value` is outside the stream whose kernel reads it as a whole.
static Value getStreamed(Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  auto stream = dyn_cast_if_present<StreamOp>(
      argument ? argument.getOwner()->getParentOp() : nullptr);
  if (!stream)
    return value;
  auto outer = cast<BlockArgument>(stream.getInputs()[argument.getArgNumber()]);
  return cast<KernelOp>(outer.getOwner()->getParentOp())
      .getInputs()[outer.getArgNumber()];
}

/// Names the parameters: x, x2, … for data, weight and bias for constants, y
/// for results, and scratch.
void Outliner::nameArguments(func::FuncOp func, KernelOp kernel) {
  llvm::StringMap<unsigned> counts;
  auto setName = [&](unsigned argument, StringRef base) {
    unsigned count = ++counts[base];
    std::string name = count == 1 ? base.str() : (base + Twine(count)).str();
    func.setArgAttr(argument, "lathe.name", builder.getStringAttr(name));
  };
  unsigned inputs = kernel.getInputs().size();
  for (auto [i, input] : llvm::enumerate(kernel.getInputs())) {
    bool isConstant = matchPattern(getStreamed(input), m_Constant());
    bool isVector = cast<RankedTensorType>(input.getType()).getRank() == 1;
    setName(i, !isConstant ? "x" : isVector ? "bias" : "weight");
  }
  for (unsigned i = 0; i < kernel.getNumResults(); ++i)
    setName(inputs + i, "y");
  if (kernel.getScratch() != 0)
    setName(inputs + kernel.getNumResults(), "scratch");
}

/// An earlier function that does what `func` does, which `kernel` became, or
/// that with a name of its own.
func::FuncOp Outliner::shareKernel(func::FuncOp func, KernelOp kernel) {
  if (func::FuncOp equal = findEqual(func)) {
    SmallVector<Attribute> lines(
        equal->getAttrOfType<ArrayAttr>("lathe.doc").getValue());
    lines.push_back(builder.getStringAttr(
        "also " + llvm::join(getNodeNames(kernel.getLoc()), ", ")));
    equal->setAttr("lathe.doc", builder.getArrayAttr(lines));
    func.erase();
    ++outlined.numShared;
    return equal;
  }
  func.setName(outlined.uniqueName(func.getName()));
  if (firstFunction == entry)
    firstFunction = func;
  outlined.kernels.push_back(func);
  return func;
}

/// Makes functions of the kernels of a stream, if `kernel` is one; of its
/// inputs the result may be written over those that `isOverwritten`.
void Outliner::outlineStages(KernelOp kernel, ArrayRef<bool> isOverwritten) {
  auto stream = dyn_cast<StreamOp>(kernel.getBody().front().front());
  if (!stream)
    return;
  auto isOverResult = [&](Value input) {
    if (auto rows = input.getDefiningOp<RowsOp>())
      input = rows.getSource();
    auto argument = dyn_cast<BlockArgument>(input);
    return argument && isOverwritten[argument.getArgNumber()];
  };
  for (auto stage : stream.getBody().front().getOps<KernelOp>()) {
    SmallVector<Type> types;
    for (Type type :
         llvm::concat<const Type>(llvm::to_vector(stage.getInputs().getTypes()),
                                  llvm::to_vector(stage.getResultTypes()))) {
      auto tensor = cast<RankedTensorType>(type);
      types.push_back(
          MemRefType::get(tensor.getShape(), tensor.getElementType()));
    }
    if (int64_t scratch = stage.getScratch())
      types.push_back(MemRefType::get(scratch, builder.getI8Type()));
    func::FuncOp func = createKernel(stage, types);
    nameArguments(func, stage);
    for (auto [i, input] : llvm::enumerate(stage.getInputs()))
      if (stage == stream.getLast() && isOverResult(input))
        for (unsigned argument : {i, stage.getInputs().size()})
          func.setArgAttr(argument, "lathe.may_alias", builder.getUnitAttr());
    func = shareKernel(func, stage);
    stage->setAttr(stageFunctionName, FlatSymbolRefAttr::get(func));
  }
}

void Outliner::outline(KernelOp kernel) {
  Location loc = kernel.getLoc();
  SmallVector<Value> arguments;
  for (Value input : kernel.getInputs())
    arguments.push_back(
        memoryOf(input, cast<RankedTensorType>(input.getType()), loc));
  for (Value output : kernel.getOutputs())
    arguments.push_back(
        memoryOf(output, cast<RankedTensorType>(output.getType()), loc));
  if (int64_t scratch = kernel.getScratch())
    arguments.push_back(viewOf(arena, *kernel.getScratchOffset(),
                               MemRefType::get(scratch, builder.getI8Type()),
                               loc));

  unsigned result = kernel.getInputs().size();
  SmallVector<bool> isOverwritten;
  for (unsigned i = 0; i < result; ++i)
    isOverwritten.push_back(isSameMemory(arguments[i], arguments[result]));
  outlineStages(kernel, isOverwritten);
  SmallVector<Type> types = llvm::to_vector(ValueRange(arguments).getTypes());
  func::FuncOp func = createKernel(kernel, types);
  nameArguments(func, kernel);
  for (unsigned i = 0; i < result; ++i)
    if (isOverwritten[i])
      for (unsigned argument : {i, result})
        func.setArgAttr(argument, "lathe.may_alias", builder.getUnitAttr());
  func = shareKernel(func, kernel);
  func::CallOp::create(builder, loc, func, arguments);
}

/// The functions of the interface have names that are not free to be another.
LogicalResult Outliner::reserveNames() {
  if (isBody)
    return success();
  for (StringRef suffix : {"_run", "_reset"})
    if (!outlined.names.insert((model.getSymName() + suffix).str()).second)
      return model.emitError("cannot have its entry called '")
             << model.getSymName() << suffix
             << "', which is the name of another function";
  return success();
}

LogicalResult Outliner::run() {
  if (failed(reserveNames()) || failed(createEntry()))
    return failure();
  for (Operation &op : model.getBody().front().without_terminator()) {
    if (auto kernel = dyn_cast<KernelOp>(op)) {
      if (!kernel.getPlacements())
        return kernel.emitOpError(
            "has no placement; run lathe-plan-memory first");
      if (!llvm::all_of(kernel.getResultTypes(), isEmpty))
        outline(kernel);
    } else if (needsCode(&op)) {
      return op.emitOpError("is in no kernel; run lathe-form-kernels first");
    }
  }
  func::ReturnOp::create(builder, model.getLoc());
  model.erase();
  return success();
}

namespace {

struct OutlineKernels : lathe::impl::OutlineKernelsBase<OutlineKernels> {
  void runOnOperation() override {
    FailureOr<SmallVector<func::FuncOp>> functions =
        getBodiesFirst(getOperation());
    if (failed(functions))
      return signalPassFailure();
    OutlinedModule outlined(getOperation());
    for (func::FuncOp function : *functions)
      if (!function.getOps<KernelOp>().empty() &&
          failed(Outliner(outlined, function).run()))
        return signalPassFailure();
    numFunctions += outlined.kernels.size();
    numShared += outlined.numShared;
  }
};

} // namespace
