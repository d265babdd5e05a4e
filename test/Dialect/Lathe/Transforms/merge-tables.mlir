// RUN: lathe-opt %s --lathe-merge-tables --lathe-fold-constants --canonicalize | FileCheck %s

// Three functions, each of what the one before gives: [4, 5, 6, 7] become 2 * x - 8,
// places in [10, 20, ... 70], of which a tenth is a place in [9, 8, ... 1].
// CHECK-LABEL: func.func @chain
// CHECK: %[[TABLE:.*]] = lathe.constant dense<[8, 6, 4, 2]> : tensor<4xi8>
// CHECK: %[[Y:.*]] = lathe.gather %[[TABLE]], %arg0 {axis = 0 : i64, lathe.in_bounds} : (tensor<4xi8>, tensor<2x9xi32>) -> tensor<2x9xi8>
// CHECK-NEXT: return %[[Y]]
func.func @chain(%x: tensor<2x9xi32>) -> tensor<2x9xi8> {
  %a = lathe.constant dense<[4, 5, 6, 7]> : tensor<4xi8>
  %b = lathe.constant dense<[10, 20, 30, 40, 50, 60, 70]> : tensor<7xi8>
  %c = lathe.constant dense<[9, 8, 7, 6, 5, 4, 3, 2, 1]> : tensor<9xi8>
  %two = lathe.constant dense<2> : tensor<i32>
  %eight = lathe.constant dense<8> : tensor<i32>
  %ten = lathe.constant dense<10> : tensor<i32>
  %0 = lathe.gather %a, %x {axis = 0 : i64, lathe.in_bounds} : (tensor<4xi8>, tensor<2x9xi32>) -> tensor<2x9xi8>
  %1 = lathe.cast %0 {to = i32} : (tensor<2x9xi8>) -> tensor<2x9xi32>
  %2 = lathe.mul %1, %two : (tensor<2x9xi32>, tensor<i32>) -> tensor<2x9xi32>
  %3 = lathe.sub %2, %eight : (tensor<2x9xi32>, tensor<i32>) -> tensor<2x9xi32>
  %4 = lathe.gather %b, %3 {axis = 0 : i64, lathe.in_bounds} : (tensor<7xi8>, tensor<2x9xi32>) -> tensor<2x9xi8>
  %5 = lathe.cast %4 {to = i32} : (tensor<2x9xi8>) -> tensor<2x9xi32>
  %6 = lathe.div %5, %ten : (tensor<2x9xi32>, tensor<i32>) -> tensor<2x9xi32>
  %7 = lathe.gather %c, %6 {axis = 0 : i64, lathe.in_bounds} : (tensor<9xi8>, tensor<2x9xi32>) -> tensor<2x9xi8>
  return %7 : tensor<2x9xi8>
}

// What something else needs, too, is looked up by itself; so is what depends on
// two tensors, or on one constant of several elements.
// CHECK-LABEL: func.func @others
// CHECK-COUNT-6: lathe.gather
// CHECK: return
func.func @others(%x: tensor<2x3xi32>, %y: tensor<2x3xi32>)
    -> (tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>) {
  %a = lathe.constant dense<[1, 2, 0]> : tensor<3xi32>
  %b = lathe.constant dense<[5, 6, 7, 8, 9]> : tensor<5xi32>
  %row = lathe.constant dense<[0, 1, 2]> : tensor<3xi32>
  %0 = lathe.gather %a, %x {axis = 0 : i64} : (tensor<3xi32>, tensor<2x3xi32>) -> tensor<2x3xi32>
  %1 = lathe.gather %b, %0 {axis = 0 : i64} : (tensor<5xi32>, tensor<2x3xi32>) -> tensor<2x3xi32>
  %2 = lathe.gather %a, %y {axis = 0 : i64} : (tensor<3xi32>, tensor<2x3xi32>) -> tensor<2x3xi32>
  %3 = lathe.add %2, %y : (tensor<2x3xi32>, tensor<2x3xi32>) -> tensor<2x3xi32>
  %4 = lathe.gather %b, %3 {axis = 0 : i64} : (tensor<5xi32>, tensor<2x3xi32>) -> tensor<2x3xi32>
  %5 = lathe.gather %a, %4 {axis = 0 : i64} : (tensor<3xi32>, tensor<2x3xi32>) -> tensor<2x3xi32>
  %6 = lathe.add %5, %row : (tensor<2x3xi32>, tensor<3xi32>) -> tensor<2x3xi32>
  %7 = lathe.gather %b, %6 {axis = 0 : i64} : (tensor<5xi32>, tensor<2x3xi32>) -> tensor<2x3xi32>
  return %0, %1, %4, %7 : tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>, tensor<2x3xi32>
}
