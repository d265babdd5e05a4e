//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lathe's ops on integers, above all products over windows. What is a function
// in C is counted as GCC 12 compiles it with -O2: the numbers are those of its
// instructions, of pairs for a Cortex-M4, of bytes for a Cortex-M3 and a
// Cortex-M0+, of halves for a Cortex-M0+, of vectors for a Cortex-M55.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"
#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Dialect/Lathe/IR/LatheWindowOps.h"

#include "llvm/ADT/bit.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::cost;
using Class = InstructionClass;

/// Numbers of instructions, as they are read off a listing.
static InstructionCounts
list(std::initializer_list<std::pair<Class, double>> numbers) {
  InstructionCounts counts;
  for (auto [kind, number] : numbers)
    counts[kind] += number;
  return counts;
}

template <typename Op>
static InstructionCounts countDual(Op, const InstructionSet &) {
  return Class::DualMultiply;
}

static InstructionCounts countJoin(JoinHalvesOp, const InstructionSet &) {
  return Class::ALU;
}

/// The upper half of a product, rounded, and a number added to it. SMMLAR does
/// all of it; SMLAL takes two words of what rounds and is added. Armv6-M has
/// products of halves.
static InstructionCounts getUpperHalf(const InstructionSet &set) {
  if (set.isThumb1)
    return list({{Class::Multiply, 4}, {Class::ALU, 23}});
  return list({{Class::MultiplyLong, 1}, {Class::ALU, set.dsp ? 0 : 2}});
}

/// A product of two words, rounded, of which the upper one is shifted and added
/// to.
static InstructionCounts countRescale(RescaleOp op, const InstructionSet &set) {
  constexpr int64_t half = int64_t(1) << 31;
  if (op.getShift() == 32 && (op.getOffset() - half) % (2 * half) == 0)
    return getUpperHalf(set);
  // Two signs, three moves, the sum of two words; else two of what rounds. Two
  // instructions shift.
  return list({{Class::MultiplyLong, 1}, {Class::ALU, set.isThumb1 ? 11 : 4}});
}

/// Inlined where it is used: a loop for four bytes at a time and a rest.
static InstructionCounts countExpansion(ExpandBytesOp op,
                                        const InstructionSet &) {
  auto count = static_cast<int64_t>(op.getCount());
  int64_t fours = count / 4, rest = count % 4;
  InstructionCounts last =
      list({{Class::ALU, rest != 0 ? 1 : 0},
            {Class::Load, static_cast<double>(rest)},
            {Class::Store, rest == 3 ? 2 : (rest != 0 ? 1 : 0)}});
  // One step alone is no loop.
  if (fours == 1)
    return list({{Class::ALU, 4}, {Class::Load, 1}, {Class::Store, 2}}) + last;
  InstructionCounts step = list({{Class::ALU, 4},
                                 {Class::Load, 1},
                                 {Class::Store, 2},
                                 {Class::Branch, 1}});
  return InstructionCounts(Class::ALU, 5) + step * static_cast<double>(fours) +
         last;
}

/// Four bytes to the first half of eight, by memcpy in C. Armv6-M has no loads
/// from addresses that are not aligned, and there the C library's function
/// copies them one by one.
static InstructionCounts getSpreadStep(const InstructionSet &set) {
  if (set.isThumb1)
    return list({{Class::ALU, 26},
                 {Class::Load, 4},
                 {Class::Store, 4},
                 {Class::Branch, 5},
                 {Class::Call, 1}});
  return list({{Class::ALU, 1},
               {Class::Load, 1},
               {Class::Store, 1},
               {Class::Branch, 1}});
}

static InstructionCounts countSpread(double count, const InstructionSet &set) {
  double fours = std::floor(count / 4), rest = count - 4 * fours;
  return InstructionCounts(Class::ALU, 2) + getSpreadStep(set) * fours +
         list({{Class::Load, rest}, {Class::Store, rest}});
}

/// memset of newlib: sixteen bytes in a step of its loop.
static InstructionCounts countFillBytes(FillBytesOp op,
                                        const InstructionSet &) {
  double steps = std::ceil(static_cast<double>(op.getCount()) / 16);
  return list({{Class::ALU, 20 + 2 * steps},
               {Class::Store, 4 * steps},
               {Class::Branch, steps},
               {Class::Call, 1}});
}

static InstructionCounts countCopyBytes(CopyBytesOp op,
                                        const InstructionSet &set) {
  auto count = static_cast<double>(op.getCount());
  return op.getSpread() ? countSpread(count, set) : countCopy(count);
}

/// A loop over bytes, of which there is one for the first pixel and one, which
/// reads the words as well, for the second: the mean of both.
static InstructionCounts countJoinBytes(JoinBytesOp op,
                                        const InstructionSet &) {
  InstructionCounts step = list({{Class::ALU, 4},
                                 {Class::Load, 1.5},
                                 {Class::Store, 1},
                                 {Class::Branch, 1}});
  return InstructionCounts(Class::ALU, 5) +
         step * static_cast<double>(op.getCount());
}

//===----------------------------------------------------------------------===//
// Sums of products of windows
//===----------------------------------------------------------------------===//

namespace {

/// What a function that sums products of windows takes: once, for a block of
/// channels, and for a step of the innermost loop.
struct DotListing {
  InstructionCounts call, block, step;
  /// Elements of a window that a step multiplies.
  int64_t stepElements = 1;
  /// Where elements are left that fill no step: for so many of them.
  InstructionCounts rest;
  int64_t restElements = 1;

  InstructionCounts count(int64_t depth, double blocks) const {
    auto steps = static_cast<double>(depth / stepElements);
    auto rests = static_cast<double>(
        llvm::divideCeil(depth % stepElements, restElements));
    return call + (block + step * steps + rest * rests) * blocks;
  }
};

} // namespace

/// pair_dot, whose windows have zeros behind the last element: no rest is left.
static DotListing getPairListing() {
  DotListing listing;
  listing.call = list({{Class::ALU, 14},
                       {Class::Load, 1},
                       {Class::LoadTwo, 1},
                       {Class::Store, 3},
                       {Class::Call, 1}});
  listing.block = list({{Class::ALU, 16},
                        {Class::Load, 3},
                        {Class::LoadTwo, 3},
                        {Class::Store, 8},
                        {Class::Branch, 1}});
  listing.stepElements = 4;
  listing.step = list({{Class::ALU, 7},
                       {Class::Load, 1},
                       {Class::LoadTwo, 4},
                       {Class::DualMultiply, 16},
                       {Class::Branch, 1}});
  return listing;
}

/// pair_row_dot. A rest of any size takes one step, with zeros behind it.
static DotListing getPairRowListing() {
  DotListing listing;
  listing.call = list({{Class::ALU, 10},
                       {Class::Load, 2},
                       {Class::Store, 2},
                       {Class::Call, 1}});
  listing.block = list({{Class::ALU, 9},
                        {Class::Load, 2},
                        {Class::LoadTwo, 2},
                        {Class::Store, 4},
                        {Class::Branch, 1}});
  listing.stepElements = 8;
  listing.step = list({{Class::ALU, 16},
                       {Class::Load, 10},
                       {Class::DualMultiply, 16},
                       {Class::Branch, 1}});
  listing.restElements = 7;
  listing.rest = listing.step;
  return listing;
}

/// byte_dot of Armv7-M; windows have zeros behind the last element.
static DotListing getByteListing() {
  DotListing listing;
  listing.call = list({{Class::ALU, 14},
                       {Class::Load, 2},
                       {Class::Store, 4},
                       {Class::Call, 1}});
  listing.block = list({{Class::ALU, 10},
                        {Class::Load, 3},
                        {Class::LoadTwo, 3},
                        {Class::Store, 6},
                        {Class::Branch, 1}});
  listing.stepElements = 4;
  listing.step = list({{Class::ALU, 3},
                       {Class::Load, 24},
                       {Class::MultiplyAccumulate, 32},
                       {Class::Branch, 1}});
  return listing;
}

/// byte_row_dot of Armv7-M.
static DotListing getByteRowListing() {
  DotListing listing;
  listing.call = list({{Class::ALU, 11},
                       {Class::Load, 1},
                       {Class::Store, 2},
                       {Class::Call, 1}});
  listing.block = list({{Class::ALU, 7},
                        {Class::LoadTwo, 2},
                        {Class::Store, 2},
                        {Class::Branch, 1}});
  listing.stepElements = 4;
  listing.step = list({{Class::ALU, 3},
                       {Class::Load, 20},
                       {Class::MultiplyAccumulate, 16},
                       {Class::Branch, 1}});
  listing.rest = list({{Class::ALU, 3},
                       {Class::Load, 5},
                       {Class::MultiplyAccumulate, 4},
                       {Class::Branch, 1}});
  return listing;
}

/// byte_dot of Armv6-M, whose loads of signed bytes take their offset from a
/// register, and whose products overwrite a factor; sums are in memory or in
/// upper registers.
static DotListing getThumb1ByteListing() {
  DotListing listing;
  listing.call = list({{Class::ALU, 22},
                       {Class::Load, 2},
                       {Class::Store, 6},
                       {Class::Call, 1}});
  listing.block = list({{Class::ALU, 21},
                        {Class::Load, 12},
                        {Class::Store, 13},
                        {Class::Branch, 1}});
  listing.stepElements = 4;
  listing.step = list({{Class::ALU, 92},
                       {Class::Load, 37},
                       {Class::Multiply, 32},
                       {Class::Store, 12},
                       {Class::Branch, 1}});
  return listing;
}

/// indexed_row_dot of Armv6-M.
static DotListing getIndexedRowListing() {
  DotListing listing;
  listing.call = list({{Class::ALU, 20},
                       {Class::Load, 2},
                       {Class::Store, 4},
                       {Class::Call, 1}});
  listing.block = list({{Class::ALU, 21},
                        {Class::Load, 5},
                        {Class::LoadTwo, 1},
                        {Class::Store, 4},
                        {Class::Branch, 3}});
  listing.stepElements = 4;
  listing.step = list({{Class::ALU, 21},
                       {Class::Load, 20},
                       {Class::Multiply, 16},
                       {Class::Branch, 1}});
  listing.rest = list({{Class::ALU, 7},
                       {Class::Load, 5},
                       {Class::Multiply, 4},
                       {Class::Branch, 2}});
  return listing;
}

/// vector_dot. A rest of any size takes one step.
static DotListing getVectorListing() {
  DotListing listing;
  listing.call = list({{Class::ALU, 9},
                       {Class::Load, 1},
                       {Class::LoadTwo, 1},
                       {Class::Store, 5},
                       {Class::Call, 1}});
  listing.block = list({{Class::ALU, 9},
                        {Class::LoadTwo, 1},
                        {Class::Store, 2},
                        {Class::Branch, 1}});
  listing.stepElements = 16;
  listing.step = list(
      {{Class::VectorLoad, 4}, {Class::VectorMultiply, 4}, {Class::Branch, 1}});
  listing.restElements = 15;
  listing.rest = listing.step;
  return listing;
}

/// vector_row_dot.
static DotListing getVectorRowListing() {
  DotListing listing;
  listing.call = list({{Class::ALU, 13},
                       {Class::Load, 3},
                       {Class::Store, 3},
                       {Class::Call, 1}});
  listing.block = list({{Class::ALU, 9},
                        {Class::Load, 1},
                        {Class::LoadTwo, 2},
                        {Class::Store, 2},
                        {Class::Branch, 1}});
  listing.stepElements = 16;
  listing.step = list(
      {{Class::VectorLoad, 5}, {Class::VectorMultiply, 4}, {Class::Branch, 1}});
  listing.restElements = 15;
  listing.rest = list(
      {{Class::ALU, 7}, {Class::VectorLoad, 5}, {Class::VectorMultiply, 4}});
  return listing;
}

/// The segments of a block in form halves, on average. There is room for those
/// of the longest one: a byte each next to all weights. The others have fewer;
/// in the weights of MLPerf Tiny's models the mean is 0.8 of the longest.
static double countSegments(WindowDotOp dot) {
  constexpr double shareOfLongest = 0.8;
  auto longest = static_cast<double>(dot.getBlockWeights()) -
                 2 * static_cast<double>(dot.getDepth());
  return shareOfLongest * longest;
}

/// half_dot, which GCC inlines, and half_sums of Armv6-M.
static DotListing getHalfListing(double segments) {
  DotListing listing;
  listing.call = list({{Class::ALU, 18},
                       {Class::Load, 5},
                       {Class::Store, 4},
                       {Class::Call, 1}});
  InstructionCounts segment =
      list({{Class::ALU, 18}, {Class::Load, 1}, {Class::Branch, 1}});
  listing.block = segment * segments + list({{Class::ALU, 10},
                                             {Class::Load, 7},
                                             {Class::LoadTwo, 1},
                                             {Class::Store, 4},
                                             {Class::Branch, 1}});
  listing.stepElements = 2;
  listing.step = list({{Class::ALU, 7},
                       {Class::Load, 6},
                       {Class::Multiply, 4},
                       {Class::Branch, 1}});
  return listing;
}

static DotListing getListing(WindowDotOp dot, const InstructionSet &set) {
  bool isRow = dot.getLanes() == 1;
  switch (dot.getForm()) {
  case WindowForm::Pairs:
    return isRow ? getPairRowListing() : getPairListing();
  case WindowForm::Bytes:
    if (isRow)
      return getByteRowListing();
    return set.isThumb1 ? getThumb1ByteListing() : getByteListing();
  case WindowForm::Vectors:
    return isRow ? getVectorRowListing() : getVectorListing();
  case WindowForm::Halves:
    return isRow ? getIndexedRowListing() : getHalfListing(countSegments(dot));
  }
  llvm_unreachable("no form of windows");
}

namespace {

struct WindowDotModel
    : CountableOpInterface::ExternalModel<WindowDotModel, WindowDotOp> {
  InstructionCounts getInstructions(Operation *op, const InstructionSet &set,
                                    OperandValues operands) const {
    auto dot = cast<WindowDotOp>(op);
    // Their number may depend on the iteration, as in the last of several
    // parts.
    unsigned index = dot.getBlocksMutable().getOperandNumber();
    auto blocks = static_cast<double>(operands[index].value_or(1));
    return getListing(dot, set).count(static_cast<int64_t>(dot.getDepth()),
                                      blocks);
  }

  bool isCountedBy(Operation *op, unsigned operand) const {
    return op->getOperand(operand) == cast<WindowDotOp>(op).getBlocks();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Filters
//===----------------------------------------------------------------------===//

/// filter_rows_3x3 with Helium for eight channels, or filter_rows, two taps of
/// a row at a time.
static InstructionCounts getFilterBlock(FilterRowsOp op) {
  auto rows = static_cast<double>(op.getRows());
  auto columns = static_cast<double>(op.getColumns());
  if (rows == 3 && columns == 3)
    return list({{Class::ALU, 17},
                 {Class::VectorLoad, 22},
                 {Class::VectorMultiply, 33},
                 {Class::Branch, 1}});
  InstructionCounts taps = list({{Class::ALU, 3},
                                 {Class::VectorLoad, 4},
                                 {Class::VectorMultiply, 7},
                                 {Class::Branch, 1}});
  InstructionCounts row =
      list({{Class::ALU, 10}, {Class::Branch, 1}}) + taps * (columns / 2);
  return list({{Class::ALU, 10}, {Class::VectorLoad, 4}, {Class::Branch, 1}}) +
         row * rows;
}

static InstructionCounts countFilter(FilterRowsOp op, const InstructionSet &) {
  int64_t blocks = llvm::divideCeil(static_cast<int64_t>(op.getChannels()), 8);
  return list({{Class::ALU, 22},
               {Class::Load, 4},
               {Class::LoadTwo, 1},
               {Class::Store, 8},
               {Class::Call, 1}}) +
         getFilterBlock(op) * static_cast<double>(blocks);
}

/// filter_pixels with Helium for eight channels of a pixel, results included.
static InstructionCounts getFilterPixelBlock() {
  return list({{Class::ALU, 18},
               {Class::VectorLoad, 23},
               {Class::VectorMultiply, 40},
               {Class::Branch, 2}});
}

/// Beyond that for a last block of fewer, whose sums go through memory.
static InstructionCounts getFilterPixelRest() {
  return list({{Class::ALU, 20},
               {Class::VectorLoad, 6},
               {Class::VectorMultiply, 4},
               {Class::Branch, 3}});
}

static InstructionCounts countFilterPixels(FilterPixelsOp op,
                                           const InstructionSet &) {
  auto channels = static_cast<int64_t>(op.getChannels());
  InstructionCounts pixel = list({{Class::ALU, 8},
                                  {Class::Load, 4},
                                  {Class::Store, 2},
                                  {Class::Branch, 3}});
  pixel += getFilterPixelBlock() *
           static_cast<double>(llvm::divideCeil(channels, 8));
  if (channels % 8 != 0)
    pixel += getFilterPixelRest();
  return list({{Class::ALU, 40},
               {Class::Load, 6},
               {Class::Store, 14},
               {Class::Call, 1}}) +
         pixel * static_cast<double>(op.getPixels());
}

/// What writes a channel to its plane: four elements at a time, in assembly for
/// Thumb-2.
static InstructionCounts getPlaneCopy(FilterPlanesOp op,
                                      const InstructionSet &set) {
  auto columns = static_cast<int64_t>(op.getColumns());
  auto quads = static_cast<double>(columns / 4);
  auto rest = static_cast<double>(columns % 4);
  double one = set.isThumb1 ? 2 : 1;
  InstructionCounts four = list({{Class::ALU, set.isThumb1 ? 14 : 2},
                                 {Class::Load, set.isThumb1 ? 6 : 4},
                                 {Class::Store, 4},
                                 {Class::Branch, 1}});
  InstructionCounts row = list({{Class::ALU, set.isThumb1 ? 14 : 4},
                                {Class::Load, set.isThumb1 ? 6 : 0},
                                {Class::Branch, 4}});
  row += four * quads;
  row +=
      list({{Class::ALU, 2 * one}, {Class::Load, 1}, {Class::Store, 1}}) * rest;
  return list({{Class::ALU, 20},
               {Class::Load, 14},
               {Class::Store, 10},
               {Class::Call, 2}}) +
         row * static_cast<double>(op.getRows());
}

/// The results of a channel by filter_halves of Armv6-M: pairs of columns in
/// each row. Of an odd number the last two are computed by themselves, the
/// first of them once more.
static InstructionCounts getHalfFilter(FilterPlanesOp op) {
  auto columns = static_cast<int64_t>(op.getResultColumns());
  InstructionCounts call = list({{Class::ALU, 85},
                                 {Class::Load, 30},
                                 {Class::Store, 40},
                                 {Class::Branch, 11},
                                 {Class::Call, 1}});
  InstructionCounts row = list({{Class::ALU, 5},
                                {Class::Load, 4},
                                {Class::Store, 1},
                                {Class::Branch, 2}});
  InstructionCounts pair = list({{Class::ALU, 57},
                                 {Class::Load, 34},
                                 {Class::Multiply, 26},
                                 {Class::Store, 2},
                                 {Class::Branch, 5}});
  InstructionCounts perRow =
      row + pair * static_cast<double>(llvm::divideCeil(columns, 2));
  if (columns % 2 != 0)
    perRow += row;
  return call + perRow * static_cast<double>(op.getResultRows());
}

/// The same by filter_pairs, in assembly as well.
static InstructionCounts getPairFilter(FilterPlanesOp op) {
  auto columns = static_cast<int64_t>(op.getResultColumns());
  InstructionCounts call = list({{Class::ALU, 30},
                                 {Class::Load, 22},
                                 {Class::LoadTwo, 8},
                                 {Class::Store, 25},
                                 {Class::Call, 1}});
  InstructionCounts row = list({{Class::ALU, 5},
                                {Class::Load, 1},
                                {Class::LoadTwo, 2},
                                {Class::Store, 1},
                                {Class::Branch, 2}});
  InstructionCounts pair = list({{Class::ALU, 4},
                                 {Class::Load, op.getStride() == 1 ? 1 : 4},
                                 {Class::LoadTwo, 5},
                                 {Class::DualMultiply, 12},
                                 {Class::MultiplyLong, 2},
                                 {Class::Store, 2},
                                 {Class::Branch, 1}});
  InstructionCounts single = list({{Class::ALU, 2},
                                   {Class::Load, 2},
                                   {Class::LoadTwo, 4},
                                   {Class::DualMultiply, 6},
                                   {Class::MultiplyLong, 1},
                                   {Class::Store, 1}});
  row += pair * static_cast<double>(columns / 2);
  if (columns % 2 != 0)
    row += single;
  return call + row * static_cast<double>(op.getResultRows());
}

/// The same by filter_bytes, one result at a time.
static InstructionCounts getByteFilter(FilterPlanesOp op) {
  InstructionCounts call = list({{Class::ALU, 15},
                                 {Class::Load, 28},
                                 {Class::Store, 20},
                                 {Class::Branch, 2},
                                 {Class::Call, 1}});
  InstructionCounts row = list({{Class::ALU, 9},
                                {Class::Load, 7},
                                {Class::Store, 4},
                                {Class::Branch, 2}});
  InstructionCounts result = list({{Class::ALU, 8},
                                   {Class::Load, 16},
                                   {Class::Multiply, 9},
                                   {Class::MultiplyLong, 1},
                                   {Class::Store, 1},
                                   {Class::Branch, 1}});
  row += result * static_cast<double>(op.getResultColumns());
  return call + row * static_cast<double>(op.getResultRows());
}

static InstructionCounts getPlaneFilter(FilterPlanesOp op) {
  switch (op.getForm()) {
  case WindowForm::Pairs:
    return getPairFilter(op);
  case WindowForm::Halves:
    return getHalfFilter(op);
  case WindowForm::Bytes:
  case WindowForm::Vectors:
    return getByteFilter(op);
  }
  llvm_unreachable("no form of planes");
}

/// The planes' padding, then channel by channel.
static InstructionCounts countFilterPlanes(FilterPlanesOp op,
                                           const InstructionSet &set) {
  InstructionCounts padding =
      list({{Class::ALU, 1}, {Class::Store, 1}, {Class::Branch, 1}}) *
      static_cast<double>(op.getPlaneRows() * op.getRowSize());
  InstructionCounts channel = list({{Class::ALU, 8},
                                    {Class::Load, 4},
                                    {Class::Store, 2},
                                    {Class::Branch, 1}}) +
                              getPlaneCopy(op, set) + getPlaneFilter(op);
  return list({{Class::ALU, 20}, {Class::Store, 10}, {Class::Call, 1}}) +
         padding + channel * static_cast<double>(op.getChannels());
}

//===----------------------------------------------------------------------===//
// Requantization of sums
//===----------------------------------------------------------------------===//

/// rescale_row or rescale_pair with Helium. Vectors that are added to or
/// compared take as long as those that are multiplied. What is left of four
/// channels has a predicate.
static InstructionCounts getVectorRescale(int64_t count, bool hasTwo) {
  InstructionCounts four = list({{Class::ALU, 1},
                                 {Class::VectorLoad, hasTwo ? 5 : 3},
                                 {Class::VectorMultiply, hasTwo ? 8 : 4},
                                 {Class::Branch, 1}});
  InstructionCounts counts = four * static_cast<double>(count / 4);
  if (count % 4 != 0)
    counts += four + InstructionCounts(Class::ALU, 10);
  return counts;
}

/// rescale_small_pair for a channel, as half of the results are limited from
/// below.
static InstructionCounts getSmallPairRescale() {
  return list({{Class::ALU, 32},
               {Class::Load, 3},
               {Class::Multiply, 8},
               {Class::Store, 2},
               {Class::Branch, 5}});
}

/// The same of rescale_row or rescale_pair on Armv6-M. The halves of two
/// pixels' products are in memory and upper registers.
static InstructionCounts getThumb1Rescale(bool hasTwo) {
  if (hasTwo)
    return list({{Class::ALU, 72},
                 {Class::Load, 7},
                 {Class::Multiply, 8},
                 {Class::Store, 3},
                 {Class::Branch, 3}});
  return list({{Class::ALU, 36},
               {Class::Load, 2},
               {Class::Multiply, 4},
               {Class::Store, 1},
               {Class::Branch, 1}});
}

/// One channel. The limits of a type are one instruction, others two
/// comparisons and conditional moves.
static InstructionCounts getRescale(RescaleSumsOp op,
                                    const InstructionSet &set) {
  int64_t low = op.getLow(), high = op.getHigh();
  bool hasTypeLimits =
      (low == -128 && high == 127) || (low == 0 && high == 255);
  auto lanes = static_cast<double>(op.getLanes());
  InstructionCounts pixel =
      getUpperHalf(set) + list({{Class::ALU, hasTypeLimits ? 1 : 6},
                                {Class::Load, 1},
                                {Class::Store, 1}});
  return pixel * lanes +
         list({{Class::ALU, lanes}, {Class::Load, 1}, {Class::Branch, 1}});
}

namespace {

struct RescaleSumsModel
    : CountableOpInterface::ExternalModel<RescaleSumsModel, RescaleSumsOp> {
  InstructionCounts getInstructions(Operation *op, const InstructionSet &set,
                                    OperandValues operands) const {
    auto rescale = cast<RescaleSumsOp>(op);
    unsigned index = rescale.getCountMutable().getOperandNumber();
    int64_t count = operands[index].value_or(1);
    bool hasTwo = rescale.getLanes() == 2;
    InstructionCounts call = list({{Class::ALU, 12},
                                   {Class::Load, 2},
                                   {Class::Store, 2},
                                   {Class::Call, 1}});
    if (set.helium)
      return call + getVectorRescale(count, hasTwo);
    InstructionCounts channel = getRescale(rescale, set);
    if (set.isThumb1)
      channel = hasTwo && rescale.getSmallSums() ? getSmallPairRescale()
                                                 : getThumb1Rescale(hasTwo);
    return call + channel * static_cast<double>(count);
  }

  bool isCountedBy(Operation *op, unsigned operand) const {
    return op->getOperand(operand) == cast<RescaleSumsOp>(op).getCount();
  }
};

} // namespace

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

/// A pointer: where it lies is counted with addresses.
static InstructionCounts countPart(MemoryAtOp op, const InstructionSet &) {
  return {Class::ALU, static_cast<double>(op.getIndices().size())};
}

template <typename Op, InstructionCounts (*count)(Op, const InstructionSet &)>
static void attach(MLIRContext &context) {
  Op::template attachInterface<FixedModel<Op, count>>(context);
}

void cost::attachWindowModels(MLIRContext &context) {
  attach<DualMacOp, countDual<DualMacOp>>(context);
  attach<HalfMacOp, countDual<HalfMacOp>>(context);
  attach<JoinHalvesOp, countJoin>(context);
  attach<RescaleOp, countRescale>(context);
  attach<ExpandBytesOp, countExpansion>(context);
  attach<CopyBytesOp, countCopyBytes>(context);
  attach<FillBytesOp, countFillBytes>(context);
  attach<JoinBytesOp, countJoinBytes>(context);
  attach<FilterPixelsOp, countFilterPixels>(context);
  attach<FilterPlanesOp, countFilterPlanes>(context);
  attach<FilterRowsOp, countFilter>(context);
  attach<MemoryAtOp, countPart>(context);
  RescaleSumsOp::attachInterface<RescaleSumsModel>(context);
  WindowDotOp::attachInterface<WindowDotModel>(context);
}
