//===- ChannelRescale.cpp - Requantization behind a product ---------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ChannelRescale.h"

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace lathe;

/// Limits around `value`, which becomes what is limited.
template <typename Op> static std::optional<int64_t> takeLimit(Value &value) {
  auto limit = value.getDefiningOp<Op>();
  if (!limit)
    return std::nullopt;
  std::optional<int64_t> bound = getConstantIntValue(limit.getRhs());
  if (bound)
    value = limit.getLhs();
  return bound;
}

/// Whether `op` reads `root` element by element, and a second tensor by the
/// last index alone.
static bool hasChannelFactor(linalg::GenericOp op, Value root) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 ||
      op.getNumReductionLoops() != 0 || op.getDpsInputs()[0] != root)
    return false;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  return maps[0].isIdentity() && maps[2].isIdentity() &&
         maps[1].getNumResults() == 1 &&
         maps[1].getResult(0) ==
             getAffineDimExpr(op.getNumLoops() - 1, op.getContext());
}

std::optional<ChannelRescale> ChannelRescale::match(const KernelBody &body,
                                                    Value root) {
  if (body.stores.size() != 1)
    return std::nullopt;
  auto generic = body.stores[0].tensor.getDefiningOp<linalg::GenericOp>();
  if (!generic || !hasChannelFactor(generic, root))
    return std::nullopt;
  auto yield = cast<linalg::YieldOp>(generic.getBody()->getTerminator());
  auto narrow = yield.getOperand(0).getDefiningOp<arith::TruncIOp>();
  if (!narrow || !narrow.getType().isInteger(8))
    return std::nullopt;
  Value value = narrow.getIn();
  std::optional<int64_t> high = takeLimit<arith::MinSIOp>(value);
  std::optional<int64_t> low = takeLimit<arith::MaxSIOp>(value);
  auto rescale = value.getDefiningOp<RescaleOp>();
  constexpr int64_t half = int64_t(1) << 31;
  if (!low || !high || !rescale || rescale.getShift() != 32 ||
      rescale.getX() != generic.getBody()->getArgument(0) ||
      rescale.getFactor() != generic.getBody()->getArgument(1) ||
      (rescale.getOffset() & (2 * half - 1)) != half)
    return std::nullopt;
  auto memory = cast<MemRefType>(body.stores[0].memref.getType());
  if (memory.getRank() != cast<RankedTensorType>(root.getType()).getRank() ||
      !memory.areTrailingDimsContiguous(memory.getRank()))
    return std::nullopt;
  return ChannelRescale{generic.getDpsInputs()[1], body.stores[0].memref,
                        static_cast<int64_t>(rescale.getOffset()) >> 32, *low,
                        *high};
}
