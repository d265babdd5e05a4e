//===- StreamRows.cpp - Run chains of kernels by rows ---------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Splits the kernels, in their order, into those that run as they are and
// chains that run by rows, so that the bytes live at the busiest step are few:
// by dynamic programming over the steps for a bound on these bytes. Of the
// least bounds that the instructions allow the arena is planned, since a result
// that is written over an input moves down in memory, and not every sequence
// can.
//
//===----------------------------------------------------------------------===//

#include "ArenaLayout.h"
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

  unsigned getLength() const { return last + 1 - first; }
  bool operator==(const Segment &other) const {
    return first == other.first && last == other.last && rows == other.rows;
  }
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

/// Makes streams of those of `segments` that run by rows.
static void buildStreams(ArrayRef<Segment> segments,
                         ArrayRef<KernelOp> kernels) {
  // From the end, since a stream takes the place of its kernels.
  for (const Segment &segment : llvm::reverse(segments))
    if (segment.rows != 0)
      StreamPlan::create(kernels.slice(segment.first, segment.getLength()),
                         segment.rows)
          ->build();
}

static double getOverhead(ArrayRef<Segment> segments) {
  double overhead = 0;
  for (const Segment &segment : segments)
    overhead += segment.overhead;
  return overhead;
}

namespace {

/// One way to run all kernels, and what it takes.
struct Choice {
  SmallVector<Segment> segments;
  int64_t arena;
  double overhead;
};

struct StreamRows : lathe::impl::StreamRowsBase<StreamRows> {
  using StreamRowsBase::StreamRowsBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    FailureOr<KernelGraph> graph =
        KernelGraph::build(getOperation(), ioInArena);
    if (failed(graph))
      return signalPassFailure();
    SmallVector<Segment> chosen = choose(Segmentation(*graph));
    for (const Segment &segment : chosen)
      if (segment.rows != 0) {
        ++numStreams;
        numStreamed += segment.getLength();
      }
    buildStreams(chosen, graph->getKernels());
  }

private:
  /// Instructions that rows may cost, in all.
  double getBudget() {
    double instructions = 0;
    getOperation().walk([&](CostOpInterface op) {
      if (int64_t macs = op.getMACs(); macs > 0 && op->getNumOperands() > 0)
        instructions +=
            static_cast<double>(macs) * getInstructions(op->getOperand(0));
    });
    return maxOverhead / 100 * instructions;
  }

  /// The instructions of a multiply-accumulate on `data`.
  double getInstructions(Value data) {
    // Two loads, the product and sum, and a share of the loop.
    constexpr double least = 4;
    Type element = cast<RankedTensorType>(data.getType()).getElementType();
    bool isByte = element.isInteger(8);
    return isByte ? macInstructions : std::max<double>(macInstructions, least);
  }

  /// The bytes of the arena if the kernels run as `segments` say; none if that
  /// cannot be planned.
  std::optional<int64_t> planArena(ArrayRef<Segment> segments) {
    OwningOpRef<func::FuncOp> trial = getOperation().clone();
    buildStreams(segments, llvm::to_vector(trial->getOps<KernelOp>()));
    FailureOr<KernelGraph> graph = KernelGraph::build(*trial, ioInArena);
    if (failed(graph))
      return std::nullopt;
    llvm::Expected<ArenaPlan> plan =
        ArenaLayout(*graph, alignment, /*fixIO=*/false).plan();
    if (!plan) {
      llvm::consumeError(plan.takeError());
      return std::nullopt;
    }
    return plan->size;
  }

  /// The ways to run the kernels that are within the budget and have the least
  /// peaks, planned, since what lies where decides as well.
  SmallVector<Choice> getChoices(const Segmentation &segmentation) {
    constexpr size_t most = 8;
    double budget = getBudget();
    auto isGood = [&](int64_t bound) {
      std::optional<SmallVector<Segment>> segments = segmentation.choose(bound);
      return segments && getOverhead(*segments) <= budget;
    };
    SmallVector<int64_t> bounds = segmentation.getBounds();
    // A larger bound never costs more.
    auto *least = llvm::partition_point(
        bounds, [&](int64_t bound) { return !isGood(bound); });
    SmallVector<Choice> choices;
    for (int64_t bound : llvm::make_range(least, bounds.end())) {
      SmallVector<Segment> segments = *segmentation.choose(bound);
      double overhead = getOverhead(segments);
      // No chain runs by rows, nor for larger bounds.
      if (overhead == 0 || choices.size() == most)
        break;
      if (!choices.empty() && choices.back().segments == segments)
        continue;
      if (std::optional<int64_t> arena = planArena(segments))
        choices.push_back({segments, *arena, overhead});
    }
    return choices;
  }

  SmallVector<Segment> choose(const Segmentation &segmentation) {
    SmallVector<Choice> choices = getChoices(segmentation);
    if (choices.empty())
      return {};
    auto smallest =
        llvm::min_element(choices, [](const auto &a, const auto &b) {
          return a.arena < b.arena;
        });
    auto allowed = static_cast<double>(smallest->arena) * (1 + slack / 100);
    const Choice *best = &*smallest;
    for (const Choice &choice : choices)
      if (static_cast<double>(choice.arena) <= allowed &&
          choice.overhead < best->overhead)
        best = &choice;
    // A loop and its line buffers are not worth a few bytes.
    std::optional<int64_t> whole = planArena({});
    if (whole && static_cast<double>(best->arena) >
                     static_cast<double>(*whole) * (1 - minGain / 100))
      return {};
    return best->segments;
  }
};

} // namespace
