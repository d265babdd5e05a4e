// RUN: lathe-opt %s --convert-lathe-to-linalg --split-input-file | FileCheck %s

// Operands broadcast through their maps.

// CHECK-DAG: #[[SCALAR:.*]] = affine_map<(d0, d1, d2) -> (d1, 0)>
// CHECK-DAG: #[[ID:.*]] = affine_map<(d0, d1, d2) -> (d0, d1, d2)>
// CHECK-LABEL: func.func private @broadcast
// CHECK: linalg.generic {indexing_maps = [#[[ID]], #[[SCALAR]], #[[ID]]]
// CHECK: arith.addf
func.func private @broadcast(%x: tensor<2x3x4xf32>, %y: tensor<3x1xf32>) -> tensor<2x3x4xf32> {
  %0 = lathe.add %x, %y : (tensor<2x3x4xf32>, tensor<3x1xf32>) -> tensor<2x3x4xf32>
  return %0 : tensor<2x3x4xf32>
}

// -----

// f16 is computed in f32.

// CHECK-LABEL: func.func private @narrow
// CHECK: ^bb0(%[[X:.*]]: f16, %{{.*}}: f16):
// CHECK-NEXT: %[[WIDE:.*]] = arith.extf %[[X]] : f16 to f32
// CHECK-NEXT: %[[EXP:.*]] = math.exp %[[WIDE]] : f32
// CHECK-NEXT: arith.truncf %[[EXP]] : f32 to f16
func.func private @narrow(%x: tensor<4xf16>) -> tensor<4xf16> {
  %0 = lathe.exp %x : (tensor<4xf16>) -> tensor<4xf16>
  return %0 : tensor<4xf16>
}

// -----

// CHECK-LABEL: func.func private @narrow_compare
// CHECK: arith.cmpf olt, %{{.*}}, %{{.*}} : f32
// CHECK-NEXT: linalg.yield %{{.*}} : i1
func.func private @narrow_compare(%x: tensor<4xbf16>, %y: tensor<4xbf16>) -> tensor<4xi1> {
  %0 = lathe.compare lt %x, %y : (tensor<4xbf16>, tensor<4xbf16>) -> tensor<4xi1>
  return %0 : tensor<4xi1>
}

// -----

// A cast converts directly from the type it has.

// CHECK-LABEL: func.func private @cast
// CHECK: ^bb0(%[[X:.*]]: i8, %{{.*}}: f16):
// CHECK-NEXT: %[[Y:.*]] = arith.uitofp %[[X]] : i8 to f16
// CHECK-NEXT: linalg.yield %[[Y]]
func.func private @cast(%x: tensor<4xui8>) -> tensor<4xf16> {
  %0 = lathe.cast %x {to = f16} : (tensor<4xui8>) -> tensor<4xf16>
  return %0 : tensor<4xf16>
}

// -----

// Floats of 16 bits do not hold the bounds of integers.

// CHECK-LABEL: func.func private @cast_to_integer
// CHECK: %[[WIDE:.*]] = arith.extf %{{.*}} : bf16 to f32
// CHECK: arith.fptosi %{{.*}} : f32 to i32
func.func private @cast_to_integer(%x: tensor<4xbf16>) -> tensor<4xi32> {
  %0 = lathe.cast %x {to = i32} : (tensor<4xbf16>) -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

// A negative amount is larger than any.

// CHECK-LABEL: func.func private @shift
// CHECK: %[[WIDTH:.*]] = arith.constant 7 : i8
// CHECK: %[[AMOUNT:.*]] = arith.minui %{{.*}}, %[[WIDTH]] : i8
// CHECK: arith.shrsi %{{.*}}, %[[AMOUNT]] : i8
func.func private @shift(%x: tensor<4xi8>, %y: tensor<4xi8>) -> tensor<4xi8> {
  %0 = lathe.shift_right %x, %y : (tensor<4xi8>, tensor<4xi8>) -> tensor<4xi8>
  return %0 : tensor<4xi8>
}

// -----

// The loops find splats as constants.

// CHECK-LABEL: func.func private @splat
// CHECK: %[[C:.*]] = arith.constant dense<-2> : tensor<4xi8>
// CHECK: linalg.generic {{.*}} ins(%{{.*}}, %[[C]] : tensor<4xi8>, tensor<4xi8>)
// CHECK: arith.minui
func.func private @splat(%x: tensor<4xui8>) -> tensor<4xui8> {
  %c = lathe.constant dense<254> : tensor<4xui8>
  %0 = lathe.min %x, %c : (tensor<4xui8>, tensor<4xui8>) -> tensor<4xui8>
  return %0 : tensor<4xui8>
}
