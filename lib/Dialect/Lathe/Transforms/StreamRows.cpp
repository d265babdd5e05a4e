//===- StreamRows.cpp - Run chains of kernels by rows ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Splits the kernels, in their order, into those that run as they are and
// chains that run by rows, so that the bytes live at the busiest step are few:
// by dynamic programming over the steps, for a bound on these bytes, which a
// binary search lowers as far as the instructions that rows cost allow.
//
//===----------------------------------------------------------------------===//

#include "KernelGraph.h"
#include "StreamPlan.h"

#include "lathe/Dialect/Lathe/Transforms/Passes.h"
#include "lathe/Dialect/Lathe/Transforms/Storage.h"

namespace lathe {
#define GEN_PASS_DEF_STREAMROWS
#include "lathe/Dialect/Lathe/Transforms/Passes.h.inc"
} // namespace lathe

using namespace mlir;
using namespace lathe;

namespace {

/// Kernels from one step to another, run in one way.
struct Segment {
  unsigned first, last;
  /// Rows of the last one's result in each step; 0 to run the kernels one after
  /// the other.
  int64_t rows = 0;
  int64_t bytes = 0;
  double overhead = 0;
};

/// All ways to run the kernels of a function, and what they need.
class Segmentation {
public:
  explicit Segmentation(const KernelGraph &graph) : graph(graph) {
    for (unsigned step = 0; step < graph.getKernels().size(); ++step) {
      addKernel(step);
      addChains(step);
    }
  }

  /// The bytes of any segment, in ascending order.
  SmallVector<int64_t> getBounds() const;
  /// The segments of at most `bound` bytes that cost least; none if there are
  /// no such.
  std::optional<SmallVector<Segment>> choose(int64_t bound) const;
  /// The bytes of the busiest step if no chain runs by rows.
  int64_t getPeak() const;

private:
  /// Longer chains have many line buffers, and gain little.
  static constexpr unsigned maxLength = 12;

  void addKernel(unsigned step);
  void addChains(unsigned last);
  int64_t getLiveBytes(unsigned first, unsigned last) const;
  int64_t getSharedBytes(
      unsigned first, unsigned last,
      llvm::function_ref<std::optional<int64_t>(Value)> getLead) const;

  const KernelGraph &graph;
  /// By their last steps.
  std::vector<Segment> segments;
};

} // namespace

/// The bytes that live in any of the steps from `first` to `last`, but for what
/// lies between the kernels of a chain.
int64_t Segmentation::getLiveBytes(unsigned first, unsigned last) const {
  int64_t bytes = 0;
  for (const auto &[root, lifetime] : graph.getRoots()) {
    bool isInner = root.getDefiningOp<KernelOp>() && lifetime.first >= first &&
                   lifetime.last <= last && lifetime.first < last;
    if (lifetime.first <= last && lifetime.last >= first && !isInner)
      bytes += lifetime.bytes;
  }
  return bytes;
}

/// The bytes that the result of the steps shares with an input of them, which
/// `getLead` asks how far the result is ahead of.
int64_t Segmentation::getSharedBytes(
    unsigned first, unsigned last,
    llvm::function_ref<std::optional<int64_t>(Value)> getLead) const {
  KernelOp kernel = graph.getKernels()[last];
  if (kernel.getNumResults() != 1)
    return 0;
  auto result = graph.getRoots().find(kernel.getResult(0));
  if (result == graph.getRoots().end())
    return 0;
  int64_t most = 0;
  for (const auto &[root, lifetime] : graph.getRoots()) {
    if (lifetime.first >= first && root.getDefiningOp<KernelOp>())
      continue;
    if (lifetime.last < first || lifetime.last > last)
      continue;
    std::optional<int64_t> lead = getLead(root);
    if (!lead)
      continue;
    int64_t together = std::max(lifetime.bytes + *lead, result->second.bytes);
    most = std::max(most, lifetime.bytes + result->second.bytes - together);
  }
  return most;
}

void Segmentation::addKernel(unsigned step) {
  KernelOp kernel = graph.getKernels()[step];
  Segment segment{step, step};
  Value over = graph.getInPlaceRoot(step);
  auto getLead = [&](Value root) -> std::optional<int64_t> {
    if (root == over)
      return 0;
    for (unsigned i = 0; i < kernel.getInputs().size(); ++i)
      if (graph.getWholeRoot(step, i) == root)
        return getWriteLead(kernel, i);
    return std::nullopt;
  };
  segment.bytes = getLiveBytes(step, step) + kernel.getScratch() -
                  getSharedBytes(step, step, getLead);
  segments.push_back(segment);
}

/// Adds the chains that end with kernel number `last`.
void Segmentation::addChains(unsigned last) {
  for (unsigned length = 2; length <= std::min(last + 1, maxLength); ++length) {
    unsigned first = last + 1 - length;
    ArrayRef<KernelOp> kernels = graph.getKernels().slice(first, length);
    // A kernel that cannot run by rows ends all longer chains.
    if (!getKernelRows(kernels.front()))
      return;
    for (int64_t rows : {1, 2, 4, 8}) {
      std::optional<StreamPlan> plan = StreamPlan::create(kernels, rows);
      if (!plan)
        continue;
      Segment segment{first, last, rows};
      segment.bytes = getLiveBytes(first, last) + plan->getScratchBytes() -
                      getSharedBytes(first, last, [&](Value root) {
                        return plan->getWriteLead(root);
                      });
      segment.overhead = plan->getOverhead();
      segments.push_back(segment);
    }
  }
}

SmallVector<int64_t> Segmentation::getBounds() const {
  SmallVector<int64_t> bounds;
  for (const Segment &segment : segments)
    bounds.push_back(segment.bytes);
  llvm::sort(bounds);
  bounds.erase(llvm::unique(bounds), bounds.end());
  return bounds;
}

int64_t Segmentation::getPeak() const {
  int64_t peak = 0;
  for (const Segment &segment : segments)
    if (segment.rows == 0)
      peak = std::max(peak, segment.bytes);
  return peak;
}

std::optional<SmallVector<Segment>> Segmentation::choose(int64_t bound) const {
  constexpr double never = std::numeric_limits<double>::infinity();
  size_t steps = graph.getKernels().size();
  // What it costs to run the kernels before each step, and how the last of them
  // run.
  SmallVector<double> costs(steps + 1, never);
  SmallVector<const Segment *> choices(steps + 1, nullptr);
  costs[0] = 0;
  for (const Segment &segment : segments) {
    double cost = costs[segment.first] + segment.overhead;
    if (segment.bytes > bound || cost >= costs[segment.last + 1])
      continue;
    costs[segment.last + 1] = cost;
    choices[segment.last + 1] = &segment;
  }
  if (costs[steps] == never)
    return std::nullopt;
  SmallVector<Segment> chosen;
  for (size_t step = steps; step > 0; step = chosen.back().first)
    chosen.push_back(*choices[step]);
  std::reverse(chosen.begin(), chosen.end());
  return chosen;
}

namespace {

struct StreamRows : lathe::impl::StreamRowsBase<StreamRows> {
  using StreamRowsBase::StreamRowsBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    FailureOr<KernelGraph> graph =
        KernelGraph::build(getOperation(), ioInArena);
    if (failed(graph))
      return signalPassFailure();
    Segmentation segmentation(*graph);
    SmallVector<Segment> chosen = choose(segmentation);
    // From the end, since a stream takes the place of its kernels.
    for (const Segment &segment : llvm::reverse(chosen)) {
      if (segment.rows == 0)
        continue;
      ++numStreams;
      numStreamed += segment.last + 1 - segment.first;
      StreamPlan::create(graph->getKernels().slice(
                             segment.first, segment.last + 1 - segment.first),
                         segment.rows)
          ->build();
    }
  }

private:
  /// Instructions that rows may cost, in all.
  double getBudget() {
    int64_t macs = 0;
    getOperation().walk([&](CostOpInterface op) { macs += op.getMACs(); });
    return maxOverhead / 100 * macInstructions * static_cast<double>(macs);
  }

  SmallVector<Segment> choose(const Segmentation &segmentation) {
    double budget = getBudget();
    auto isGood = [&](int64_t bound) {
      auto chosen = segmentation.choose(bound);
      if (!chosen)
        return false;
      double overhead = 0;
      for (const Segment &segment : *chosen)
        overhead += segment.overhead;
      return overhead <= budget;
    };
    SmallVector<int64_t> bounds = segmentation.getBounds();
    auto *bound = llvm::partition_point(
        bounds, [&](int64_t bytes) { return !isGood(bytes); });
    if (bound == bounds.end())
      return {};
    auto allowed =
        static_cast<int64_t>(static_cast<double>(*bound) * (1 + slack / 100));
    // A loop and its line buffers are not worth a few bytes.
    auto worthwhile =
        static_cast<double>(segmentation.getPeak()) * (1 - minGain / 100);
    if (static_cast<double>(allowed) > worthwhile)
      return {};
    return *segmentation.choose(allowed);
  }
};

} // namespace
