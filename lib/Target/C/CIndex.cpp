//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Linear indices: how views add up and how C prints them.
//
//===----------------------------------------------------------------------===//

#include "CExpression.h"
#include "CTemplate.h"
#include "lathe/Target/Common/CLiterals.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace lathe {

void LinearIndex::add(OpFoldResult value, int64_t factor) {
  if (std::optional<int64_t> number = getConstantIntValue(value)) {
    constant += *number * factor;
    return;
  }
  auto [it, isNew] = terms.insert({cast<Value>(value), factor});
  if (!isNew)
    it->second += factor;
}

namespace {

struct Term {
  CExpr value;
  int64_t factor;
};

} // namespace

/// `sum + factor * value`, where `sum` may still be empty.
static CExpr addTerm(const std::optional<CExpr> &sum, const Term &term,
                     CType type) {
  bool isNegative = term.factor < 0;
  int64_t magnitude = isNegative ? -term.factor : term.factor;
  CExpr value = term.value;
  if (magnitude != 1)
    value = CExpr::binary(
        value, "*", {markNumber(magnitude), Precedence::Primary, type, true},
        Precedence::Multiplicative, type);
  if (sum)
    return CExpr::binary(*sum, isNegative ? "-" : "+", value,
                         Precedence::Additive, type);
  return isNegative ? CExpr::unary("-", value, type) : value;
}

/// The sum of `terms`, which are sorted by falling factor, in Horner form where
/// the factors nest: `(ih * 56 + iw) * 24 + c`.
static CExpr printHorner(ArrayRef<Term> terms, CType type) {
  int64_t last = terms.back().factor;
  int64_t unit = last < 0 ? -last : last;
  size_t numOuter = terms.size();
  while (numOuter > 0 && std::abs(terms[numOuter - 1].factor) == unit)
    --numOuter;
  ArrayRef<Term> outer = terms.take_front(numOuter);
  bool nests =
      llvm::all_of(outer, [&](const Term &t) { return t.factor % unit == 0; });

  std::optional<CExpr> sum;
  if (!outer.empty()) {
    SmallVector<Term> reduced(outer.begin(), outer.end());
    if (nests)
      for (Term &term : reduced)
        term.factor /= unit;
    sum = printHorner(reduced, type);
  }
  // Only a sum of several terms is worth a common factor.
  bool factorsOut = nests && unit != 1 && terms.size() > 1;
  for (Term term : terms.drop_front(numOuter)) {
    if (factorsOut)
      term.factor /= unit;
    sum = addTerm(sum, term, type);
  }
  return factorsOut ? addTerm(std::nullopt, {*sum, unit}, type) : *sum;
}

CExpr CExpressionPrinter::printIndex(const LinearIndex &index) {
  unsigned width = function.file.indexWidth;
  CType type = CType::getSigned(width);
  auto isGreater = [](const Term &a, const Term &b) {
    return std::abs(a.factor) > std::abs(b.factor);
  };
  SmallVector<Term> terms;
  for (auto [value, factor] : index.terms) {
    if (factor == 0)
      continue;
    Term term{printWide(value, width), factor};
    terms.insert(llvm::upper_bound(terms, term, isGreater), term);
  }
  if (terms.empty())
    return {index.constant < 0 ? formatCInteger(index.constant)
                               : markNumber(index.constant),
            index.constant < 0 ? Precedence::Unary : Precedence::Primary, type,
            true};
  CExpr sum = printHorner(terms, type);
  if (index.constant == 0)
    return sum;
  bool isNegative = index.constant < 0;
  int64_t magnitude = isNegative ? -index.constant : index.constant;
  CExpr offset{markNumber(magnitude), Precedence::Primary, type, true};
  return CExpr::binary(sum, isNegative ? "-" : "+", offset,
                       Precedence::Additive, type);
}

CExpr CExpressionPrinter::printElement(Value memref, ValueRange indices) {
  const CBuffer &buffer = function.buffers[memref];
  auto [strides, offset] =
      cast<MemRefType>(memref.getType()).getStridesAndOffset();
  LinearIndex index = buffer.offset;
  for (auto [value, stride] : llvm::zip(indices, strides))
    index.add(value, stride);
  std::optional<CType> type =
      CType::get(buffer.elementType, function.file.indexWidth);
  // i1 lies in memory as uint8_t.
  if (buffer.elementType.isInteger(1))
    type = CType::getUnsigned(8);
  return {buffer.pointer + "[" + printIndex(index).text + "]",
          Precedence::Primary, type.value_or(CType())};
}

CExpr CExpressionPrinter::printAddress(StringRef pointer,
                                       const LinearIndex &offset) {
  if (offset.isZero())
    return CExpr::variable(pointer.str(), CType());
  return {("&" + pointer + "[" + printIndex(offset).text + "]").str(),
          Precedence::Unary, CType()};
}

CExpr CExpressionPrinter::printPointer(Value memref) {
  const CBuffer &buffer = function.buffers[memref];
  return printAddress(buffer.pointer, buffer.offset);
}

CExpr CExpressionPrinter::printPointer(Value memref, Value index) {
  const CBuffer &buffer = function.buffers[memref];
  LinearIndex offset = buffer.offset;
  offset.add(index, 1);
  return printAddress(buffer.pointer, offset);
}

} // namespace lathe
