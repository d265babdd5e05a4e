//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "SyntheticGraph.h"

#include "llvm/ADT/STLExtras.h"
#include <utility>

using namespace lathe::partition;
using llvm::ArrayRef;
using llvm::SmallVector;

namespace {

/// A square feature map.
struct Feature {
  unsigned tensor;
  double size;
  double channels;

  double getBytes() const { return 4 * size * size * channels; }
};

/// Builds the published architecture node by node, each convolution followed by
/// x * sigmoid(x) as ONNX has it.
class YoloBuilder {
public:
  explicit YoloBuilder(unsigned depth) : depth(depth) {}
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
    return add(inputs, 2e-7 * shape.getBytes(), shape);
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
  std::pair<Feature, Feature> split(Feature in) {
    Feature half{0, in.size, in.channels / 2};
    Feature first = touch(in, half);
    Feature second = half;
    second.tensor = graph.addOutput(graph.getNumNodes() - 1, second.getBytes());
    return {first, second};
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
  Feature c3k2(Feature in, double channels) {
    auto [first, second] = split(conv(in, channels));
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
  void addHead(ArrayRef<Feature> levels);

  SyntheticGraph graph;
  unsigned depth;
};

} // namespace

Feature YoloBuilder::attend(Feature in) {
  Feature qkv = convolve(in, 2 * in.channels, 1, 1);
  Feature shaped = touch(qkv, qkv);
  auto [query, rest] = split(shaped);
  auto [key, value] = split(rest);
  Feature scores{0, in.size, in.size * in.size / 8};
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
  Feature all = concat(boxes);
  auto [box, score] = split(all);
  Feature distances = box;
  // The reshapes, the softmax and the sums that make distances of the scores.
  for (unsigned i = 0; i < 12; ++i)
    distances = touch(distances, box);
  auto [low, high] = split(distances);
  Feature center = touch({low, high}, low);
  Feature extent = touch({low, high}, low);
  Feature decoded =
      touch(concat({touch(center, low), touch(extent, low)}), box);
  Feature out = concat({decoded, touch(score, score), concat(masks)});
  graph.want(out.tensor);

  Feature proto = conv(levels.front(), 384, 3);
  proto = conv(convolve(upsample(proto), 384, 2, 1), 384, 3);
  graph.want(conv(proto, 32).tensor);
}

SyntheticGraph YoloBuilder::build() {
  Feature image{0, 640, 3};
  image.tensor = graph.addInput(image.getBytes());
  Feature x = conv(conv(image, 96, 3, 2), 192, 3, 2);
  x = c3k2(x, 384);
  Feature p3 = c3k2(conv(x, 384, 3, 2), 768);
  Feature p4 = c3k2(conv(p3, 768, 3, 2), 768);
  Feature p5 = attention(pool(c3k2(conv(p4, 768, 3, 2), 768)));
  Feature n4 = c3k2(concat({upsample(p5), p4}), 768);
  Feature n3 = c3k2(concat({upsample(n4), p3}), 384);
  Feature m4 = c3k2(concat({conv(n3, 384, 3, 2), n4}), 768);
  Feature m5 = c3k2(concat({conv(m4, 768, 3, 2), p5}), 768);
  addHead({n3, m4, m5});
  return std::move(graph);
}

PlacementProblem
lathe::partition::makeYoloProblem(const SyntheticOptions &options,
                                  unsigned depth) {
  return YoloBuilder(depth).build().finish(options);
}
