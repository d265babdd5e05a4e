// RUN: lathe-opt %s --convert-linalg-to-scheduled-loops --cse --canonicalize | FileCheck %s

#in = affine_map<(n, oh, ow, oc, kh, kw, ic) -> (n, oh * 2 + kh, ow * 2 + kw, ic)>
#weight = affine_map<(n, oh, ow, oc, kh, kw, ic) -> (kh, kw, ic, oc)>
#out = affine_map<(n, oh, ow, oc, kh, kw, ic) -> (n, oh, ow, oc)>
#bias = affine_map<(n, oh, ow, oc) -> (oc)>
#id = affine_map<(n, oh, ow, oc) -> (n, oh, ow, oc)>
#conv = {indexing_maps = [#in, #weight, #out],
         iterator_types = ["parallel", "parallel", "parallel", "parallel",
                           "reduction", "reduction", "reduction"]}

// A convolution with padding, bias and a fused relu: vectors of eight channels,
// tiles of two pixels in the interior, the padding cut from the window's loops.

// CHECK-LABEL: func.func private @tiled
// CHECK-NOT: tensor
// CHECK-NOT: alloc
// CHECK: scf.for
// CHECK: vector.load
// CHECK: arith.maxsi
// CHECK: vector.store
func.func private @tiled(%x: memref<1x9x9x3xf32>, %w: memref<3x3x3x20xf32>,
                         %b: memref<20xf32>, %out: memref<1x5x5x20xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 3, 1, 2, 4, 5, 6],
                  tile = [1, 1, 2, 16, 1, 1, 1], vector = 8>} {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<1x9x9x3xf32> to tensor<1x9x9x3xf32>
  %1 = bufferization.to_tensor %w restrict : memref<3x3x3x20xf32> to tensor<3x3x3x20xf32>
  %2 = bufferization.to_tensor %b restrict : memref<20xf32> to tensor<20xf32>
  %p = tensor.pad %0 low[0, 1, 1, 0] high[0, 1, 1, 0] {
  ^bb0(%i: index, %j: index, %k: index, %l: index):
    tensor.yield %zero : f32
  } {lathe.neutral} : tensor<1x9x9x3xf32> to tensor<1x11x11x3xf32>
  %e = tensor.empty() : tensor<1x5x5x20xf32>
  %init = linalg.generic {indexing_maps = [#bias, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%2 : tensor<20xf32>) outs(%e : tensor<1x5x5x20xf32>) {
  ^bb0(%a: f32, %o: f32):
    linalg.yield %a : f32
  } -> tensor<1x5x5x20xf32>
  %c = linalg.generic #conv ins(%p, %1 : tensor<1x11x11x3xf32>, tensor<3x3x3x20xf32>) outs(%init : tensor<1x5x5x20xf32>)
      attrs = {lathe.loops = ["n", "oh", "ow", "oc", "kh", "kw", "ic"]} {
  ^bb0(%a: f32, %f: f32, %acc: f32):
    %m = arith.mulf %a, %f fastmath<contract> : f32
    %s = arith.addf %acc, %m fastmath<contract> : f32
    linalg.yield %s : f32
  } -> tensor<1x5x5x20xf32>
  %r = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel", "parallel", "parallel"]}
      ins(%c : tensor<1x5x5x20xf32>) outs(%e : tensor<1x5x5x20xf32>) {
  ^bb0(%a: f32, %o: f32):
    %lt = arith.cmpf olt, %a, %zero : f32
    %s = arith.select %lt, %zero, %a : f32
    linalg.yield %s : f32
  } -> tensor<1x5x5x20xf32>
  bufferization.materialize_in_destination %r in restrict writable %out : (tensor<1x5x5x20xf32>, memref<1x5x5x20xf32>) -> ()
  return
}

#quotient = affine_map<(ow, kw) -> (ow floordiv 2 + kw)>
#tap = affine_map<(ow, kw) -> (ow mod 2 - kw * 2 + 2)>
#pixel = affine_map<(ow, kw) -> (ow)>
#window = affine_map<(ow, kw) -> (kw)>

// A transposed convolution of stride 2 with output padding: outputs 2 to 17 have
// windows within the nine inputs, the others are computed one by one.

// CHECK-LABEL: func.func private @transposed
// CHECK: scf.for %{{.*}} = %c0 to %c2 step %c1 {
// CHECK: arith.maxsi
// CHECK: scf.for %{{.*}} = %c2 to %c18 step %c8 {
// CHECK-NOT: arith.maxsi
// CHECK: scf.for %{{.*}} = %c18 to %c20 step %c1 {
// CHECK: arith.maxsi
func.func private @transposed(%x: memref<9xf32>, %w: memref<3xf32>,
                              %out: memref<20xf32>)
    attributes {lathe.strategy = #lathe.strategy<order = [0, 1], tile = [8, 1],
                                                 vector = 8>} {
  %zero = arith.constant 0.0 : f32
  %0 = bufferization.to_tensor %x restrict : memref<9xf32> to tensor<9xf32>
  %1 = bufferization.to_tensor %w restrict : memref<3xf32> to tensor<3xf32>
  %p = tensor.pad %0 low[1] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } {lathe.neutral} : tensor<9xf32> to tensor<11xf32>
  %q = tensor.pad %1 low[0] high[1] {
  ^bb0(%i: index):
    tensor.yield %zero : f32
  } {lathe.neutral} : tensor<3xf32> to tensor<4xf32>
  %e = tensor.empty() : tensor<20xf32>
  %extent = tensor.empty() : tensor<2xf32>
  %init = linalg.fill ins(%zero : f32) outs(%e : tensor<20xf32>) -> tensor<20xf32>
  %c = linalg.generic {indexing_maps = [#quotient, #tap, #window, #pixel],
                       iterator_types = ["parallel", "reduction"]}
      ins(%p, %q, %extent : tensor<11xf32>, tensor<4xf32>, tensor<2xf32>) outs(%init : tensor<20xf32>)
      attrs = {lathe.loops = ["ow", "kw"]} {
  ^bb0(%a: f32, %f: f32, %unused: f32, %acc: f32):
    %m = arith.mulf %a, %f fastmath<contract> : f32
    %s = arith.addf %acc, %m fastmath<contract> : f32
    linalg.yield %s : f32
  } -> tensor<20xf32>
  bufferization.materialize_in_destination %c in restrict writable %out : (tensor<20xf32>, memref<20xf32>) -> ()
  return
}
