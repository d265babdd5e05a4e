//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Support vector machines of ai.onnx.ml: a product of the samples with all
// support vectors, the kernel function, and a product with a constant matrix.
//
//===----------------------------------------------------------------------===//

#include "../Converters.h"
#include "../LoopBuilder.h"
#include "../OperatorRegistry.h"
#include "Scores.h"
#include "Trees.h"

#include "lathe/Support/HostTensorAttr.h"
#include "mlir/Dialect/Math/IR/Math.h"

#include <optional>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

namespace {

enum class SVMKernel { Linear, Polynomial, RadialBasis, Sigmoid };

/// The attributes that classifiers and regressors share.
struct SupportVectors {
  explicit SupportVectors(NodeContext &node);

  /// The kernel function of each sample with `count` vectors: [N, count].
  Value evaluate(NodeContext &node, Value samples, ArrayRef<double> vectors,
                 int64_t count) const;

  SVMKernel kernel;
  SmallVector<double> parameters, coefficients, vectors, rho;
};

} // namespace

SupportVectors::SupportVectors(NodeContext &node)
    : kernel(node.getChoice<SVMKernel>("kernel_type", "LINEAR",
                                       {{"LINEAR", SVMKernel::Linear},
                                        {"POLY", SVMKernel::Polynomial},
                                        {"RBF", SVMKernel::RadialBasis},
                                        {"SIGMOID", SVMKernel::Sigmoid}})),
      parameters(node.getFloats("kernel_params", {0, 0, 0})),
      coefficients(node.getFloats("coefficients")),
      vectors(node.getFloats("support_vectors")), rho(node.getFloats("rho")) {
  if (parameters.size() != 3)
    (void)node.error("attribute 'kernel_params' must be gamma, coef0 and "
                     "degree");
  if (rho.empty())
    (void)node.error("attribute 'rho' is empty");
}

Value SupportVectors::evaluate(NodeContext &node, Value samples,
                               ArrayRef<double> rows, int64_t count) const {
  if (node.hasFailed())
    return {};
  Type element = getElement(samples);
  int64_t features = getShape(samples)[1], batch = getShape(samples)[0];
  if (count < 1 || count > INT32_MAX ||
      static_cast<int64_t>(rows.size()) != count * features)
    return (void)node.error("there are " + Twine(rows.size()) +
                            " numbers for " + Twine(count) + " vectors of " +
                            Twine(features) + " features"),
           Value();
  auto number = [&](double value) { return node.createScalar(value, element); };
  Value matrix =
      node.createReshape(createRow(node, rows, element), {count, features});
  if (kernel == SVMKernel::RadialBasis) {
    Value distance =
        node.create<SubOp>(node.createReshape(samples, {batch, 1, features}),
                           node.createReshape(matrix, {1, count, features}));
    Value square = node.create<ReduceOp>(
        node.create<MulOp>(distance, distance), ReduceKind::Sum,
        /*axes=*/int64_t(2), /*keep_dims=*/false);
    return node.create<ExpOp>(
        node.create<MulOp>(square, number(-parameters[0])));
  }
  Value product = node.create<MatMulOp>(
      samples, node.createTranspose(matrix, {1, 0}), Value());
  if (kernel == SVMKernel::Linear)
    return product;
  Value scaled =
      node.create<AddOp>(node.create<MulOp>(product, number(parameters[0])),
                         number(parameters[1]));
  return kernel == SVMKernel::Sigmoid
             ? node.create<TanhOp>(scaled)
             : node.create<PowOp>(scaled, number(parameters[2]));
}

/// `matrix`, given row by row, as a constant [rows, columns].
static Value createMatrix(NodeContext &node, ArrayRef<double> matrix,
                          int64_t rows, Type element) {
  int64_t columns = static_cast<int64_t>(matrix.size()) / rows;
  return node.createReshape(createRow(node, matrix, element), {rows, columns});
}

//===----------------------------------------------------------------------===//
// Regression
//===----------------------------------------------------------------------===//

static LogicalResult convertSVMRegressor(NodeContext &node) {
  Value samples = getSamples(node);
  SupportVectors machine(node);
  PostTransform transform = getPostTransform(node);
  bool isOneClass = node.getBool("one_class", false);
  int64_t count = node.getInt("n_supports", 0);
  if (node.hasFailed())
    return failure();
  Type element = getElement(samples);
  Value scores;
  if (count > 0) {
    Value kernels = machine.evaluate(node, samples, machine.vectors, count);
    if (static_cast<int64_t>(machine.coefficients.size()) != count)
      return node.error("there are " + Twine(machine.coefficients.size()) +
                        " coefficients for " + Twine(count) +
                        " support vectors");
    scores = node.create<MatMulOp>(
        kernels, createMatrix(node, machine.coefficients, count, element),
        Value());
  } else {
    machine.kernel = SVMKernel::Linear;
    scores = machine.evaluate(node, samples, machine.coefficients, 1);
  }
  if (node.hasFailed())
    return failure();
  scores =
      node.create<AddOp>(scores, node.createScalar(machine.rho[0], element));
  if (isOneClass) {
    Value isInside = node.create<CompareOp>(ComparePredicate::GT, scores,
                                            node.createScalar(0, element));
    scores = node.create<SelectOp>(isInside, node.createScalar(1, element),
                                   node.createScalar(-1, element));
  }
  return setRegression(node, transform, scores);
}

//===----------------------------------------------------------------------===//
// Classification
//===----------------------------------------------------------------------===//

namespace {

/// One against one: a score for each pair of classes (LIBSVM, section 7).
struct PairwiseMachine {
  int64_t classes;
  SmallVector<int64_t> vectorsPerClass;
  SmallVector<double> probA, probB;

  int64_t getNumPairs() const { return classes * (classes - 1) / 2; }
  /// None if the numbers are negative or too large to be true.
  std::optional<int64_t> countVectors() const;
  int64_t getNumVectors() const { return countVectors().value_or(0); }
  /// Calls `visit` with the classes of each pair and its number.
  void forEachPair(function_ref<void(int64_t, int64_t, int64_t)> visit) const {
    int64_t pair = 0;
    for (int64_t i = 0; i < classes; ++i)
      for (int64_t j = i + 1; j < classes; ++j)
        visit(i, j, pair++);
  }
  /// What the kernels [N, vectors] are multiplied by to get the scores of
  /// pairs.
  SmallVector<double> getPairWeights(ArrayRef<double> coefficients) const;
  /// How many pairs each class wins: [N, classes].
  Value countVotes(NodeContext &node, Value scores) const;
  /// The probabilities of classes from those of pairs.
  Value couple(NodeContext &node, Value scores) const;
};

} // namespace

std::optional<int64_t> PairwiseMachine::countVectors() const {
  int64_t sum = 0;
  for (int64_t count : vectorsPerClass)
    if (count < 0 || count > INT32_MAX || (sum += count) > INT32_MAX)
      return std::nullopt;
  return sum;
}

SmallVector<double>
PairwiseMachine::getPairWeights(ArrayRef<double> coefficients) const {
  int64_t vectors = getNumVectors(), pairs = getNumPairs();
  SmallVector<double> weights(vectors * pairs, 0);
  SmallVector<int64_t> begins = {0};
  for (int64_t count : vectorsPerClass)
    begins.push_back(begins.back() + count);
  forEachPair([&](int64_t i, int64_t j, int64_t pair) {
    for (int64_t v = begins[i]; v < begins[i + 1]; ++v)
      weights[v * pairs + pair] = coefficients[(j - 1) * vectors + v];
    for (int64_t v = begins[j]; v < begins[j + 1]; ++v)
      weights[v * pairs + pair] = coefficients[i * vectors + v];
  });
  return weights;
}

Value PairwiseMachine::countVotes(NodeContext &node, Value scores) const {
  Type element = getElement(scores);
  int64_t pairs = getNumPairs();
  // A pair's vote goes to its second class, or by its score to the first.
  SmallVector<double> moves(pairs * classes, 0), base(classes, 0);
  forEachPair([&](int64_t i, int64_t j, int64_t pair) {
    moves[pair * classes + i] = 1;
    moves[pair * classes + j] = -1;
    base[j] += 1;
  });
  Value isFirst = node.create<CompareOp>(ComparePredicate::GT, scores,
                                         node.createScalar(0, element));
  Value won =
      node.create<MatMulOp>(node.castTo(isFirst, element),
                            createMatrix(node, moves, pairs, element), Value());
  return node.create<AddOp>(won, createRow(node, base, element));
}

namespace {

/// Pairwise coupling (Wu, Lin and Weng, Probability estimates for multi-class
/// classification by pairwise coupling, 2004, algorithm 2), with LIBSVM's
/// bounds on error and iterations.
class Coupling {
public:
  /// `pairwise` [N, pairs] holds how probable the first class of each pair is.
  Coupling(NodeContext &node, const PairwiseMachine &machine, Value pairwise)
      : machine(machine), classes(machine.classes),
        element(getElement(pairwise)), batch(getShape(pairwise)[0]),
        loops(node, "Coupling", pairwise,
              RankedTensorType::get({batch, classes}, element),
              {Scratch{{classes, classes}, element},
               Scratch{{classes, classes}, element},
               Scratch{{classes}, element}}),
        p(loops.getOutput(0)), r(loops.getScratch(0)), q(loops.getScratch(1)),
        qp(loops.getScratch(2)) {}

  Value build();

private:
  Scalar number(double value) { return loops.getConstant(element, value); }
  Scalar index(int64_t value) { return loops.getIndex(value); }
  Scalar sum(function_ref<Scalar(Scalar)> term);
  /// Fills r[i, j], how probable i is of classes i and j.
  void readPairs(Scalar n);
  /// Fills Q (equation 27): r[j, t]^2 summed over j for t, t, else
  /// -r[j, t] r[t, j].
  void fillMatrix();
  /// Fills Qp and returns the product of p with it.
  Scalar multiply(Scalar n);
  /// Changes each p[t] in turn, and all of them so that their sum stays one.
  void improve(Scalar n, Scalar pqp);

  const PairwiseMachine &machine;
  int64_t classes;
  Type element;
  int64_t batch;
  LoopBuilder loops;
  Memory p, r, q, qp;
};

} // namespace

Scalar Coupling::sum(function_ref<Scalar(Scalar)> term) {
  return loops.fold(index(0), index(classes), number(0),
                    [&](Scalar i, Scalar total) { return total + term(i); });
}

void Coupling::readPairs(Scalar n) {
  machine.forEachPair([&](int64_t i, int64_t j, int64_t pair) {
    Scalar value = loops.clamp(loops.getInput(0).load({n, index(pair)}),
                               number(1e-7), number(1 - 1e-7));
    r.store({index(i), index(j)}, value);
    r.store({index(j), index(i)}, number(1) - value);
  });
  for (int64_t i = 0; i < classes; ++i)
    r.store({index(i), index(i)}, number(0));
}

void Coupling::fillMatrix() {
  loops.forShape({classes, classes}, [&](ArrayRef<Scalar> at) {
    Scalar square = sum([&](Scalar j) {
      Scalar x = r.load({j, at[0]});
      return x * x;
    });
    Scalar product =
        number(0) - r.load({at[1], at[0]}) * r.load({at[0], at[1]});
    q.store(at, loops.select(at[0] == at[1], square, product));
  });
}

Scalar Coupling::multiply(Scalar n) {
  loops.forEach(classes, [&](Scalar t) {
    qp.store(t, sum([&](Scalar j) { return q.load({t, j}) * p.load({n, j}); }));
  });
  return sum([&](Scalar t) { return p.load({n, t}) * qp.load(t); });
}

void Coupling::improve(Scalar n, Scalar pqp) {
  loops.fold(index(0), index(classes), pqp, [&](Scalar t, Scalar pqp) {
    Scalar diagonal = q.load({t, t});
    Scalar step = (pqp - qp.load(t)) / diagonal, scale = step + 1;
    p.store({n, t}, p.load({n, t}) + step);
    Scalar next =
        (pqp + step * (step * diagonal + qp.load(t) * 2)) / scale / scale;
    loops.forEach(classes, [&](Scalar j) {
      qp.store(j, (qp.load(j) + step * q.load({t, j})) / scale);
      p.store({n, j}, p.load({n, j}) / scale);
    });
    return next;
  });
}

Value Coupling::build() {
  double count = static_cast<double>(classes);
  double most = static_cast<double>(std::max<int64_t>(100, classes));
  using Scalars = LoopBuilder::Scalars;
  loops.forEach(batch, [&](Scalar n) {
    readPairs(n);
    fillMatrix();
    loops.forEach(classes,
                  [&](Scalar t) { p.store({n, t}, number(1 / count)); });
    // Carries the number of iterations and whether to go on.
    loops.repeatWhile(
        {index(0), loops.getBool(true)},
        [&](ArrayRef<Scalar> state) { return (state[0] < most) & state[1]; },
        [&](ArrayRef<Scalar> state) -> Scalars {
          Scalar pqp = multiply(n);
          Scalar error = loops.fold(
              index(0), index(classes), number(0),
              [&](Scalar t, Scalar largest) {
                return loops.max(largest,
                                 loops.apply<math::AbsFOp>(qp.load(t) - pqp));
              });
          Scalar goesOn = error >= 0.005 / count;
          loops.when(goesOn, [&] { improve(n, pqp); });
          return {state[0] + 1, goesOn};
        });
  });
  return loops.finish().front();
}

Value PairwiseMachine::couple(NodeContext &node, Value scores) const {
  if (node.hasFailed())
    return {};
  Type element = getElement(scores);
  Value a = createRow(node, probA, element);
  Value b = createRow(node, probB, element);
  Value exponent = node.create<AddOp>(node.create<MulOp>(scores, a), b);
  // 1 - logistic(x) = logistic(-x)
  Value pairwise = applyPostTransform(node, PostTransform::Logistic,
                                      node.create<NegOp>(exponent));
  return node.hasFailed() ? Value() : Coupling(node, *this, pairwise).build();
}

/// Votes decide between several classes; for two, the score or the probability
/// does.
static LogicalResult convertPairwise(NodeContext &node, Value samples,
                                     const SupportVectors &machine,
                                     const PairwiseMachine &pairs,
                                     const ClassLabels &labels,
                                     PostTransform transform) {
  Type element = getElement(samples);
  int64_t vectors = pairs.getNumVectors(), numPairs = pairs.getNumPairs();
  bool hasProbabilities = !pairs.probA.empty();
  auto isCount = [](size_t size, int64_t count) {
    return static_cast<int64_t>(size) == count;
  };
  if (pairs.classes < 2 ||
      !isCount(pairs.vectorsPerClass.size(), pairs.classes) ||
      !isCount(machine.coefficients.size(), (pairs.classes - 1) * vectors) ||
      !isCount(machine.rho.size(), numPairs) ||
      (hasProbabilities && (!isCount(pairs.probA.size(), numPairs) ||
                            !isCount(pairs.probB.size(), numPairs))))
    return node.error("the numbers of labels, support vectors, coefficients, "
                      "rho and prob_a do not go together");
  // The matrices below grow with the third power of what the file holds.
  double rows = double(std::max(pairs.classes, vectors));
  if (failed(node.checkTable(double(numPairs) * rows)))
    return failure();
  Value kernels = machine.evaluate(node, samples, machine.vectors, vectors);
  if (node.hasFailed())
    return failure();
  Value bias =
      node.createReshape(createRow(node, machine.rho, element), numPairs);
  Value scores = node.create<MatMulOp>(
      kernels,
      createMatrix(node, pairs.getPairWeights(machine.coefficients), vectors,
                   element),
      bias);
  Value label = labels.getLargest(node, pairs.countVotes(node, scores));
  if (hasProbabilities)
    scores = pairs.couple(node, scores);
  else if (pairs.classes == 2)
    scores = createOppositeScores(node, scores);
  return setClassification(node, label, transform, scores);
}

static LogicalResult convertSVMClassifier(NodeContext &node) {
  Value samples = getSamples(node);
  ClassLabels labels(node, "classlabels_ints", "classlabels_strings");
  SupportVectors machine(node);
  PostTransform transform = getPostTransform(node);
  PairwiseMachine pairs{labels.size(), node.getInts("vectors_per_class"),
                        node.getFloats("prob_a"), node.getFloats("prob_b")};
  if (!pairs.countVectors())
    (void)node.error("attribute 'vectors_per_class' holds numbers that are "
                     "negative or too large");
  if (node.hasFailed())
    return failure();
  if (pairs.getNumVectors() > 0)
    return convertPairwise(node, samples, machine, pairs, labels, transform);
  // Without support vectors the coefficients are those of linear scores.
  machine.kernel = SVMKernel::Linear;
  Value scores =
      machine.evaluate(node, samples, machine.coefficients, labels.size());
  if (node.hasFailed())
    return failure();
  scores = node.create<AddOp>(
      scores, node.createScalar(machine.rho[0], getElement(samples)));
  Value label = labels.getLargest(node, scores);
  return setClassification(node, label, transform, scores);
}

void lathe::frontend::addSupportVectorMachines(OperatorRegistry &registry) {
  registry.addInDomain(mlDomain, "SVMRegressor", {1, newestMlOpset}, 1,
                       convertSVMRegressor);
  registry
      .addInDomain(mlDomain, "SVMClassifier", {1, newestMlOpset}, 1,
                   convertSVMClassifier)
      .lacks("labels that are strings: the scores can be returned");
}
