//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Placement problems of the shapes that real ones have, for tests and
// benchmarks: the same for one seed on any machine.
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_PARTITION_SYNTHETICPROBLEMS_H
#define LATHE_PARTITION_SYNTHETICPROBLEMS_H

#include "lathe/Partition/PlacementProblem.h"

namespace lathe::partition {

struct SyntheticOptions {
  /// At least 1. The first three are a device, an edge server and a cloud
  /// server with the figures of a thesis on split computing (5.13, 2.19 and
  /// 0.076 s for the whole model; 5, 20 and 100 MB/s); others are random, in
  /// between.
  unsigned numDevices = 3;
  unsigned seed = 1;
  /// How many of the nodes with the most work have int8 options as well, with
  /// additive noise.
  unsigned numQuantizable = 0;
  /// Whether each node's time on each device is drawn on its own by a factor
  /// of up to 4, or the devices differ by their speed alone.
  bool unrelatedSpeeds = false;
  /// Whether tensors can also cross as halves, a lossy form.
  bool halfCodec = false;
};

/// A chain.
PlacementProblem makeChainProblem(unsigned numNodes,
                                  const SyntheticOptions &options);

/// The unfused graph of a YOLO11x-seg: C3k2 blocks with splits, concats and
/// skips, a neck with long skips and three heads. 654 nodes; each
/// C3k2 has `depth` inner blocks (2 in the model), so that a larger one grows
/// it.
PlacementProblem makeYoloProblem(const SyntheticOptions &options,
                                 unsigned depth = 2);

/// What the thesis of makeThesisProblem() varies, what it does not publish, and
/// what it lacks.
struct ThesisOptions {
  /// 1 to 3: a device, an edge server, a cloud server.
  unsigned numDevices = 3;
  /// Whether the 12 nodes with the most products have int8 options.
  bool quantizes = true;
  /// What is left of the edge server's time for the whole model with these in
  /// int8, from 0 to 1; if not given, as much as on the other devices.
  std::optional<double> edgeInt8Part;
  /// A byte of a node without products takes as long as this many
  /// multiply-accumulates.
  double productsPerByte = 5;
  /// Whether the image can cross as bytes, which it is made of.
  bool sendsByteImage = false;
  /// Whether other f32 tensors can cross as f16, and as int8. What these lose
  /// is not in the noise.
  bool sendsHalves = false;
  bool sendsInt8 = false;
};

/// YOLO11x-seg over the network of a thesis on split computing of ONNX models,
/// with its figures. It publishes no times of layers: those of the whole model
/// are distributed by multiply-accumulates and bytes. The gain by int8 and the
/// noise, a polynomial of degree 2, are fitted to the published figures of the
/// device alone.
PlacementProblem makeThesisProblem(const ThesisOptions &options);

/// A layered random graph: mostly a chain, with a second or third input from at
/// most `reach` nodes before for one in four nodes, and a few from anywhere.
PlacementProblem makeRandomProblem(unsigned numNodes, unsigned reach,
                                   const SyntheticOptions &options);

/// Replaces the additive noise of the nodes' options by a polynomial of
/// `degree` 1 to 3 in their precisions, like one fitted to measurements: all
/// terms of degree 1, products of each node with up to `numPartners` others, of
/// which one in four is negative.
void setPolynomialNoise(PlacementProblem &problem, unsigned degree,
                        unsigned numPartners, unsigned seed);

/// A small graph with everything that a problem can have, for brute force:
/// pins, codecs, missing links, several inputs and outputs, several consumers.
PlacementProblem makeTinyProblem(unsigned numNodes, unsigned numDevices,
                                 unsigned seed);

} // namespace lathe::partition

#endif // LATHE_PARTITION_SYNTHETICPROBLEMS_H
