//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Discrete Fourier transforms: products with a matrix, or where that were large
// a fast transform.
//
//===----------------------------------------------------------------------===//

#include "Fourier.h"

#include "LoopBuilder.h"

#include "lathe/Support/HostTensorAttr.h"

#include <cmath>

using namespace mlir;
using namespace lathe;
using namespace lathe::frontend;

/// exp(∓2πi number / length), towards frequency with the upper sign.
static std::array<double, 2> getRoot(const Fourier &transform, int64_t number) {
  // Reduced first, so that the angle is exact for any product.
  double turn = double(number % transform.length) / double(transform.length);
  double angle = 2 * M_PI * turn;
  return {std::cos(angle),
          transform.isInverse ? std::sin(angle) : -std::sin(angle)};
}

/// A tensor of `element`, which is a float.
static Value createFloats(NodeContext &node, ArrayRef<int64_t> shape,
                          ArrayRef<double> values, Type element) {
  std::optional<ElementKind> kind = getElementKind(element);
  if (!kind)
    return (void)node.error("elements of this type are not supported"), Value();
  HostTensor tensor(*kind, shape);
  for (auto [i, value] : llvm::enumerate(values))
    tensor.setDouble(i, value);
  return node.createConstant(tensor);
}

//===----------------------------------------------------------------------===//
// As a matrix
//===----------------------------------------------------------------------===//

/// The matrix [points * parts, outputs * parts] of the transform.
static Value createMatrix(NodeContext &node, const Fourier &transform,
                          int64_t points, int64_t parts, Type element) {
  int64_t outputs = transform.getNumOutputs();
  int64_t outputParts = transform.getNumParts();
  double scale = transform.isInverse ? 1.0 / double(transform.length) : 1.0;
  SmallVector<double> values;
  for (int64_t point = 0; point < points; ++point)
    for (int64_t part = 0; part < parts; ++part)
      for (int64_t output = 0; output < outputs; ++output) {
        auto [real, imaginary] = getRoot(transform, point * output);
        // Each point that the spectrum leaves out is the mirror image of one
        // that it has, and adds the same to the real result.
        bool isMirrored =
            outputParts == 1 && point != 0 && 2 * point != transform.length;
        double factor = isMirrored ? 2 * scale : scale;
        // i times the root is (-imaginary, real).
        values.push_back(factor * (part == 0 ? real : -imaginary));
        if (outputParts == 2)
          values.push_back(factor * (part == 0 ? imaginary : real));
      }
  return createFloats(node, {points * parts, outputs * outputParts}, values,
                      element);
}

static Value multiplyMatrix(NodeContext &node, Value rows,
                            const Fourier &transform) {
  ArrayRef<int64_t> shape = getShape(rows);
  int64_t points = std::min(shape[1], transform.getNumInputs());
  int64_t parts = shape[2], batch = shape[0];
  const int64_t starts[] = {0, 0, 0}, steps[] = {1, 1, 1};
  const int64_t sizes[] = {batch, points, parts};
  Value used = node.create<SliceOp>(rows, ArrayRef(starts), ArrayRef(sizes),
                                    ArrayRef(steps));
  Value matrix = createMatrix(node, transform, points, parts, getElement(rows));
  Value flat = node.createReshape(used, {batch, points * parts});
  return node.createReshape(
      node.create<MatMulOp>(flat, matrix, Value()),
      {batch, transform.getNumOutputs(), transform.getNumParts()});
}

//===----------------------------------------------------------------------===//
// Fast
//===----------------------------------------------------------------------===//

namespace {

/// A complex number in loops.
struct Complex {
  Scalar real, imaginary;
};

Complex operator+(Complex a, Complex b) {
  return {a.real + b.real, a.imaginary + b.imaginary};
}

Complex operator*(Complex a, Complex b) {
  return {a.real * b.real - a.imaginary * b.imaginary,
          a.real * b.imaginary + a.imaginary * b.real};
}

/// The Stockham form of the fast Fourier transform for mixed radices
/// (C. Van Loan, Computational Frameworks for the Fast Fourier Transform, 1992,
/// section 1.7): each pass reads one row of the scratch and writes the other,
/// and the points end in order without a permutation.
class FastTransform {
public:
  FastTransform(LoopBuilder &loops, const Fourier &transform)
      : loops(loops), transform(transform), rows(loops.getInput(0)),
        roots(loops.getInput(1)), result(loops.getOutput(0)),
        scratch(loops.getScratch(0)) {}

  void build();

private:
  void readRow(Scalar row);
  void mirror();
  void pass(int64_t factor, int64_t length);
  void writeRow(Scalar row);
  Complex load(Scalar place) {
    Scalar side = loops.getIndex(from);
    return {scratch.load({side, place, loops.getIndex(0)}),
            scratch.load({side, place, loops.getIndex(1)})};
  }
  void store(int64_t side, Scalar place, Complex value) {
    scratch.store({loops.getIndex(side), place, loops.getIndex(0)}, value.real);
    scratch.store({loops.getIndex(side), place, loops.getIndex(1)},
                  value.imaginary);
  }
  Complex loadRoot(Scalar number) {
    return {roots.load({number, loops.getIndex(0)}),
            roots.load({number, loops.getIndex(1)})};
  }

  LoopBuilder &loops;
  const Fourier &transform;
  Memory rows, roots, result, scratch;
  /// The side of the scratch that the next pass reads.
  int64_t from = 0;
};

} // namespace

/// Reads a row, with zeros behind its points.
void FastTransform::readRow(Scalar row) {
  Scalar zero = loops.getConstant(scratch.getComputeType(), 0);
  int64_t points = std::min(rows.getExtent(1), transform.getNumInputs());
  auto read = [&](Scalar place, int64_t part) {
    if (part >= rows.getExtent(2))
      return zero;
    return loops.cast(rows.load({row, place, loops.getIndex(part)}),
                      scratch.getComputeType());
  };
  loops.forEach(points, [&](Scalar place) {
    store(from, place, {read(place, 0), read(place, 1)});
  });
  loops.forEach(loops.getIndex(points), loops.getIndex(transform.length),
                [&](Scalar place) { store(from, place, {zero, zero}); });
  if (transform.isOneSided && transform.isInverse)
    mirror();
}

/// Fills in the half of the spectrum of a real signal that mirrors the other.
/// The imaginary parts of the points without an image do not count.
void FastTransform::mirror() {
  int64_t length = transform.length;
  Scalar zero = loops.getConstant(scratch.getComputeType(), 0);
  auto makeReal = [&](int64_t place) {
    Scalar index = loops.getIndex(place);
    store(from, index, {load(index).real, zero});
  };
  makeReal(0);
  if (length % 2 == 0)
    makeReal(length / 2);
  loops.forEach(loops.getIndex(transform.getHalf()), loops.getIndex(length),
                [&](Scalar place) {
                  Complex image = load(loops.getIndex(length) - place);
                  store(from, place, {image.real, zero - image.imaginary});
                });
}

/// Splits the transforms of `length` points, of which there are as many as
/// interleave to all, into `factor` shorter ones each.
void FastTransform::pass(int64_t factor, int64_t length) {
  int64_t stride = transform.length / length, part = length / factor;
  loops.forShape({part, factor, stride}, [&](ArrayRef<Scalar> at) {
    Scalar p = at[0], j = at[1], q = at[2];
    Scalar zero = loops.getConstant(scratch.getComputeType(), 0);
    Scalar init[] = {zero, zero};
    auto sum = loops.fold(
        loops.getIndex(0), loops.getIndex(factor), init,
        [&](Scalar t, ArrayRef<Scalar> before) -> LoopBuilder::Scalars {
          Scalar place = p + t * double(part);
          // The root of `length` is one of all points, `stride` as far on.
          Scalar number = j * place % loops.getIndex(length) * double(stride);
          Complex next = Complex{before[0], before[1]} +
                         load(place * double(stride) + q) * loadRoot(number);
          return {next.real, next.imaginary};
        });
    store(1 - from, (p * double(factor) + j) * double(stride) + q,
          {sum[0], sum[1]});
  });
  from = 1 - from;
}

void FastTransform::writeRow(Scalar row) {
  double scale = transform.isInverse ? 1.0 / double(transform.length) : 1.0;
  loops.forEach(transform.getNumOutputs(), [&](Scalar place) {
    Complex value = load(place);
    result.store({row, place, loops.getIndex(0)}, value.real * scale);
    if (transform.getNumParts() == 2)
      result.store({row, place, loops.getIndex(1)}, value.imaginary * scale);
  });
}

void FastTransform::build() {
  loops.forEach(rows.getExtent(0), [&](Scalar row) {
    from = 0;
    readRow(row);
    int64_t rest = transform.length;
    for (int64_t factor = 2; rest > 1;) {
      if (factor * factor > rest)
        factor = rest;
      if (rest % factor != 0) {
        ++factor;
        continue;
      }
      pass(factor, rest);
      rest /= factor;
    }
    writeRow(row);
  });
}

static Value runFast(NodeContext &node, Value rows, const Fourier &transform) {
  Type element = getElement(rows);
  Type compute = element.isF64() ? element : node.getBuilder().getF32Type();
  SmallVector<double> roots;
  for (int64_t i = 0; i < transform.length; ++i)
    llvm::append_range(roots, getRoot(transform, i));
  Value table = createFloats(node, {transform.length, 2}, roots, compute);
  LoopBuilder loops(
      node, "DFT", {rows, table},
      RankedTensorType::get({getShape(rows)[0], transform.getNumOutputs(),
                             transform.getNumParts()},
                            element),
      Scratch{{2, transform.length, 2}, compute});
  FastTransform(loops, transform).build();
  return loops.finish().front();
}

Value frontend::createFourier(NodeContext &node, Value rows,
                              const Fourier &transform) {
  if (node.hasFailed())
    return {};
  // A matrix product is the faster one where it is small, since it runs in
  // vectors, and its matrix must not dwarf the rest of the program.
  constexpr int64_t largestMatrix = 1 << 15;
  int64_t elements = transform.getNumInputs() * getShape(rows)[2] *
                     transform.getNumOutputs() * transform.getNumParts();
  return elements <= largestMatrix ? multiplyMatrix(node, rows, transform)
                                   : runFast(node, rows, transform);
}
