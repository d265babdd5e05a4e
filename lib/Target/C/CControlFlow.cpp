//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Prints scf: loops, conditionals and the variables they assign.
//
//===----------------------------------------------------------------------===//

#include "CFunctionPrinter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace lathe {

//===----------------------------------------------------------------------===//
// Variables
//===----------------------------------------------------------------------===//

std::string CFunctionPrinter::declareInitialized(Value value, Value init) {
  CType type = function.getType(value);
  // The initial value is read before the name is in use.
  CExpr expression = expressions.printAs(init, type);
  std::string name = claimName(value);
  line() << type.str() << " " << name << " = " << expression.text << ";\n";
  return name;
}

/// The symbol of an operation that C can combine with an assignment.
static StringRef getCompoundSymbol(Operation *op) {
  return TypeSwitch<Operation *, StringRef>(op)
      .Case<arith::AddFOp, arith::AddIOp>([](auto) { return "+"; })
      .Case<arith::SubFOp, arith::SubIOp>([](auto) { return "-"; })
      .Case<arith::MulFOp, arith::MulIOp>([](auto) { return "*"; })
      .Case<arith::DivFOp>([](auto) { return "/"; })
      .Default([](Operation *) { return ""; });
}

void CFunctionPrinter::printAssignment(StringRef target, Value source,
                                       const CExpr &value) {
  Operation *op =
      function.plan.isInlined(source) ? source.getDefiningOp() : nullptr;
  StringRef symbol = op ? getCompoundSymbol(op) : "";
  // Helpers that wrap around are calls, narrow integers need a conversion.
  bool combines =
      !symbol.empty() && (value.precedence == Precedence::Additive ||
                          value.precedence == Precedence::Multiplicative);
  auto isTarget = [&](Value operand) {
    return !function.plan.isInlined(operand) &&
           function.variables.lookup(operand) == target;
  };
  std::optional<unsigned> other;
  if (combines && isTarget(op->getOperand(0)))
    other = 1;
  else if (combines && op->hasTrait<OpTrait::IsCommutative>() &&
           isTarget(op->getOperand(1)))
    other = 0;
  if (!other) {
    line() << target << " = " << value.text << ";\n";
    return;
  }
  std::string operand = expressions.print(op->getOperand(*other)).text;
  if (operand == "1" && symbol == "+")
    line() << "++" << target << ";\n";
  else
    line() << target << " " << symbol << "= " << operand << ";\n";
}

namespace {

struct Assignment {
  std::string target;
  Value source;
  StringSet<> reads;
};

} // namespace

void CFunctionPrinter::printAssignments(ArrayRef<std::string> targets,
                                        ValueRange sources) {
  SmallVector<Assignment> pending;
  for (auto [target, source] : llvm::zip(targets, sources)) {
    if (!function.plan.isInlined(source) &&
        function.variables.lookup(source) == target)
      continue;
    Assignment assignment{target, source, {}};
    expressions.collectReads(source, assignment.reads);
    pending.push_back(std::move(assignment));
  }
  // An assignment may go first when no other still reads its target.
  auto isFree = [&](const Assignment &candidate) {
    return llvm::none_of(pending, [&](const Assignment &other) {
      return &other != &candidate && other.reads.contains(candidate.target);
    });
  };
  SmallVector<std::pair<std::string, std::string>> postponed;
  while (!pending.empty()) {
    auto *next = llvm::find_if(pending, isFree);
    bool isCycle = next == pending.end();
    if (isCycle)
      next = pending.begin();
    CType type = function.getType(next->source);
    CExpr value = expressions.printAs(next->source, type);
    if (isCycle) {
      std::string name = scopes.back()->claim(next->target + "_next");
      line() << "const " << type.str() << " " << name << " = " << value.text
             << ";\n";
      postponed.emplace_back(next->target, name);
    } else {
      printAssignment(next->target, next->source, value);
    }
    pending.erase(next);
  }
  for (const auto &[target, name] : postponed)
    line() << target << " = " << name << ";\n";
}

void CFunctionPrinter::printYield(scf::YieldOp op) {
  printAssignments(yieldTargets[op], op.getOperands());
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

void CFunctionPrinter::printFor(scf::ForOp op) {
  SmallVector<std::string> targets;
  for (auto [argument, init, result] :
       llvm::zip(op.getRegionIterArgs(), op.getInitArgs(), op.getResults())) {
    std::string name;
    if (canTakeOver(init, op, /*mayReadInside=*/false)) {
      name = function.variables[init];
      function.variables[argument] = name;
    } else {
      name = declareInitialized(argument, init);
    }
    function.variables[result] = name;
    targets.push_back(name);
  }
  yieldTargets[op.getBody()->getTerminator()] = targets;

  printLoop(op.getInductionVar(), op.getLowerBound(), op.getUpperBound(),
            op.getStep(), [&] { printBlock(*op.getBody()); });
}

void CFunctionPrinter::printLoop(Value iv, Value lower, Value upper, Value step,
                                 llvm::function_ref<void()> printBody) {
  CType type = function.getType(iv);
  std::string first = expressions.printAs(lower, type).text;
  std::string end = expressions.print(upper).text;
  std::string increment = expressions.print(step).text;
  std::string name;
  std::string body = capture([&] {
    name = claimName(iv);
    printBody();
  });
  line() << "for (" << type.str() << " " << name << " = " << first << "; "
         << name << " < " << end << "; ";
  if (increment == "1")
    *os << "++" << name;
  else
    *os << name << " += " << increment;
  *os << ") {\n" << body;
  line() << "}\n";
}

void CFunctionPrinter::printParallel(scf::ParallelOp op, unsigned dimension) {
  if (op.getNumResults() != 0)
    return function.reportUnsupported(op, "a parallel loop has no results");
  if (dimension == op.getNumLoops())
    return printBlock(*op.getBody());
  printLoop(op.getInductionVars()[dimension], op.getLowerBound()[dimension],
            op.getUpperBound()[dimension], op.getStep()[dimension],
            [&] { printParallel(op, dimension + 1); });
}

void CFunctionPrinter::printWhile(scf::WhileOp op) {
  SmallVector<std::string> targets;
  for (auto [argument, init] :
       llvm::zip(op.getBeforeArguments(), op.getInits()))
    targets.push_back(declareInitialized(argument, init));
  yieldTargets[op.getYieldOp()] = targets;

  // What the condition passes on is one of the loop's variables, or becomes
  // one.
  scf::ConditionOp condition = op.getConditionOp();
  SmallVector<std::string> forwarded;
  SmallVector<Value> sources;
  for (auto [index, source] : llvm::enumerate(condition.getArgs())) {
    Value result = op.getResult(index);
    auto argument = dyn_cast<BlockArgument>(source);
    std::string name;
    if (argument && argument.getOwner() == op.getBeforeBody()) {
      name = function.variables[source];
    } else {
      name = claimName(result);
      line() << function.getType(result).str() << " " << name << ";\n";
      forwarded.push_back(name);
      sources.push_back(source);
    }
    function.variables[result] = name;
    function.variables[op.getAfterArguments()[index]] = name;
  }

  CExpr test;
  bool testsFirst = false;
  std::string body = capture([&] {
    printBlock(*op.getBeforeBody());
    test = expressions.print(condition.getCondition());
    // The test may read what the assignments overwrite.
    if (!forwarded.empty() && test.precedence != Precedence::Primary) {
      std::string name = scopes.back()->claim("again");
      line() << "const int " << name << " = " << test.text << ";\n";
      test = CExpr::variable(name, CType::getBool());
    }
    printAssignments(forwarded, sources);
    testsFirst = os->tell() == 0;
    if (!testsFirst) {
      line() << "if (" << CExpr::unary("!", test, CType()).text << ") {\n";
      line() << "  break;\n";
      line() << "}\n";
    }
    printBlock(*op.getAfterBody());
  });
  line() << (testsFirst ? "while (" + test.text + ")" : "for (;;)") << " {\n"
         << body;
  line() << "}\n";
}

//===----------------------------------------------------------------------===//
// Conditionals
//===----------------------------------------------------------------------===//

void CFunctionPrinter::printIfResults(scf::IfOp op) {
  SmallVector<std::string> targets;
  StringSet<> taken;
  for (auto [index, result] : llvm::enumerate(op.getResults())) {
    // A branch that passes a variable through lends it to the result, so that
    // the other one updates it in place.
    std::string name;
    for (scf::YieldOp yield : {op.elseYield(), op.thenYield()}) {
      Value source = yield.getOperand(index);
      if (function.plan.isInlined(source) ||
          op->isAncestor(source.getParentBlock()->getParentOp()))
        continue;
      std::string candidate = function.variables.lookup(source);
      if (!taken.contains(candidate) && canTakeOver(source, op, true)) {
        name = candidate;
        break;
      }
    }
    if (name.empty()) {
      name = claimName(result);
      line() << function.getType(result).str() << " " << name << ";\n";
    }
    function.variables[result] = name;
    taken.insert(name);
    targets.push_back(name);
  }
  yieldTargets[op.thenYield()] = targets;
  yieldTargets[op.elseYield()] = targets;
}

/// True if the else branch is one more conditional, which may follow as
/// `else if`.
bool CFunctionPrinter::isElseIf(scf::IfOp op) {
  if (op.getNumResults() != 0)
    return false;
  unsigned numStatements = 0;
  for (Operation &inner : op.elseBlock()->without_terminator())
    numStatements += !function.plan.isInlined(&inner);
  auto inner = dyn_cast<scf::IfOp>(*std::prev(op.elseBlock()->end(), 2));
  return numStatements == 1 && inner && inner.getNumResults() == 0;
}

void CFunctionPrinter::printIf(scf::IfOp op) {
  if (op.getNumResults() > 0)
    printIfResults(op);
  CExpr condition = expressions.print(op.getCondition());
  std::string thenText = capture([&] { printBlock(*op.thenBlock()); });
  std::string elseText;
  bool chains = op.elseBlock() && op.elseBlock()->getOperations().size() > 1 &&
                isElseIf(op);
  if (op.elseBlock()) {
    if (chains)
      --depth;
    elseText = capture([&] { printBlock(*op.elseBlock()); });
    if (chains)
      ++depth;
  }
  if (thenText.empty() && elseText.empty())
    return;
  if (thenText.empty()) {
    condition = CExpr::unary("!", condition, CType::getBool());
    std::swap(thenText, elseText);
    chains = false;
  }
  line() << "if (" << condition.text << ") {\n" << thenText;
  if (elseText.empty()) {
    line() << "}\n";
  } else if (chains) {
    line() << "} else " << StringRef(elseText).ltrim();
  } else {
    line() << "} else {\n" << elseText;
    line() << "}\n";
  }
}

} // namespace lathe
