//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SyntheticGraph.h"

#include "llvm/ADT/STLExtras.h"
#include <cmath>
#include <utility>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace {

/// A square feature map. Those of all levels together count as a square of as
/// many elements.
struct Feature {
  unsigned tensor;
  double size;
  double channels;

  double getBytes() const { return std::round(4 * size * size * channels); }
};

/// Builds the published architecture node by node, each convolution followed by
/// x * sigmoid(x) as ONNX has it. Work is in 1e9 multiply-accumulates.
class YoloBuilder {
public:
  YoloBuilder(unsigned depth, double productsPerByte)
      : depth(depth), productsPerByte(productsPerByte) {}
  SyntheticGraph build();

private:
  Feature add(ArrayRef<Feature> inputs, double work, Feature shape,
              double weightBytes = 0) {
    SmallVector<unsigned, 8> tensors;
    for (const Feature &input : inputs)
      tensors.push_back(input.tensor);
    shape.tensor = graph.addNode(tensors, work, shape.getBytes(), weightBytes);
    return shape;
  }
  /// A node that reads and writes each element once.
  Feature touch(ArrayRef<Feature> inputs, Feature shape) {
    return add(inputs, 1e-9 * productsPerByte * shape.getBytes(), shape);
  }
  Feature convolve(Feature in, double channels, double kernel, double stride,
                   bool depthwise = false) {
    Feature out{0, in.size / stride, channels};
    double taps = kernel * kernel * (depthwise ? 1 : in.channels);
    return add(in, 1e-9 * taps * channels * out.size * out.size, out,
               4 * taps * channels);
  }
  Feature conv(Feature in, double channels, double kernel = 1,
               double stride = 1, bool depthwise = false) {
    Feature out = convolve(in, channels, kernel, stride, depthwise);
    return touch({out, touch(out, out)}, out);
  }
  Feature concat(ArrayRef<Feature> inputs) {
    Feature out{0, inputs.front().size, 0};
    for (const Feature &input : inputs)
      out.channels += input.channels;
    return touch(inputs, out);
  }
  /// Appends the elements of the levels, which have as many channels each.
  Feature join(ArrayRef<Feature> levels) {
    double area = 0;
    for (const Feature &level : levels)
      area += level.size * level.size;
    return touch(levels, {0, std::sqrt(area), levels.front().channels});
  }
  std::pair<Feature, Feature> split(Feature in, double channels) {
    Feature first = touch(in, {0, in.size, channels});
    Feature second{0, in.size, in.channels - channels};
    second.tensor = graph.addOutput(graph.getNumNodes() - 1, second.getBytes());
    return {first, second};
  }
  std::pair<Feature, Feature> split(Feature in) {
    return split(in, in.channels / 2);
  }
  Feature bottleneck(Feature in) {
    Feature inner = conv(conv(in, in.channels, 3), in.channels, 3);
    return touch({in, inner}, in);
  }
  Feature c3k(Feature in) {
    Feature a = conv(in, in.channels / 2);
    Feature b = conv(in, in.channels / 2);
    a = bottleneck(bottleneck(a));
    return conv(concat({a, b}), in.channels);
  }
  /// Inner blocks have `expansion` times as many channels as the result.
  Feature c3k2(Feature in, double channels, double expansion = 0.5) {
    auto [first, second] = split(conv(in, 2 * expansion * channels));
    SmallVector<Feature, 8> parts = {first, second};
    for (unsigned i = 0; i < depth; ++i)
      parts.push_back(c3k(parts.back()));
    return conv(concat(parts), channels);
  }
  Feature pool(Feature in) {
    SmallVector<Feature, 4> parts = {conv(in, in.channels / 2)};
    for (unsigned i = 0; i < 3; ++i)
      parts.push_back(touch(parts.back(), parts.back()));
    return conv(concat(parts), in.channels);
  }
  Feature attend(Feature in);
  Feature attention(Feature in);
  Feature upsample(Feature in) {
    return touch(in, {0, in.size * 2, in.channels});
  }
  /// A transposed convolution of 2x2 by stride 2: each result is one tap.
  Feature upsampleByProducts(Feature in) {
    Feature wide = upsample(in);
    double products = in.channels * in.channels;
    return add(wide, 1e-9 * products * wide.size * wide.size, wide,
               4 * 4 * products);
  }
  void addHead(ArrayRef<Feature> levels);

  SyntheticGraph graph;
  unsigned depth;
  /// How many multiply-accumulates take as long as a byte that is only moved.
  double productsPerByte;
};

} // namespace

Feature YoloBuilder::attend(Feature in) {
  Feature qkv = convolve(in, 2 * in.channels, 1, 1);
  Feature shaped = touch(qkv, qkv);
  auto [query, rest] = split(shaped);
  auto [key, value] = split(rest);
  // A head for 64 channels.
  Feature scores{0, in.size, in.size * in.size * in.channels / 64};
  double work = 1e-9 * in.channels * in.size * in.size * in.size * in.size;
  Feature product = add({touch(query, query), key}, work, scores);
  Feature weights = touch(touch(product, scores), scores);
  Feature mixed = add({value, touch(weights, scores)}, work, in);
  Feature position = convolve(touch(value, in), in.channels, 3, 1, true);
  Feature sum = touch({touch(mixed, in), position}, in);
  Feature out = touch({in, convolve(sum, in.channels, 1, 1)}, in);
  Feature wide = conv(out, 2 * in.channels);
  return touch({out, convolve(wide, in.channels, 1, 1)}, in);
}

Feature YoloBuilder::attention(Feature in) {
  auto [first, second] = split(conv(in, in.channels));
  second = attend(attend(second));
  return conv(concat({first, second}), in.channels);
}

void YoloBuilder::addHead(ArrayRef<Feature> levels) {
  SmallVector<Feature, 4> boxes;
  SmallVector<Feature, 4> masks;
  for (Feature level : levels) {
    Feature box = convolve(conv(conv(level, 96, 3), 96, 3), 64, 1, 1);
    Feature score = conv(conv(level, level.channels, 3, 1, true), 384);
    score = conv(conv(score, 384, 3, 1, true), 384);
    boxes.push_back(concat({box, convolve(score, 80, 1, 1)}));
    masks.push_back(convolve(conv(conv(level, 96, 3), 96, 3), 32, 1, 1));
  }
  auto [box, score] = split(join(boxes), 64);
  Feature distances = box;
  Feature corners{0, box.size, 4};
  // The reshapes, the softmax and the sums that make distances of the scores.
  for (unsigned i = 0; i < 12; ++i)
    distances = touch(distances, i < 6 ? box : corners);
  auto [low, high] = split(distances);
  Feature center = touch({low, high}, low);
  Feature extent = touch({low, high}, low);
  Feature decoded =
      touch(concat({touch(center, low), touch(extent, low)}), corners);
  Feature out = concat({decoded, touch(score, score), join(masks)});
  graph.want(out.tensor);

  Feature proto = conv(levels.front(), 384, 3);
  proto = conv(upsampleByProducts(proto), 384, 3);
  graph.want(conv(proto, 32).tensor);
}

SyntheticGraph YoloBuilder::build() {
  Feature image{0, 640, 3};
  image.tensor = graph.addInput(image.getBytes());
  Feature x = conv(conv(image, 96, 3, 2), 192, 3, 2);
  x = c3k2(x, 384, 0.25);
  Feature p3 = c3k2(conv(x, 384, 3, 2), 768, 0.25);
  Feature p4 = c3k2(conv(p3, 768, 3, 2), 768);
  Feature p5 = attention(pool(c3k2(conv(p4, 768, 3, 2), 768)));
  Feature n4 = c3k2(concat({upsample(p5), p4}), 768);
  Feature n3 = c3k2(concat({upsample(n4), p3}), 384);
  Feature m4 = c3k2(concat({conv(n3, 384, 3, 2), n4}), 768);
  Feature m5 = c3k2(concat({conv(m4, 768, 3, 2), p5}), 768);
  addHead({n3, m4, m5});
  return std::move(graph);
}

SyntheticGraph lathe::partition::makeYoloGraph(unsigned depth,
                                               double productsPerByte) {
  return YoloBuilder(depth, productsPerByte).build();
}

PlacementProblem
lathe::partition::makeYoloProblem(const SyntheticOptions &options,
                                  unsigned depth) {
  return makeYoloGraph(depth, 200).finish(options);
}
