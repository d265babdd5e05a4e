func.func @loops(%x: tensor<2x8xf32> {lathe.name = "x"})
    -> (tensor<8xf32> {lathe.name = "sums"}, tensor<8xui8> {lathe.name = "doubled"}) {
  %row = lathe.slice %x {offsets = array<i64: 1, 0>, sizes = array<i64: 1, 8>, steps = array<i64: 1, 1>} : (tensor<2x8xf32>) -> tensor<1x8xf32>
  %vector = lathe.reshape %row {shape = array<i64: 8>} : (tensor<1x8xf32>) -> tensor<8xf32>
  %sums, %doubled = lathe.loops "sum"(%vector) : (tensor<8xf32>) -> (tensor<8xf32>, tensor<8xui8>) {
  ^bb0(%from: memref<8xf32>, %sums: memref<8xf32>, %doubled: memref<8xi8>, %scratch: memref<8xi64>):
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %c8 = arith.constant 8 : index
    %zero = arith.constant 0.0 : f32
    %last = scf.for %i = %c0 to %c8 step %c1 iter_args(%sum = %zero) -> f32 {
      %element = memref.load %from[%i] : memref<8xf32>
      %next = arith.addf %sum, %element : f32
      memref.store %next, %sums[%i] : memref<8xf32>
      %integer = arith.fptosi %next : f32 to i64
      memref.store %integer, %scratch[%i] : memref<8xi64>
      scf.yield %next : f32
    }
    scf.for %i = %c0 to %c8 step %c1 {
      %integer = memref.load %scratch[%i] : memref<8xi64>
      %twice = arith.addi %integer, %integer : i64
      %byte = arith.trunci %twice : i64 to i8
      memref.store %byte, %doubled[%i] : memref<8xi8>
    }
  }
  return %sums, %doubled : tensor<8xf32>, tensor<8xui8>
}
