// RUN: lathe-opt %s --lathe-expand-math | FileCheck %s
// RUN: lathe-opt %s --lathe-expand-math=fp-contract=false | FileCheck %s --check-prefix=EXACT

// Vectors get a polynomial, scalars keep the function, and so do vectors of
// functions whose polynomial is not accurate enough.
// CHECK-LABEL: func.func @functions
// CHECK-NOT:     math.exp %{{.*}} : vector
// CHECK-COUNT-9: arith.mulf %{{.*}} fastmath<contract> : vector<8xf32>
// CHECK:         math.exp %{{.*}} : f32
// CHECK:         math.sin %{{.*}} : vector<8xf32>
func.func @functions(%v: vector<8xf32>, %s: f32)
    -> (vector<8xf32>, f32, vector<8xf32>) {
  %0 = math.exp %v : vector<8xf32>
  %1 = math.exp %s : f32
  %2 = math.sin %v : vector<8xf32>
  return %0, %1, %2 : vector<8xf32>, f32, vector<8xf32>
}

// CHECK-LABEL: func.func @half
// CHECK:         %[[WIDE:.*]] = arith.extf %{{.*}} : vector<8xf16> to vector<8xf32>
// CHECK-NOT:     math.tanh
// CHECK:         arith.truncf %{{.*}} : vector<8xf32> to vector<8xf16>
func.func @half(%v: vector<8xf16>) -> vector<8xf16> {
  %0 = math.tanh %v : vector<8xf16>
  return %0 : vector<8xf16>
}

// CHECK-LABEL: func.func @bfloat
// CHECK-NOT:     arith.truncf
// CHECK:         arith.shrui
// CHECK:         arith.bitcast %{{.*}} : i16 to bf16
func.func @bfloat(%s: f32) -> bf16 {
  %0 = arith.truncf %s : f32 to bf16
  return %0 : bf16
}

// CHECK-LABEL: func.func @contract
// CHECK:         arith.mulf %{{.*}}, %{{.*}} fastmath<contract> : f32
// CHECK:         arith.addf %{{.*}}, %{{.*}} fastmath<nsz,contract> : f32
// CHECK:         arith.divf %{{.*}}, %{{.*}} : f32
// EXACT-LABEL: func.func @contract
// EXACT:         arith.mulf %{{.*}}, %{{.*}} : f32
// EXACT:         arith.addf %{{.*}}, %{{.*}} fastmath<nsz> : f32
func.func @contract(%a: f32, %b: f32, %c: f32) -> f32 {
  %0 = arith.mulf %a, %b : f32
  %1 = arith.addf %0, %c fastmath<nsz> : f32
  %2 = arith.divf %1, %c : f32
  return %2 : f32
}
