// What has no form in C is an error at the op, and nothing is printed.

// RUN: lathe-translate --lathe-to-c --split-input-file --verify-diagnostics %s

func.func @vectors(%x: memref<4xf32>) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{C has no type for its result}}
  %v = vector.load %x[%c0] : memref<4xf32>, vector<4xf32>
  vector.store %v, %x[%c0] : memref<4xf32>, vector<4xf32>
  return
}

// -----

func.func @half(%x: memref<4xf16>) {
  %c0 = arith.constant 0 : index
  %v = memref.load %x[%c0] : memref<4xf16>
  // expected-error @+1 {{f16 and bf16 must be widened to f32 for arithmetic}}
  %s = arith.addf %v, %v : f16
  memref.store %s, %x[%c0] : memref<4xf16>
  return
}

// -----

func.func @stack() {
  %c0 = arith.constant 0 : index
  %zero = arith.constant 0.0 : f32
  // expected-error @+1 {{a local array has a constant size of at most 1024 bytes}}
  %big = memref.alloca() : memref<1000xf32>
  memref.store %zero, %big[%c0] : memref<1000xf32>
  return
}

// -----

// expected-error @+1 {{a recursive function cannot be printed}}
func.func @again() {
  call @again() : () -> ()
  return
}

// -----

// expected-error @+1 {{argument 0 of the entry has no 'lathe.name'}}
func.func @net_run(%x: memref<2xf32>, %arena: memref<4xi8>)
    attributes {lathe.entry, lathe.model = "net", lathe.num_inputs = 1 : i64} {
  return
}

// -----

// expected-error @+1 {{the entry's last argument must be the arena}}
func.func @net_run(%x: memref<2xf32> {lathe.name = "x"})
    attributes {lathe.entry, lathe.model = "net", lathe.num_inputs = 1 : i64} {
  return
}

// -----

// expected-error @+1 {{tensor 'x' at byte 12 does not fit the arena of 16 bytes}}
func.func @net_run(%arena: memref<16xi8>)
    attributes {lathe.entry, lathe.model = "net", lathe.num_inputs = 1 : i64, lathe.io = "arena",
                lathe.io_tensors = [{name = "x", type = tensor<8xi8>, offset = 12 : i64}]} {
  return
}
