//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Lathe's ops on integers. What is a function in C is counted as GCC 12
// compiles it with -O2 for a Cortex-M4: the numbers are those of its
// instructions.
//
//===----------------------------------------------------------------------===//

#include "Models.h"

#include "lathe/Dialect/Lathe/IR/LatheDotOps.h"
#include "lathe/Dialect/Lathe/IR/LatheMemoryOps.h"
#include "lathe/Dialect/Lathe/IR/LathePairOps.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::cost;
using Class = InstructionClass;

namespace {

/// Numbers of instructions, as they are read off a listing.
struct Listing {
  double alu = 0, load = 0, loadTwo = 0, store = 0, dual = 0, branch = 0;

  InstructionCounts get() const {
    InstructionCounts counts(Class::ALU, alu);
    counts[Class::Load] = load;
    counts[Class::LoadTwo] = loadTwo;
    counts[Class::Store] = store;
    counts[Class::DualMultiply] = dual;
    counts[Class::Branch] = branch;
    return counts;
  }
};

} // namespace

template <typename Op>
static InstructionCounts countDual(Op, const InstructionSet &) {
  return Class::DualMultiply;
}

static InstructionCounts countJoin(JoinHalvesOp, const InstructionSet &) {
  return Class::ALU;
}

/// A product of two words, rounded, of which the upper one is shifted and added
/// to.
static InstructionCounts countRescale(RescaleOp op, const InstructionSet &set) {
  constexpr int64_t half = int64_t(1) << 31;
  bool isUpperHalf =
      op.getShift() == 32 && (op.getOffset() - half) % (2 * half) == 0;
  // SMMLAR does all of it.
  if (isUpperHalf && set.dsp)
    return Class::MultiplyLong;
  double afterwards = isUpperHalf ? 1 : 2;
  // Two signs, three moves, the sum of two words.
  if (set.isThumb1)
    return InstructionCounts(Class::MultiplyLong) +
           InstructionCounts(Class::ALU, 9 + afterwards);
  // SMLAL to the two words of what rounds.
  return InstructionCounts(Class::MultiplyLong) +
         InstructionCounts(Class::ALU, 2 + afterwards);
}

/// Inlined where it is used: a loop for four bytes at a time and a rest.
static InstructionCounts countExpansion(ExpandBytesOp op,
                                        const InstructionSet &) {
  int64_t count = static_cast<int64_t>(op.getCount()), rest = count % 4;
  Listing before{/*alu=*/5};
  Listing four{/*alu=*/4,   /*load=*/1, /*loadTwo=*/0,
               /*store=*/2, /*dual=*/0,
               /*branch=*/1};
  Listing last{/*alu=*/static_cast<double>(rest != 0),
               /*load=*/static_cast<double>(rest), /*loadTwo=*/0,
               /*store=*/rest == 3 ? 2.0
               : rest != 0         ? 1.0
                                   : 0.0};
  // One step alone is no loop.
  if (count / 4 == 1) {
    before.alu = 2;
    four.alu = 2;
    four.branch = 0;
  }
  return before.get() + four.get() * static_cast<double>(count / 4) +
         last.get();
}

namespace {

/// For two pixels; a step of the inner loop takes two words of each.
struct PairDotModel
    : CountableOpInterface::ExternalModel<PairDotModel, PairDotOp> {
  InstructionCounts getInstructions(Operation *op, const InstructionSet &,
                                    OperandValues operands) const {
    auto dot = cast<PairDotOp>(op);
    Listing call{/*alu=*/14, /*load=*/1, /*loadTwo=*/1, /*store=*/3};
    Listing block{/*alu=*/16,  /*load=*/3, /*loadTwo=*/3,
                  /*store=*/8, /*dual=*/0, /*branch=*/1};
    Listing step{/*alu=*/7,   /*load=*/1,  /*loadTwo=*/4,
                 /*store=*/0, /*dual=*/16, /*branch=*/1};
    double blocks = getBlocks(dot, operands);
    double steps = static_cast<double>(dot.getWords()) / PairConvOp::wordBlock;
    return call.get() + InstructionCounts(Class::Call) +
           (block.get() + step.get() * steps) * blocks;
  }

  bool isCountedBy(Operation *op, unsigned operand) const {
    return op->getOperand(operand) == cast<PairDotOp>(op).getBlocks();
  }

  /// Their number may depend on the iteration, as in the last of several parts.
  template <typename Op>
  static double getBlocks(Op dot, OperandValues operands) {
    unsigned index = dot.getBlocksMutable().getOperandNumber();
    return static_cast<double>(operands[index].value_or(1));
  }
};

/// For one row; a step takes eight bytes.
struct PairRowDotModel
    : CountableOpInterface::ExternalModel<PairRowDotModel, PairRowDotOp> {
  InstructionCounts getInstructions(Operation *op, const InstructionSet &,
                                    OperandValues operands) const {
    auto dot = cast<PairRowDotOp>(op);
    Listing call{/*alu=*/10, /*load=*/2, /*loadTwo=*/0, /*store=*/2};
    Listing block{/*alu=*/9,   /*load=*/2, /*loadTwo=*/2,
                  /*store=*/4, /*dual=*/0, /*branch=*/1};
    Listing step{/*alu=*/16,  /*load=*/10, /*loadTwo=*/0,
                 /*store=*/0, /*dual=*/16, /*branch=*/1};
    auto count = static_cast<int64_t>(dot.getCount());
    auto steps =
        static_cast<double>(llvm::divideCeil(count, PairConvOp::rowElements));
    return call.get() + InstructionCounts(Class::Call) +
           (block.get() + step.get() * steps) *
               PairDotModel::getBlocks(dot, operands);
  }

  bool isCountedBy(Operation *op, unsigned operand) const {
    return op->getOperand(operand) == cast<PairRowDotOp>(op).getBlocks();
  }
};

} // namespace

/// A pointer: where it lies is counted with addresses.
static InstructionCounts countPart(MemoryAtOp op, const InstructionSet &) {
  return {Class::ALU, static_cast<double>(op.getIndices().size())};
}

template <typename Op, InstructionCounts (*count)(Op, const InstructionSet &)>
static void attach(MLIRContext &context) {
  Op::template attachInterface<FixedModel<Op, count>>(context);
}

void cost::attachPairModels(MLIRContext &context) {
  attach<DualMacOp, countDual<DualMacOp>>(context);
  attach<HalfMacOp, countDual<HalfMacOp>>(context);
  attach<JoinHalvesOp, countJoin>(context);
  attach<RescaleOp, countRescale>(context);
  attach<ExpandBytesOp, countExpansion>(context);
  attach<MemoryAtOp, countPart>(context);
  PairDotOp::attachInterface<PairDotModel>(context);
  PairRowDotOp::attachInterface<PairRowDotModel>(context);
}
