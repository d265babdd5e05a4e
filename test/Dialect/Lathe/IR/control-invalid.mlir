// RUN: lathe-opt %s --split-input-file --verify-diagnostics

func.func @public(%c: tensor<i1>) -> tensor<f32> {
  // expected-error @below {{@public is no private function with a body}}
  %0 = lathe.if %c then @public else @public -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @type(%c: tensor<i1>, %x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @below {{needs @scalar to have type '(tensor<4xf32>) -> tensor<4xf32>', not '(tensor<f32>) -> tensor<f32>'}}
  %0 = lathe.if %c then @scalar(%x : tensor<4xf32>) else @scalar(%x : tensor<4xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}
func.func private @scalar(%x: tensor<f32>) -> tensor<f32> {
  return %x : tensor<f32>
}

// -----

func.func @endless(%x: tensor<f32>) -> tensor<f32> {
  // expected-error @below {{needs a bound, a trip count or a condition}}
  %0 = lathe.loop @step carry(%x : tensor<f32>) -> tensor<f32>
  return %0 : tensor<f32>
}

// -----

func.func @slices(%x: tensor<4x2xf32>, %sum: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @below {{has slices of 'tensor<4x2xf32>', whose first dimension is not 'bound'}}
  %0 = lathe.loop @step scan(%x : tensor<4x2xf32>) carry(%sum : tensor<2xf32>) {bound = 5 : i64} -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @carried(%x: tensor<f32>) -> tensor<2xf32> {
  // expected-error @below {{carried values end with another type than they have at the start}}
  %0 = lathe.loop @step carry(%x : tensor<f32>) {bound = 5 : i64} -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @flags(%x: tensor<4x2xf32>, %sum: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @below {{says for another number of tensors than it has whether they are reversed}}
  %0 = lathe.loop @step scan(%x : tensor<4x2xf32>) carry(%sum : tensor<2xf32>)
      {bound = 4 : i64, reversed_inputs = array<i1: true, true>} -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @gap(%rows: memref<8x4xf32, strided<[8, 2]>>, %i: index) {
  // expected-error @below {{behind the indices, the memory must be dense}}
  %0 = lathe.memory_at %rows[%i] : memref<8x4xf32, strided<[8, 2]>> to memref<4xf32>
  return
}

// -----

func.func @other(%rows: memref<8x4xf32>, %i: index) {
  // expected-error @below {{of 'memref<8x4xf32>' at 1 indices is no 'memref<8xf32>'}}
  %0 = lathe.memory_at %rows[%i] : memref<8x4xf32> to memref<8xf32>
  return
}
