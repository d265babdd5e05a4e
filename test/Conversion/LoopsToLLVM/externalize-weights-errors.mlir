// RUN: lathe-opt %s --split-input-file --verify-diagnostics --lathe-externalize-weights

// expected-error@+1 {{no function has `lathe.entry` and `lathe.model` to name the weights}}
module {
  memref.global "private" constant @w : memref<1xi8> = dense<1>
}

// -----

// expected-error@+1 {{symbol @net_weights, needed for the weights, is taken}}
module {
  memref.global "private" constant @net_weights : memref<1xi8> = dense<1>
  func.func @net_run(%arena: memref<0xi8>)
      attributes {lathe.entry, lathe.model = "net"} {
    return
  }
}

// -----

// expected-error@+1 {{constant has elements of type 'i4', which are not whole bytes}}
memref.global "private" constant @w : memref<2xi4> = dense<1>

// -----

// expected-error@+1 {{constant must be contiguous}}
memref.global "private" constant @w : memref<2xf32, strided<[2]>> = dense<1.0>

// -----

// expected-error@+1 {{constant asks for an alignment over 64 bytes}}
memref.global "private" constant @w : memref<2xf32> = dense<1.0> {alignment = 128}
