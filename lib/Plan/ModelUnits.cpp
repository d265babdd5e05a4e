//===- ModelUnits.cpp - What of a model is placed as a whole --------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lathe/Plan/ModelUnits.h"
#include "lathe/Dialect/Lathe/IR/Constants.h"
#include "lathe/Dialect/Lathe/IR/LatheDialect.h"
#include "lathe/Dialect/Lathe/IR/Movement.h"
#include "lathe/Dialect/Lathe/Transforms/States.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"
#include "lathe/Support/NodeNames.h"
#include "lathe/Target/Common/CNames.h"
#include "lathe/Target/Common/ModelInterface.h"

#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace lathe;

bool lathe::isConstantOp(Operation *op) {
  return op->getNumResults() > 0 &&
         llvm::all_of(op->getResults(), isConstantExpression);
}

namespace {

/// Finds the units of a function.
class UnitFinder {
public:
  explicit UnitFinder(func::FuncOp model) : block(model.getBody().front()) {}

  void find();
  Operation *getLeader(Operation *op) { return classes.getLeaderValue(op); }
  /// The ops that belong to units, in their order.
  std::vector<Operation *> ops;

private:
  void join(Operation *op, Operation *other);
  Operation *getOnlyReader(Operation *op);
  bool isLight(Operation *op) { return light.lookup(getLeader(op)); }

  Block &block;
  llvm::EquivalenceClasses<Operation *> classes;
  /// By leader: whether all ops of the class work element by element.
  llvm::DenseMap<Operation *, bool> light;
};

} // namespace

static unsigned getStorageWidth(Value value) {
  Type element = cast<RankedTensorType>(value.getType()).getElementType();
  if (auto quantized = dyn_cast<quant::QuantizedType>(element))
    return quantized.getStorageTypeIntegralWidth();
  return element.isIntOrFloat() ? element.getIntOrFloatBitWidth() : 64;
}

static bool worksByElement(Operation *op) {
  return op->getNumRegions() == 0 &&
         (isa<ElementwiseOpInterface, QuantizeOp, DequantizeOp, StorageCastOp>(
              op) ||
          movesOneTensor(op));
}

/// Whether `op` computes a wider form of a quantized tensor: that is what
/// memory and links are to hold, not the wider one.
static bool dequantizes(Operation *op) {
  return op->getNumOperands() == 1 && worksByElement(op) &&
         getStorageWidth(op->getOperand(0)) < getStorageWidth(op->getResult(0));
}

/// Whether `op` computes a narrower form of a tensor, which may be all that
/// another device needs of it.
static bool narrows(Operation *op) {
  return op->getNumOperands() == 1 && worksByElement(op) &&
         getStorageWidth(op->getResult(0)) < getStorageWidth(op->getOperand(0));
}

void UnitFinder::join(Operation *op, Operation *other) {
  bool both = isLight(op) && isLight(other);
  classes.unionSets(op, other);
  light[getLeader(op)] = both;
}

/// An op of the only class that reads the results of `op`; null if there are
/// several, or none, or the model's results are among them.
Operation *UnitFinder::getOnlyReader(Operation *op) {
  Operation *reader = nullptr;
  for (Operation *nested : op->getUsers()) {
    Operation *user = block.findAncestorOpInBlock(*nested);
    if (user == block.getTerminator() ||
        (reader && getLeader(reader) != getLeader(user)))
      return nullptr;
    reader = user;
  }
  return reader;
}

void UnitFinder::find() {
  for (Operation &op : block.without_terminator()) {
    if (isConstantOp(&op))
      continue;
    ops.push_back(&op);
    classes.insert(&op);
    light[&op] = worksByElement(&op);
  }
  // What is computed of the results of an op alone, element by element, joins
  // it. Two roots are not joined, and no path leads from a class to itself by
  // way of another one, since all that reads the op is in the class.
  for (Operation *op : llvm::reverse(ops)) {
    Operation *reader = getOnlyReader(op);
    if (reader && isLight(reader) && llvm::none_of(op->getUsers(), dequantizes))
      join(op, reader);
  }
  // What only prepares the data of one class belongs there.
  for (Operation *op : llvm::reverse(ops))
    if (Operation *reader = getOnlyReader(op);
        reader && isLight(op) && getLeader(reader) != getLeader(op) &&
        !narrows(op))
      join(op, reader);
}

//===----------------------------------------------------------------------===//
// Wider forms of quantized tensors
//===----------------------------------------------------------------------===//

/// Whether `op` gives another form of its operand, of as many bytes or more,
/// which is cheaper to make again than to pass on.
static bool isWidening(Operation *op) {
  return isa<DequantizeOp, StorageCastOp>(op) && !isConstantOp(op) &&
         getStorageWidth(op->getOperand(0)) <=
             getStorageWidth(op->getResult(0));
}

/// Gives each reader of what `op` computes a copy of it.
static void repeatForReaders(Operation *op) {
  if (op->use_empty())
    return;
  for (OpOperand &use :
       llvm::make_early_inc_range(llvm::drop_begin(op->getUses()))) {
    OpBuilder builder(use.getOwner());
    use.set(builder.clone(*op)->getResult(0));
  }
}

static void repeatWidening(func::FuncOp model) {
  SmallVector<Operation *> widening;
  for (Operation &op : model.getBody().front())
    if (isWidening(&op))
      widening.push_back(&op);
  // The last ones first, so that what they are made from is repeated, too.
  for (Operation *op : llvm::reverse(widening))
    repeatForReaders(op);
}

/// Gives each result of `model` a value of its own: plans know tensors by one
/// name each, and one may be several results, or an input too.
static void separateResults(func::FuncOp model) {
  Operation *terminator = model.getBody().front().getTerminator();
  llvm::SmallPtrSet<Value, 8> seen;
  for (OpOperand &result : terminator->getOpOperands()) {
    Value value = result.get();
    if (!isa<BlockArgument>(value) && seen.insert(value).second)
      continue;
    OpBuilder builder(terminator);
    result.set(
        ReshapeOp::create(builder, value.getLoc(), value,
                          cast<RankedTensorType>(value.getType()).getShape()));
  }
}

//===----------------------------------------------------------------------===//
// Units and tensors
//===----------------------------------------------------------------------===//

static std::string getNodeName(Operation *op) {
  SmallVector<StringRef> names = getNodeNames(op->getLoc());
  return names.empty() ? op->getName().stripDialect().str()
                       : names.back().str();
}

static void addCosts(ModelUnit &unit, Operation *op) {
  unit.ops.push_back(op);
  if (auto cost = dyn_cast<CostOpInterface>(op)) {
    unit.macs += cost.getMACs();
    unit.elementOps += cost.getElementOps();
  }
}

/// Whether `value` is, before it is made wider, quantized to 8 bits.
static bool isFromBytes(Value value) {
  auto isQuantized = [](Value value) {
    return isa<quant::QuantizedType>(
               cast<RankedTensorType>(value.getType()).getElementType()) &&
           getStorageWidth(value) <= 8;
  };
  while (Operation *op = value.getDefiningOp()) {
    if (isQuantized(value))
      return true;
    if (!isa<DequantizeOp>(op) && !movesOneTensor(op))
      return false;
    value = op->getOperand(0);
  }
  return isQuantized(value);
}

/// See ModelUnit::isInt8.
static bool computesBytes(const ModelUnit &unit) {
  bool hasProducts = false;
  for (Operation *op : unit.ops) {
    auto layer = dyn_cast<WeightedOpInterface>(op);
    if (!layer)
      continue;
    hasProducts = true;
    if (!isFromBytes(layer.getData()) || !isFromBytes(layer.getWeights()))
      return false;
  }
  return hasProducts || llvm::all_of(unit.ops, [&](Operation *op) {
           return llvm::all_of(op->getOperands(), [&](Value operand) {
             return llvm::is_contained(unit.ops, operand.getDefiningOp()) ||
                    (operand.getDefiningOp() &&
                     isConstantOp(operand.getDefiningOp())) ||
                    isFromBytes(operand);
           });
         });
}

/// Bytes of the constants that `unit` reads, each once.
static int64_t countWeightBytes(const ModelUnit &unit) {
  llvm::SmallPtrSet<Operation *, 8> seen;
  SmallVector<Operation *> pending;
  auto visitOperands = [&](Operation *op) {
    for (Value operand : op->getOperands())
      if (Operation *source = operand.getDefiningOp();
          source && isConstantOp(source) && seen.insert(source).second)
        pending.push_back(source);
  };
  for (Operation *op : unit.ops)
    visitOperands(op);
  int64_t bytes = 0;
  while (!pending.empty()) {
    Operation *op = pending.pop_back_val();
    if (op->getNumOperands() == 0)
      bytes += getByteSize(cast<RankedTensorType>(op->getResult(0).getType()));
    visitOperands(op);
  }
  return bytes;
}

namespace {

/// Lists the tensors between units.
class TensorLister {
public:
  TensorLister(func::FuncOp model, const ModelUnits &units)
      : model(model), units(units) {}

  std::vector<UnitTensor> list();

private:
  void add(Value value, std::optional<unsigned> source);
  std::string getName(const UnitTensor &tensor);

  func::FuncOp model;
  const ModelUnits &units;
  std::vector<UnitTensor> tensors;
  CNameScope names;
};

} // namespace

/// The name that the model gives it as an input or output, or one made of that
/// of its node.
std::string TensorLister::getName(const UnitTensor &tensor) {
  StringAttr name;
  if (auto argument = dyn_cast<BlockArgument>(tensor.value))
    name =
        model.getArgAttrOfType<StringAttr>(argument.getArgNumber(), attr::name);
  else if (!tensor.outputs.empty())
    name = model.getResultAttrOfType<StringAttr>(tensor.outputs.front(),
                                                 attr::name);
  if (name)
    return name.str();
  Operation *op = tensor.value.getDefiningOp();
  return names.claim(op ? getNodeName(op) : "input");
}

void TensorLister::add(Value value, std::optional<unsigned> source) {
  UnitTensor tensor;
  tensor.value = value;
  tensor.source = source;
  Block &block = model.getBody().front();
  for (OpOperand &use : value.getUses()) {
    Operation *reader = block.findAncestorOpInBlock(*use.getOwner());
    if (reader == block.getTerminator())
      tensor.outputs.push_back(use.getOperandNumber());
    else if (unsigned unit = units.getUnit(reader); unit != source)
      tensor.consumers.push_back(unit);
  }
  if (tensor.consumers.empty() && tensor.outputs.empty())
    return;
  llvm::sort(tensor.outputs);
  llvm::sort(tensor.consumers);
  tensor.consumers.erase(llvm::unique(tensor.consumers),
                         tensor.consumers.end());
  auto type = cast<RankedTensorType>(value.getType());
  tensor.bytes =
      type.getNumElements() * llvm::divideCeil(getStorageWidth(value), 8);
  tensor.name = getName(tensor);
  tensors.push_back(std::move(tensor));
}

std::vector<UnitTensor> TensorLister::list() {
  // Those of other tensors differ from the names that are given.
  for (unsigned i = 0; i < model.getNumArguments(); ++i)
    if (auto name = model.getArgAttrOfType<StringAttr>(i, attr::name))
      names.claim(name);
  for (unsigned i = 0; i < model.getNumResults(); ++i)
    if (auto name = model.getResultAttrOfType<StringAttr>(i, attr::name))
      names.claim(name);
  for (BlockArgument argument : model.getArguments())
    add(argument, std::nullopt);
  for (const auto &[index, unit] : llvm::enumerate(units.units))
    for (Operation *op : unit.ops)
      for (Value result : op->getResults())
        add(result, static_cast<unsigned>(index));
  return std::move(tensors);
}

llvm::Expected<ModelUnits> ModelUnits::get(func::FuncOp model) {
  if (!getStates(model).empty())
    return llvm::createStringError(
        "the model keeps states from run to run, which have to stay on one "
        "device; compile it for that");
  repeatWidening(model);
  separateResults(model);
  UnitFinder finder(model);
  finder.find();
  // In the order in which all that they read is there.
  llvm::MapVector<Operation *, ModelUnit> found;
  for (Operation *op : finder.ops)
    addCosts(found[finder.getLeader(op)], op);
  SmallVector<ModelUnit> sorted;
  for (auto &[leader, unit] : found)
    sorted.push_back(std::move(unit));
  llvm::sort(sorted, [](const ModelUnit &a, const ModelUnit &b) {
    return a.ops.back()->isBeforeInBlock(b.ops.back());
  });
  ModelUnits units;
  for (ModelUnit &unit : sorted) {
    unit.name = getNodeName(unit.ops.back());
    unit.weightBytes = countWeightBytes(unit);
    unit.isInt8 = computesBytes(unit);
    for (Operation *op : unit.ops)
      units.unitOf[op] = static_cast<unsigned>(units.units.size());
    units.units.push_back(std::move(unit));
  }
  units.tensors = TensorLister(model, units).list();
  return units;
}
