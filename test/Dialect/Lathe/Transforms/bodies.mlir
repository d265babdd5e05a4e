// RUN: lathe-opt %s --split-input-file --lathe-prepare-bodies --verify-diagnostics | FileCheck %s --check-prefix=PREPARE
// RUN: lathe-opt %s --split-input-file --lathe-kernel-pipeline --verify-diagnostics | FileCheck %s --check-prefix=PLAN

// The carried value is a state of the body, which adds in place; the condition
// and the stacked element are no states.

// PREPARE-LABEL: func.func private @step
// PREPARE-SAME: (%{{.*}}: tensor<4xf32> {lathe.name = "x0"}, %{{.*}}: tensor<4xf32> {lathe.name = "state1", lathe.state = "next0"}, %{{.*}}: tensor<4xf32> {lathe.name = "x2"})
// PREPARE-SAME: -> (tensor<4xf32> {lathe.name = "next0", lathe.state = "state1"}, tensor<4xf32> {lathe.name = "y1"})

// The state and its copy, which the op that runs the body sees as scratch,
// and nothing else.

// PLAN-LABEL: func.func @model
// PLAN: lathe.kernel "loop"(%arg0, %{{.*}}, %arg1) {{.*}}scratch = 16 : i64
// PLAN-LABEL: func.func private @step
// PLAN-SAME: attributes {{{.*}}lathe.arena_size = 16 : i64
// PLAN: lathe.kernel "mul_add"
// PLAN-SAME: placements = [#lathe.placement<space = arena, index = 0, offset = 0,
// PLAN: lathe.kernel "copy"
// PLAN-SAME: placements = [#lathe.placement<space = output, index = 1, offset = 0,
func.func @model(%x: tensor<5x4xf32>, %w: tensor<4xf32>) -> (tensor<4xf32>, tensor<5x4xf32>) {
  %zero = lathe.constant dense<0.0> : tensor<4xf32>
  %sum, %sums = lathe.loop @step scan(%x : tensor<5x4xf32>) carry(%zero : tensor<4xf32>)
      with(%w : tensor<4xf32>) {bound = 5 : i64} -> tensor<4xf32> stack tensor<5x4xf32>
  return %sum, %sums : tensor<4xf32>, tensor<5x4xf32>
}
func.func private @step(%x: tensor<4xf32>, %sum: tensor<4xf32>, %w: tensor<4xf32>)
    -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = lathe.mul %x, %w : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %1 = lathe.add %sum, %0 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  return %1, %1 : tensor<4xf32>, tensor<4xf32>
}

// -----

func.func @twice(%c: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{runs @same, which another op runs too; give each a function of its own}}
  %0 = lathe.if %c then @same(%x : tensor<4xf32>) else @same(%x : tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @same(%x: tensor<4xf32>) -> tensor<4xf32> {
  return %x : tensor<4xf32>
}

// -----

// expected-error @below {{runs itself, and the memory of a recursive function cannot be planned}}
func.func private @self(%c: tensor<i1>) -> tensor<i1> {
  %0 = lathe.if %c then @self(%c : tensor<i1>) else @not(%c : tensor<i1>) -> tensor<i1>
  return %0 : tensor<i1>
}
func.func private @not(%c: tensor<i1>) -> tensor<i1> {
  %0 = lathe.not %c : (tensor<i1>) -> tensor<i1>
  return %0 : tensor<i1>
}
