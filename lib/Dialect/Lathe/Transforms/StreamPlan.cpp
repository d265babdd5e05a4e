//===- StreamPlan.cpp - How a chain of kernels runs by rows ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "StreamPlan.h"

#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"

#include "mlir/IR/IRMapping.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

static RankedTensorType typeOf(Value value) {
  return cast<RankedTensorType>(value.getType());
}

/// `type` with another number of rows.
static RankedTensorType withRows(RankedTensorType type, int64_t rows) {
  SmallVector<int64_t> shape(type.getShape());
  shape[1] = rows;
  return type.clone(shape);
}

/// Whether `value` is dense in memory.
static bool isDense(Value value) {
  FailureOr<Storage> storage = getStorage(value);
  return succeeded(storage) &&
         storage->view.isContiguous(typeOf(value).getShape());
}

//===----------------------------------------------------------------------===//
// Planning
//===----------------------------------------------------------------------===//

/// Whether only other kernels of the chain read the result of `kernel`.
bool StreamPlan::isInternal(KernelOp kernel) const {
  Value result = kernel.getResult(0);
  return !result.use_empty() &&
         llvm::all_of(result.getUsers(), [&](Operation *user) {
           return llvm::any_of(stages, [&](const StreamStage &stage) {
             return stage.kernel == user;
           });
         });
}

bool StreamPlan::addKernel(KernelOp kernel) {
  std::optional<KernelRows> rows = getKernelRows(kernel);
  if (!rows || !isDense(kernel.getResult(0)))
    return false;
  StreamStage stage;
  stage.tensor = kernel.getResult(0);
  stage.bands.total = getRows(stage.tensor);
  stage.kernel = kernel;
  stage.reads = std::move(*rows);
  stages.push_back(std::move(stage));
  return true;
}

SmallVector<StreamPlan::Reader> StreamPlan::getReaders(Value tensor) {
  SmallVector<Reader> readers;
  for (StreamStage &stage : stages) {
    for (auto [input, window] :
         llvm::zip_equal(stage.getInputs(), stage.reads.windows))
      if (input == tensor)
        readers.push_back({&stage, window});
  }
  return readers;
}

/// Whether `stage` reads rows of what no stage before it computes.
bool StreamPlan::readsInputRows(const StreamStage &stage) const {
  if (!stage.kernel)
    return true;
  return llvm::any_of(llvm::zip_equal(stage.getInputs(), stage.reads.windows),
                      [&](const auto &read) {
                        return std::get<1>(read) &&
                               inputs.contains(std::get<0>(read));
                      });
}

/// Whether rows can be filled with `padding` byte by byte.
static bool canFill(TypedAttr padding) {
  if (auto integer = dyn_cast_if_present<IntegerAttr>(padding))
    return integer.getValue().getBitWidth() == 8 || integer.getValue().isZero();
  auto number = dyn_cast_if_present<FloatAttr>(padding);
  return number && number.getValue().isPosZero();
}

/// Plans which rows of the stage's tensor each step computes and keeps, from
/// what later stages read.
bool StreamPlan::planRows(StreamStage &stage) {
  SmallVector<Reader> readers = getReaders(stage.tensor);
  if (llvm::any_of(readers, [](const Reader &r) { return !r.window; }))
    return false;
  stage.bands.rows =
      readers.front().stage->bands.rows * readers.front().window->stride;
  int64_t oldest = std::numeric_limits<int64_t>::max(), newest = 0;
  for (const auto &[reader, rows] : readers) {
    const RowWindow &window = *rows;
    // At the same pace.
    if (reader->bands.rows * window.stride != stage.bands.rows)
      return false;
    int64_t start = window.stride * reader->bands.first - window.before;
    int64_t reach = (reader->bands.rows - 1) * window.stride + window.rows;
    oldest = std::min(oldest, start);
    newest = std::max(newest, start + reach);
    int64_t last = (getRows(reader->tensor) - 1) * window.stride -
                   window.before + window.rows;
    if (window.before == 0 && last <= stage.bands.total)
      continue;
    if (!canFill(window.padding) ||
        (stage.padding && stage.padding != window.padding))
      return false;
    stage.padding = window.padding;
  }
  stage.bands.first = std::max<int64_t>(newest - stage.bands.rows, 0);
  if (readsInputRows(stage)) {
    // Rows above or below an input cannot be read.
    stage.bands.first = llvm::alignTo(stage.bands.first, stage.bands.rows);
    if (stage.bands.total % stage.bands.rows != 0)
      return false;
  }
  // A stride may leave out rows, which are in the band all the same.
  stage.lines =
      std::max(stage.bands.first + stage.bands.rows - oldest, stage.bands.rows);
  return true;
}

/// Decides whether rows of `input` are read where they are or copied, because
/// there is padding around them.
bool StreamPlan::planInput(Value input) {
  SmallVector<Reader> readers = getReaders(input);
  auto readsAll = [](const Reader &reader) { return !reader.window; };
  if (llvm::all_of(readers, readsAll))
    return true;
  if (!isDense(input))
    return false;
  StreamStage copy;
  copy.tensor = input;
  copy.bands.total = getRows(input);
  if (!planRows(copy))
    return false;
  if (copy.padding)
    stages.insert(stages.begin(), std::move(copy));
  return true;
}

std::optional<StreamPlan> StreamPlan::create(ArrayRef<KernelOp> kernels,
                                             int64_t rows) {
  StreamPlan plan;
  plan.stages.reserve(2 * kernels.size());
  for (KernelOp kernel : kernels)
    if (!plan.addKernel(kernel))
      return std::nullopt;
  StreamStage &last = plan.stages.back();
  if (getRows(last.tensor) % rows != 0 || getRows(last.tensor) == rows)
    return std::nullopt;
  last.bands.rows = last.lines = rows;
  llvm::DenseSet<Value> computed;
  for (KernelOp kernel : kernels)
    computed.insert(kernel.getResult(0));
  for (KernelOp kernel : kernels)
    for (Value input : kernel.getInputs())
      if (!computed.contains(input))
        plan.inputs.insert(input);
  for (StreamStage &stage : llvm::drop_begin(llvm::reverse(plan.stages)))
    if (!plan.isInternal(stage.kernel) || !plan.planRows(stage))
      return std::nullopt;
  for (Value input : plan.inputs)
    if (!plan.planInput(input))
      return std::nullopt;
  return plan;
}

/// The steps before the first rows of the result.
int64_t StreamPlan::getDelay() const {
  int64_t delay = 0;
  for (const StreamStage &stage : stages)
    delay = std::max(delay, -stage.bands.begin());
  return delay;
}

int64_t StreamPlan::getScratchBytes() const {
  int64_t lines = 0, most = 0;
  for (const StreamStage &stage : stages) {
    if (&stage != &stages.back())
      lines += getLineBufferBytes(withRows(typeOf(stage.tensor), stage.lines));
    if (auto root = dyn_cast_if_present<RowsOpInterface>(stage.reads.root))
      most = std::max(most, root.getBandScratchBytes(stage.bands.rows));
  }
  return lines + most;
}

/// Whether rows of `input` are copied to a line buffer.
bool StreamPlan::isCopied(Value input) const {
  return llvm::any_of(stages, [&](const StreamStage &stage) {
    return !stage.kernel && stage.tensor == input;
  });
}

std::optional<int64_t> StreamPlan::getWriteLead(Value input) const {
  SmallVector<RowReader> readers;
  const StreamStage &last = stages.back();
  for (const StreamStage &stage : stages) {
    int64_t end = stage.bands.end();
    if (!stage.kernel && stage.tensor == input)
      readers.push_back({stage.bands.first, stage.bands.rows, end, false});
    for (auto [read, window] :
         llvm::zip_equal(stage.getInputs(), stage.reads.windows)) {
      if (read != input)
        continue;
      if (!window)
        return std::nullopt;
      if (!isCopied(input))
        readers.push_back({window->stride * stage.bands.first - window->before,
                           window->stride * stage.bands.rows, end,
                           &stage == &last});
    }
  }
  if (readers.empty())
    return std::nullopt;
  return getStreamLead(readers, getByteSize(typeOf(input)), getRows(input),
                       last.bands.rows * getRowBytes(last.tensor),
                       getRows(last.tensor) / last.bands.rows);
}

/// The part of the rows that windows reach which lies beside an image of
/// `rows` rows, if there are `windows` of them.
static double getPaddedPart(const RowWindow &window, int64_t rows,
                            int64_t windows) {
  int64_t beside = 0;
  for (int64_t i = 0; i < windows; ++i) {
    int64_t first = i * window.stride - window.before;
    int64_t inside =
        std::min(first + window.rows, rows) - std::max<int64_t>(first, 0);
    beside += window.rows - inside;
  }
  return static_cast<double>(beside) /
         static_cast<double>(window.rows * windows);
}

/// About how many instructions a call of the stage's kernel takes more than its
/// share of what the kernel takes as a whole.
static double getCallOverhead(const StreamStage &stage) {
  // A call and what it saves, the counters of its loops.
  constexpr double callCost = 60;
  // Two loads, a product and sum, a share of the loop.
  constexpr double macCost = 4;
  auto root = dyn_cast_if_present<CostOpInterface>(stage.reads.root);
  // Windows in scratch have their padding there; loops over an image skip it.
  bool skipsPadding = root && !isa<ScratchOpInterface>(stage.reads.root);
  auto calls = static_cast<double>(stage.bands.end() - stage.bands.begin());
  double cost = callCost;
  for (auto [input, window] :
       llvm::zip(stage.getInputs(), stage.reads.windows)) {
    if (!window)
      continue;
    int64_t again = std::max<int64_t>(window->rows - window->stride, 0);
    cost += window->copyCost * static_cast<double>(again * getRowBytes(input));
    if (skipsPadding)
      cost += macCost / calls * static_cast<double>(root.getMACs()) *
              getPaddedPart(*window, getRows(input), getRows(stage.tensor));
  }
  return cost;
}

double StreamPlan::getOverhead() const {
  // A word of a line buffer is moved by a load and a store.
  constexpr double moveCost = 0.5;
  double cost = 0;
  for (const StreamStage &stage : stages) {
    bool isCopy = !stage.kernel, isLast = &stage == &stages.back();
    int64_t moved = isLast ? 0 : stage.lines - stage.bands.rows;
    if (isCopy)
      moved += stage.bands.rows;
    double step =
        moveCost * static_cast<double>(moved * getRowBytes(stage.tensor));
    if (!isCopy)
      step += getCallOverhead(stage);
    cost += step * static_cast<double>(stage.bands.end() - stage.bands.begin());
  }
  return cost;
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

/// A kernel whose body is yet to be built.
static KernelOp createKernel(OpBuilder &builder, Location loc,
                             RankedTensorType type, ValueRange inputs,
                             StringRef name) {
  return KernelOp::create(builder, loc, type, inputs,
                          builder.getStringAttr(name), StrategyAttr(),
                          builder.getI64IntegerAttr(0), DenseI64ArrayAttr(),
                          ArrayAttr(), IntegerAttr());
}

/// The rows of `source`, an input or a line buffer, that `reader` reads.
Value StreamPlan::buildRows(OpBuilder &builder, const StreamStage &reader,
                            Value source, const RowWindow &window) {
  Value lines = built.lookup(source);
  int64_t first = window.stride * reader.bands.first - window.before;
  int64_t advance = window.stride * reader.bands.rows;
  auto stage = llvm::find_if(
      stages, [&](const StreamStage &stage) { return stage.tensor == source; });
  int64_t rows = (reader.bands.rows - 1) * window.stride + window.rows;
  auto type = withRows(typeOf(source), rows);
  if (stage != stages.end()) {
    // Counted from the oldest row in memory.
    first -= stage->bands.first + stage->bands.rows - stage->lines;
    advance = 0;
    if (lines.getType() == type)
      return lines;
  }
  return RowsOp::create(builder, source.getLoc(), type, lines, first, advance);
}

/// Builds the ops of the stage's kernel for a band.
KernelOp StreamPlan::buildBand(OpBuilder &builder, const StreamStage &stage,
                               ArrayRef<Value> operands) {
  KernelOp whole = stage.kernel;
  auto type = withRows(typeOf(stage.tensor), stage.bands.rows);
  KernelOp kernel = createKernel(builder, whole.getLoc(), type, operands,
                                 whole.getKernelName());
  OpBuilder::InsertionGuard guard(builder);
  Block *body = builder.createBlock(&kernel.getBody());
  IRMapping mapping;
  Block &ops = whole.getBody().front();
  for (auto [argument, operand] : llvm::zip_equal(ops.getArguments(), operands))
    mapping.map(argument,
                body->addArgument(operand.getType(), argument.getLoc()));
  for (Operation &op : ops) {
    if (auto root = dyn_cast<RowsOpInterface>(op)) {
      SmallVector<Value> values;
      for (Value operand : op.getOperands())
        values.push_back(mapping.lookup(operand));
      Operation *band = root.buildBand(builder, values);
      mapping.map(op.getResult(0), band->getResult(0));
      kernel.setScratch(root.getBandScratchBytes(stage.bands.rows));
      continue;
    }
    Operation *copy = builder.clone(op, mapping);
    for (Value result : copy->getResults()) {
      RankedTensorType old = typeOf(result);
      if (old.getShape() != typeOf(stage.tensor).getShape())
        continue;
      result.setType(withRows(old, stage.bands.rows));
      if (auto constant = dyn_cast<ConstantOp>(copy))
        constant.setValueAttr(cast<ElementsAttr>(
            cast<DenseElementsAttr>(constant.getValue())
                .resizeSplat(withRows(old, stage.bands.rows))));
    }
  }
  return kernel;
}

void StreamPlan::buildStage(OpBuilder &builder, const StreamStage &stage) {
  Value band;
  if (stage.kernel) {
    SmallVector<Value> operands;
    for (auto [input, window] :
         llvm::zip_equal(stage.getInputs(), stage.reads.windows))
      operands.push_back(window ? buildRows(builder, stage, input, *window)
                                : built.lookup(input));
    band = buildBand(builder, stage, operands).getResult(0);
  } else {
    auto type = withRows(typeOf(stage.tensor), stage.bands.rows);
    band = RowsOp::create(builder, stage.tensor.getLoc(), type,
                          built.lookup(stage.tensor), stage.bands.first,
                          stage.bands.rows);
  }
  if (&stage == &stages.back())
    return;
  auto type = withRows(typeOf(stage.tensor), stage.lines);
  built[stage.tensor] =
      LinesOp::create(builder, band.getLoc(), type, band, stage.bands.first,
                      getRows(stage.tensor), stage.padding);
}

void StreamPlan::build() {
  KernelOp last = stages.back().kernel;
  OpBuilder builder(last);
  SmallVector<Location> locations;
  for (const StreamStage &stage : stages)
    if (stage.kernel)
      locations.push_back(KernelOp(stage.kernel).getLoc());
  Location loc = FusedLoc::get(builder.getContext(), locations);
  KernelOp kernel = createKernel(builder, loc, typeOf(last.getResult(0)),
                                 inputs.getArrayRef(), "stream");
  Block *body = builder.createBlock(&kernel.getBody());
  for (Value input : inputs)
    body->addArgument(input.getType(), input.getLoc());
  auto stream = StreamOp::create(
      builder, loc, last.getResult(0).getType(), body->getArguments(),
      -getDelay(), getRows(stages.back().tensor) / stages.back().bands.rows);
  YieldOp::create(builder, loc, stream.getResult());
  Block *step = builder.createBlock(&stream.getBody());
  for (Value input : inputs)
    built[input] = step->addArgument(input.getType(), input.getLoc());
  for (const StreamStage &stage : stages)
    buildStage(builder, stage);
  kernel.setScratch(stream.getScratchBytes());
  last.getResult(0).replaceAllUsesWith(kernel.getResult(0));
  for (const StreamStage &stage : llvm::reverse(stages))
    if (stage.kernel)
      KernelOp(stage.kernel).erase();
}
