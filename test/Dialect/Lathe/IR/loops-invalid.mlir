// RUN: lathe-opt %s --split-input-file --verify-diagnostics

func.func @too_few(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{the body needs an argument for each of the 2 inputs and results}}
  %0 = lathe.loops "copy"(%x) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%from: memref<4xf32>):
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @wrong_type(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{argument 1 of the body has type 'memref<5xf32>', but stands for 'tensor<4xf32>'}}
  %0 = lathe.loops "copy"(%x) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%from: memref<4xf32>, %to: memref<5xf32>):
  }
  return %0 : tensor<4xf32>
}

// -----

func.func @dynamic(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{argument 2 of the body must be dense memory of static shape}}
  %0 = lathe.loops "copy"(%x) : (tensor<4xf32>) -> tensor<4xf32> {
  ^bb0(%from: memref<4xf32>, %to: memref<4xf32>, %scratch: memref<?xi64>):
  }
  return %0 : tensor<4xf32>
}
