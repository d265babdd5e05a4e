//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Einsum: sums of products of tensors, decomposed into transposes, matrix
// products and reductions.
//
//===----------------------------------------------------------------------===//

#include "Converters.h"
#include "NodeContext.h"
#include "OperatorRegistry.h"

#include "llvm/ADT/StringExtras.h"

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

namespace {

/// The names of a tensor's dimensions: letters, and for those that an ellipsis
/// stands for, numbers beyond all letters, 256 the last dimension.
using Labels = SmallVector<unsigned>;

constexpr unsigned lastOfEllipsis = 256;

bool isLetter(unsigned label) { return label < lastOfEllipsis; }

/// A tensor whose dimensions have names, none twice.
struct Term {
  Value value;
  Labels labels;
};

/// One evaluation of an equation.
class Einsum {
public:
  explicit Einsum(NodeContext &node) : node(node) {}

  LogicalResult convert();

private:
  LogicalResult parse(StringRef equation);
  std::optional<Labels> parseTerm(StringRef text, int64_t rank);
  LogicalResult parseOutput(StringRef text);
  void inferOutput();
  LogicalResult bindExtents();

  Term createTerm(Value value, Labels labels);
  void takeDiagonal(Term &term);
  void sumOut(Term &term, ArrayRef<Labels> later);
  Term multiply(Term lhs, Term rhs, ArrayRef<Labels> later);
  Term createProduct(Term lhs, Term rhs, ArrayRef<unsigned> batch,
                     ArrayRef<unsigned> summed);
  Value arrange(const Term &term, ArrayRef<ArrayRef<unsigned>> groups);
  SmallVector<int64_t> getExtents(ArrayRef<unsigned> labels);
  bool isNeeded(unsigned label, ArrayRef<Labels> later) const;

  NodeContext &node;
  SmallVector<Labels> operands;
  Labels output;
  /// How many dimensions the longest ellipsis stands for.
  unsigned ellipsisRank = 0;
  DenseMap<unsigned, int64_t> extents;
};

} // namespace

//===----------------------------------------------------------------------===//
// The equation
//===----------------------------------------------------------------------===//

std::optional<Labels> Einsum::parseTerm(StringRef text, int64_t rank) {
  Labels labels;
  std::optional<size_t> ellipsis;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i).starts_with("...") && !ellipsis) {
      ellipsis = labels.size();
      i += 2;
    } else if (llvm::isAlpha(text[i])) {
      labels.push_back(text[i]);
    } else {
      (void)node.error("the equation holds '" + text.substr(i, 1) +
                       "' where a letter or one ellipsis may stand");
      return std::nullopt;
    }
  }
  int64_t rest = rank - static_cast<int64_t>(labels.size());
  if (rest < 0 || (rest > 0 && !ellipsis)) {
    (void)node.error("term '" + text + "' of the equation does not name the " +
                     Twine(rank) + " dimensions of its input");
    return std::nullopt;
  }
  // Ellipses are aligned at their ends, as shapes are that broadcast.
  for (int64_t i = 0; i < rest; ++i)
    labels.insert(labels.begin() + *ellipsis + i,
                  lastOfEllipsis + static_cast<unsigned>(rest - 1 - i));
  ellipsisRank = std::max(ellipsisRank, static_cast<unsigned>(rest));
  return labels;
}

LogicalResult Einsum::parseOutput(StringRef text) {
  int64_t letters = llvm::count_if(text, llvm::isAlpha);
  bool hasEllipsis = text.contains('.');
  std::optional<Labels> parsed =
      parseTerm(text, letters + (hasEllipsis ? ellipsisRank : 0));
  if (!parsed)
    return failure();
  output = *parsed;
  for (unsigned label : output) {
    if (llvm::count(output, label) > 1)
      return node.error("the equation's output names '" +
                        Twine(static_cast<char>(label)) + "' twice");
    if (isLetter(label) && llvm::none_of(operands, [&](const Labels &labels) {
          return llvm::is_contained(labels, label);
        }))
      return node.error("the equation's output names '" +
                        Twine(static_cast<char>(label)) +
                        "', which no input has");
  }
  return success();
}

/// Without an output, it has the ellipsis and the letters that occur once, in
/// the order of the alphabet.
void Einsum::inferOutput() {
  for (unsigned i = ellipsisRank; i-- > 0;)
    output.push_back(lastOfEllipsis + i);
  for (unsigned label = 0; label < lastOfEllipsis; ++label) {
    int64_t uses = 0;
    for (const Labels &labels : operands)
      uses += llvm::count(labels, label);
    if (uses == 1)
      output.push_back(label);
  }
}

LogicalResult Einsum::parse(StringRef equation) {
  std::string compact = equation.str();
  llvm::erase(compact, ' ');
  auto [left, right] = StringRef(compact).split("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != node.getNumInputs())
    return node.error("the equation has " + Twine(terms.size()) +
                      " terms for " + Twine(node.getNumInputs()) + " inputs");
  for (auto [term, input] : llvm::zip_equal(terms, node.getInputs())) {
    if (!input)
      return node.error("an input is missing");
    std::optional<Labels> labels = parseTerm(term, getRank(input));
    if (!labels)
      return failure();
    operands.push_back(*labels);
  }
  if (StringRef(compact).contains("->"))
    return parseOutput(right);
  inferOutput();
  return success();
}

/// The extent of each label: the same in all inputs, or 1 in some of them.
LogicalResult Einsum::bindExtents() {
  for (auto [labels, input] : llvm::zip_equal(operands, node.getInputs()))
    for (auto [label, extent] : llvm::zip_equal(labels, getShape(input))) {
      int64_t &bound = extents.try_emplace(label, extent).first->second;
      if (bound == 1)
        bound = extent;
      if (extent != bound && extent != 1)
        return node.error("a dimension of the equation is " + Twine(bound) +
                          " in one input and " + Twine(extent) + " in another");
    }
  return success();
}

//===----------------------------------------------------------------------===//
// Single terms
//===----------------------------------------------------------------------===//

SmallVector<int64_t> Einsum::getExtents(ArrayRef<unsigned> labels) {
  return llvm::map_to_vector(
      labels, [&](unsigned label) { return extents.lookup(label); });
}

/// The term's dimensions as groups in that order, each made one dimension.
Value Einsum::arrange(const Term &term, ArrayRef<ArrayRef<unsigned>> groups) {
  SmallVector<int64_t> permutation, shape;
  for (ArrayRef<unsigned> group : groups) {
    shape.push_back(ShapedType::getNumElements(getExtents(group)));
    for (unsigned label : group)
      permutation.push_back(llvm::find(term.labels, label) -
                            term.labels.begin());
  }
  return node.createReshape(node.createTranspose(term.value, permutation),
                            shape);
}

/// Replaces the first two dimensions of one name by their diagonal. With these
/// two at the end and joined, its elements are n + 1 apart.
void Einsum::takeDiagonal(Term &term) {
  for (unsigned second = 0; second < term.labels.size(); ++second) {
    unsigned label = term.labels[second];
    unsigned first = llvm::find(term.labels, label) - term.labels.begin();
    if (first == second || node.hasFailed())
      continue;
    SmallVector<int64_t> permutation, shape;
    Labels labels;
    for (unsigned dim = 0; dim < term.labels.size(); ++dim) {
      if (dim == first || dim == second)
        continue;
      permutation.push_back(dim);
      shape.push_back(getShape(term.value)[dim]);
      labels.push_back(term.labels[dim]);
    }
    int64_t extent = getShape(term.value)[first];
    permutation.append({first, second});
    shape.push_back(extent * extent);
    Value joined = node.createReshape(
        node.createTranspose(term.value, permutation), shape);
    SmallVector<int64_t> offsets(shape.size(), 0), steps(shape.size(), 1);
    shape.back() = extent;
    steps.back() = extent + 1;
    labels.push_back(label);
    term = {node.create<SliceOp>(joined, offsets, shape, steps), labels};
    return takeDiagonal(term);
  }
}

/// A term in which no dimension stands twice and none is broadcast.
Term Einsum::createTerm(Value value, Labels labels) {
  SmallVector<int64_t> shape;
  Labels kept;
  for (auto [label, extent] : llvm::zip_equal(labels, getShape(value))) {
    if (extent == 1 && extents.lookup(label) != 1)
      continue;
    kept.push_back(label);
    shape.push_back(extent);
  }
  Term term{node.createReshape(value, shape), kept};
  takeDiagonal(term);
  return term;
}

bool Einsum::isNeeded(unsigned label, ArrayRef<Labels> later) const {
  return llvm::is_contained(output, label) ||
         llvm::any_of(later, [&](const Labels &labels) {
           return llvm::is_contained(labels, label);
         });
}

/// Sums over the dimensions that neither the output nor `later` terms have.
void Einsum::sumOut(Term &term, ArrayRef<Labels> later) {
  SmallVector<int64_t> axes;
  Labels kept;
  for (auto [dim, label] : llvm::enumerate(term.labels)) {
    if (isNeeded(label, later))
      kept.push_back(label);
    else
      axes.push_back(dim);
  }
  if (axes.empty() || node.hasFailed())
    return;
  term = {node.create<ReduceOp>(term.value, ReduceKind::Sum, axes,
                                /*keep_dims=*/false),
          kept};
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Both terms share `batch` and `summed`. What they have besides is the product
/// of [batch, own, summed] and [batch, summed, own]; where nothing is summed,
/// that is an elementwise product, which fuses.
Term Einsum::createProduct(Term lhs, Term rhs, ArrayRef<unsigned> batch,
                           ArrayRef<unsigned> summed) {
  auto getOwn = [&](const Term &term) {
    Labels own;
    for (unsigned label : term.labels)
      if (!llvm::is_contained(batch, label) &&
          !llvm::is_contained(summed, label))
        own.push_back(label);
    return own;
  };
  Labels left = getOwn(lhs), right = getOwn(rhs);
  Term result;
  result.labels.assign(batch.begin(), batch.end());
  llvm::append_range(result.labels, left);
  llvm::append_range(result.labels, right);
  // Without a batch these are plain matrices, so that constants are weights.
  SmallVector<ArrayRef<unsigned>> leftGroups, rightGroups;
  if (!batch.empty()) {
    leftGroups.push_back(batch);
    rightGroups.push_back(batch);
  }
  leftGroups.append({left, summed});
  rightGroups.append({summed, right});
  Value a = arrange(lhs, leftGroups), b = arrange(rhs, rightGroups);
  Value product = summed.empty() ? node.create<MulOp>(a, b)
                                 : node.create<MatMulOp>(a, b, Value());
  result.value = node.createReshape(product, getExtents(result.labels));
  return result;
}

Term Einsum::multiply(Term lhs, Term rhs, ArrayRef<Labels> later) {
  Labels batch, summed;
  for (unsigned label : lhs.labels)
    if (llvm::is_contained(rhs.labels, label))
      (isNeeded(label, later) ? batch : summed).push_back(label);
  // What only one of them has is summed before they meet.
  SmallVector<Labels> afterLeft(later), afterRight(later);
  afterLeft.push_back(rhs.labels);
  afterRight.push_back(lhs.labels);
  sumOut(lhs, afterLeft);
  sumOut(rhs, afterRight);
  if (node.hasFailed())
    return {};
  return createProduct(std::move(lhs), std::move(rhs), batch, summed);
}

LogicalResult Einsum::convert() {
  if (failed(parse(node.getString("equation", ""))) || failed(bindExtents()))
    return failure();
  // Matrix products of narrow integers have wider results.
  Type element = getElement(node.getInput(0));
  bool isNarrow = element.isInteger() && element.getIntOrFloatBitWidth() < 32;
  Type wide = isNarrow ? Type(node.getBuilder().getI32Type()) : element;
  Term result;
  for (auto [i, input] : llvm::enumerate(node.getInputs())) {
    if (getElement(input) != element)
      return node.error("the inputs differ in type");
    Term term = createTerm(node.castTo(input, wide), operands[i]);
    auto later = ArrayRef(operands).drop_front(i + 1);
    result = i == 0 ? term : multiply(result, term, later);
    if (node.hasFailed())
      return failure();
  }
  sumOut(result, {});
  if (node.hasFailed())
    return failure();
  SmallVector<ArrayRef<unsigned>> groups;
  for (unsigned &label : output)
    groups.push_back(label);
  return node.setResults(node.castTo(arrange(result, groups), element));
}

static LogicalResult convertEinsum(NodeContext &node) {
  return Einsum(node).convert();
}

void lathe::frontend::addEinsum(OperatorRegistry &registry) {
  registry.add("Einsum", {12}, {1, Inputs::any}, convertEinsum);
}
