//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Kernels that run in turn, a few rows at a time: what they need of memory, and
// the loop over the steps.
//
//===----------------------------------------------------------------------===//

#include "MemoryBuilder.h"

#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"
#include "lathe/Dialect/Lathe/IR/Streams.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace lathe;

/// The alignment of each line buffer, enough for any element.
static constexpr int64_t lineAlign = 8;

int64_t lathe::getRows(Value image) {
  return cast<RankedTensorType>(image.getType()).getDimSize(1);
}

int64_t lathe::getRowBytes(Value image) {
  auto type = cast<RankedTensorType>(image.getType());
  return type.getDimSize(2) * type.getDimSize(3) *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

int64_t Bands::begin() const {
  return -llvm::divideFloorSigned(first - 1, rows) - 1;
}

int64_t Bands::end() const {
  return llvm::divideCeilSigned(total - first, rows);
}

static Bands getBands(LinesOp lines) {
  return {getRows(lines.getBand()), static_cast<int64_t>(lines.getFirst()),
          static_cast<int64_t>(lines.getTotal())};
}

/// The bands of what `op` computes, a kernel of a stream or the lines of a
/// copy.
static Bands getBandsOf(Operation *op) {
  auto stream = cast<StreamOp>(op->getParentOp());
  if (op == stream.getLast())
    return {getRows(op->getResult(0)), 0, getRows(stream.getResult())};
  auto lines = dyn_cast<LinesOp>(op);
  return getBands(lines ? lines : cast<LinesOp>(*op->user_begin()));
}

//===----------------------------------------------------------------------===//
// Verification
//===----------------------------------------------------------------------===//

/// Whether `a` and `b` are images that differ in their rows alone.
static bool hasSameRows(Value a, Value b) {
  auto left = cast<RankedTensorType>(a.getType());
  auto right = cast<RankedTensorType>(b.getType());
  if (left.getRank() != 4 || right.getRank() != 4)
    return false;
  SmallVector<int64_t> shape(left.getShape());
  shape[1] = right.getDimSize(1);
  return left.clone(shape) == right;
}

static LogicalResult verifyKernel(KernelOp kernel, StreamOp stream) {
  if (kernel.getNumResults() != 1)
    return kernel.emitOpError("of a stream needs one result");
  Value band = kernel.getResult(0);
  if (kernel == stream.getLast()) {
    if (!hasSameRows(band, stream.getResult()) ||
        getRows(stream.getResult()) != getRows(band) * stream.getSteps())
      return kernel.emitOpError("computes no bands of the stream's result");
    return success();
  }
  if (!band.hasOneUse() || !isa<LinesOp>(*band.user_begin()))
    return kernel.emitOpError("needs a line buffer for its result");
  return success();
}

static LogicalResult verifyLines(LinesOp lines) {
  Operation *band = lines.getBand().getDefiningOp();
  if (!isa_and_present<KernelOp, RowsOp>(band))
    return lines.emitOpError("holds no kernel's result and no input's rows");
  if (!hasSameRows(lines.getBand(), lines.getResult()) ||
      getRows(lines.getResult()) < getRows(lines.getBand()))
    return lines.emitOpError("needs room for the band");
  return success();
}

LogicalResult StreamOp::verifyRegions() {
  Block &body = getBody().front();
  if (body.getArgumentTypes() != getInputs().getTypes())
    return emitOpError("block arguments need the types of the inputs");
  if (body.empty() || !isa<KernelOp>(body.back()))
    return emitOpError("ends with no kernel");
  for (Operation &op : body) {
    if (auto kernel = dyn_cast<KernelOp>(op)) {
      if (failed(verifyKernel(kernel, *this)))
        return failure();
    } else if (auto lines = dyn_cast<LinesOp>(op)) {
      if (failed(verifyLines(lines)))
        return failure();
    } else if (auto rows = dyn_cast<RowsOp>(op)) {
      if (!hasSameRows(rows.getSource(), rows.getResult()))
        return rows.emitOpError("is no part of its source");
    } else {
      return op.emitOpError("is no kernel, and neither rows nor lines of one");
    }
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Cost
//===----------------------------------------------------------------------===//

static int64_t sumCost(StreamOp stream,
                       llvm::function_ref<int64_t(CostOpInterface)> cost) {
  int64_t sum = 0;
  for (auto kernel : stream.getBody().front().getOps<KernelOp>()) {
    Bands bands = getBandsOf(kernel);
    for (Operation &op : kernel.getBody().front())
      if (auto inner = dyn_cast<CostOpInterface>(op))
        sum += cost(inner) * (bands.end() - bands.begin());
  }
  return sum;
}

int64_t StreamOp::getMACs() {
  return sumCost(*this, [](CostOpInterface op) { return op.getMACs(); });
}

int64_t StreamOp::getElementOps() {
  return sumCost(*this, [](CostOpInterface op) { return op.getElementOps(); });
}

//===----------------------------------------------------------------------===//
// Memory
//===----------------------------------------------------------------------===//

/// The bytes of all line buffers.
static int64_t getLineBytes(StreamOp stream) {
  int64_t bytes = 0;
  for (auto lines : stream.getBody().front().getOps<LinesOp>())
    bytes +=
        getLineBufferBytes(cast<RankedTensorType>(lines.getResult().getType()));
  return bytes;
}

int64_t lathe::getLineBufferBytes(RankedTensorType type) {
  int64_t bytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  return llvm::alignTo(type.getNumElements() * bytes, lineAlign);
}

/// The line buffers, behind them what one kernel at a time needs.
int64_t StreamOp::getScratchBytes() {
  int64_t most = 0;
  for (auto kernel : getBody().front().getOps<KernelOp>())
    most = std::max<int64_t>(most, kernel.getScratch());
  return getLineBytes(*this) + most;
}

bool StreamOp::needsDenseMemory() { return true; }

int64_t lathe::getStreamLead(ArrayRef<RowReader> readers, int64_t inputBytes,
                             int64_t inputRows, int64_t bandBytes,
                             int64_t steps) {
  int64_t lead = 0, rowBytes = inputBytes / inputRows;
  for (int64_t step = 0; step < steps; ++step) {
    int64_t needed = inputBytes;
    for (const RowReader &reader : readers) {
      // What the kernel reads that writes is needed until its band is done.
      int64_t next = reader.isLast ? step : step + 1;
      if (next >= reader.end)
        continue;
      int64_t row = std::max<int64_t>(reader.first + reader.advance * next, 0);
      needed = std::min(needed, row * rowBytes);
    }
    lead = std::max(lead, (step + 1) * bandBytes - needed);
  }
  return lead;
}

std::optional<int64_t> StreamOp::getWriteLead(unsigned operand, int64_t) {
  auto last = cast<KernelOp>(getLast());
  BlockArgument input = getBody().getArgument(operand);
  SmallVector<RowReader> readers;
  for (Operation *user : input.getUsers()) {
    auto rows = dyn_cast<RowsOp>(user);
    if (!rows)
      return std::nullopt;
    for (Operation *reader : rows->getUsers())
      readers.push_back({static_cast<int64_t>(rows.getFirst()),
                         static_cast<int64_t>(rows.getAdvance()),
                         getBandsOf(reader).end(), reader == last});
  }
  return getStreamLead(
      readers, getRows(input) * getRowBytes(input), getRows(input),
      getRows(last.getResult(0)) * getRowBytes(getResult()), getSteps());
}

bool StreamOp::canWriteOver(unsigned operand) {
  return impl::hasTypeOfResult(*this, operand) &&
         getWriteLead(operand, 1) == int64_t{0};
}

//===----------------------------------------------------------------------===//
// Lowering
//===----------------------------------------------------------------------===//

namespace {

/// Builds the loop over the steps of a stream.
class StreamLowering {
public:
  StreamLowering(StreamOp stream, OpBuilder &builder, Location loc,
                 ValueRange inputs, Value output, Value scratch)
      : stream(stream), builder(builder), loc(loc), memory{builder, loc},
        output(output), scratch(scratch) {
    for (auto [argument, input] :
         llvm::zip_equal(stream.getBody().getArguments(), inputs))
      places[argument] = input;
  }

  void run();

private:
  MemRefType memoryOf(Value tensor) {
    auto type = cast<RankedTensorType>(tensor.getType());
    return MemRefType::get(type.getShape(), type.getElementType());
  }
  /// Memory of bytes that has a line buffer in it, and the number of the first
  /// byte of one of its rows there.
  Value getBytes(LinesOp lines) {
    return hasBytes(lines) ? places.lookup(lines) : scratch;
  }
  Value getByte(LinesOp lines, int64_t row) {
    return memory.getIndex((hasBytes(lines) ? 0 : offsets[lines]) +
                           row * getRowBytes(lines));
  }
  static bool hasBytes(LinesOp lines) {
    return lathe::impl::elementTypeOf(lines).isSignlessInteger(8);
  }
  void placeLines();
  void fill(LinesOp lines, int64_t row, int64_t count);
  void fillBeside(LinesOp lines, const Bands &bands);
  void moveUp(LinesOp lines);
  Value getFirstRow(int64_t first, int64_t advance);
  Value locate(Value tensor);
  void call(KernelOp kernel, Value target);
  void computeBand(LinesOp lines);
  void buildLines(LinesOp lines);
  void buildLast();
  Value isBetween(const Bands &bands);

  StreamOp stream;
  OpBuilder &builder;
  Location loc;
  MemoryBuilder memory;
  Value output, scratch, step;
  /// The scratch of one kernel at a time.
  Value workspace;
  /// Where inputs and line buffers lie.
  llvm::DenseMap<Value, Value> places;
  /// The first byte of each line buffer in the scratch memory.
  llvm::DenseMap<Operation *, int64_t> offsets;
};

} // namespace

/// Finds places for the line buffers and the kernels' scratch, and writes the
/// padding above the images.
void StreamLowering::placeLines() {
  int64_t offset = getLineBytes(stream);
  if (int64_t rest = stream.getScratchBytes() - offset)
    workspace =
        memory.place(scratch, offset,
                     MemRefType::get(rest, builder.getI8Type()), "workspace");
  offset = 0;
  for (auto lines : stream.getBody().front().getOps<LinesOp>()) {
    offsets[lines] = offset;
    MemRefType type = memoryOf(lines);
    places[lines] = memory.place(scratch, offset, type, "lines");
    offset +=
        getLineBufferBytes(cast<RankedTensorType>(lines.getResult().getType()));
    // What the first steps find there.
    if (lines.getPadding())
      fill(lines, 0, getRows(lines));
  }
}

/// Writes padding to `count` rows of a line buffer.
void StreamLowering::fill(LinesOp lines, int64_t row, int64_t count) {
  // Elements of several bytes are padded with zeros.
  int64_t value = 0;
  if (auto padding = dyn_cast<IntegerAttr>(*lines.getPadding()))
    value = padding.getValue().trunc(8).getSExtValue();
  FillBytesOp::create(builder, loc, getBytes(lines), getByte(lines, row),
                      count * getRowBytes(lines), value);
}

/// Moves the rows that are still needed to the front of a line buffer, as many
/// at a time as do not overlap.
void StreamLowering::moveUp(LinesOp lines) {
  int64_t band = getRows(lines.getBand()), kept = getRows(lines) - band;
  for (int64_t row = 0; row < kept; row += band)
    CopyBytesOp::create(builder, loc, getBytes(lines),
                        getByte(lines, row + band), getBytes(lines),
                        getByte(lines, row),
                        std::min(band, kept - row) * getRowBytes(lines),
                        /*spread=*/false);
}

/// Row `first + advance * step`.
Value StreamLowering::getFirstRow(int64_t first, int64_t advance) {
  if (advance == 0)
    return memory.getIndex(first);
  Value row = step;
  if (advance != 1)
    row = arith::MulIOp::create(builder, loc, row, memory.getIndex(advance));
  if (first != 0)
    row = arith::AddIOp::create(builder, loc, row, memory.getIndex(first));
  return row;
}

/// Where what a kernel reads lies in this step.
Value StreamLowering::locate(Value tensor) {
  if (Value place = places.lookup(tensor))
    return memory.at(place, {}, memoryOf(tensor));
  auto rows = cast<RowsOp>(tensor.getDefiningOp());
  Value source = places.lookup(rows.getSource());
  Value first = getFirstRow(rows.getFirst(), rows.getAdvance());
  return memory.at(source, {memory.getIndex(0), first}, memoryOf(rows));
}

/// Calls the function of `kernel`, which writes its band to `target`.
void StreamLowering::call(KernelOp kernel, Value target) {
  SmallVector<Value> arguments;
  for (Value input : kernel.getInputs())
    arguments.push_back(locate(input));
  arguments.push_back(target);
  if (int64_t bytes = kernel.getScratch())
    arguments.push_back(memory.at(workspace, {memory.getIndex(0)},
                                  MemRefType::get(bytes, builder.getI8Type())));
  func::CallOp::create(
      builder, kernel.getLoc(),
      kernel->getAttrOfType<FlatSymbolRefAttr>(stageFunctionName), TypeRange(),
      arguments);
}

/// Whether this is a step of `bands`; null if each one is.
Value StreamLowering::isBetween(const Bands &bands) {
  Value condition;
  auto require = [&](arith::CmpIPredicate predicate, int64_t bound) {
    Value holds = arith::CmpIOp::create(builder, loc, predicate, step,
                                        memory.getIndex(bound));
    condition = condition
                    ? arith::AndIOp::create(builder, loc, condition, holds)
                    : holds;
  };
  if (bands.begin() > static_cast<int64_t>(stream.getFirstStep()))
    require(arith::CmpIPredicate::sge, bands.begin());
  if (bands.end() < static_cast<int64_t>(stream.getSteps()))
    require(arith::CmpIPredicate::slt, bands.end());
  return condition;
}

/// Writes the band of a line buffer behind the rows that are kept.
void StreamLowering::computeBand(LinesOp lines) {
  Value kept = memory.getIndex(getRows(lines) - getRows(lines.getBand()));
  Value target = memory.at(places.lookup(lines), {memory.getIndex(0), kept},
                           memoryOf(lines.getBand()));
  if (auto kernel = lines.getBand().getDefiningOp<KernelOp>())
    return call(kernel, target);
  memref::CopyOp::create(builder, loc, locate(lines.getBand()), target);
}

void StreamLowering::buildLines(LinesOp lines) {
  moveUp(lines);
  Bands bands = getBands(lines);
  bool hasPadding = lines.getPadding().has_value();
  Value condition = isBetween(bands);
  if (!condition) {
    computeBand(lines);
    if (hasPadding)
      fillBeside(lines, bands);
    return;
  }
  bool isPast = bands.end() < static_cast<int64_t>(stream.getSteps());
  auto branch =
      scf::IfOp::create(builder, loc, condition, hasPadding && isPast);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(branch.thenYield());
  computeBand(lines);
  if (!hasPadding)
    return;
  fillBeside(lines, bands);
  if (!isPast)
    return;
  builder.setInsertionPoint(branch.elseYield());
  fill(lines, getRows(lines) - bands.rows, bands.rows);
}

/// Computes a band of the result.
void StreamLowering::buildLast() {
  auto kernel = cast<KernelOp>(stream.getLast());
  Bands bands = getBandsOf(kernel);
  OpBuilder::InsertionGuard guard(builder);
  if (Value condition = isBetween(bands)) {
    auto branch =
        scf::IfOp::create(builder, loc, condition, /*withElseRegion=*/false);
    builder.setInsertionPoint(branch.thenYield());
  }
  Value row = getFirstRow(0, bands.rows);
  call(kernel, memory.at(output, {memory.getIndex(0), row},
                         memoryOf(kernel.getResult(0))));
}

/// Writes padding over what bands that are only in part in the image hold
/// beside it.
void StreamLowering::fillBeside(LinesOp lines, const Bands &bands) {
  int64_t firstRow = getRows(lines) - bands.rows;
  auto fillAt = [&](int64_t at, int64_t row, int64_t count) {
    if (count == 0)
      return;
    Value isNow = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq,
                                        step, memory.getIndex(at));
    auto branch = scf::IfOp::create(builder, loc, isNow, /*withElse=*/false);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(branch.thenYield());
    fill(lines, row, count);
  };
  fillAt(bands.begin(), firstRow, bands.getRowsAbove());
  fillAt(bands.end() - 1, getRows(lines) - bands.getRowsBelow(),
         bands.getRowsBelow());
}

void StreamLowering::run() {
  placeLines();
  OpBuilder::InsertionGuard guard(builder);
  auto loop = scf::ForOp::create(
      builder, loc, memory.getIndex(stream.getFirstStep()),
      memory.getIndex(stream.getSteps()), memory.getIndex(1));
  loop->setAttr("lathe.names", builder.getStrArrayAttr({"step"}));
  step = loop.getInductionVar();
  builder.setInsertionPointToStart(loop.getBody());
  for (auto lines : stream.getBody().front().getOps<LinesOp>())
    buildLines(lines);
  buildLast();
}

void StreamOp::buildOnMemory(OpBuilder &builder, Location loc,
                             ValueRange inputs, ValueRange outputs,
                             Value scratch) {
  StreamLowering(*this, builder, loc, inputs, outputs.front(), scratch).run();
}
