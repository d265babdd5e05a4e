// RUN: lathe-opt %s --split-input-file --verify-diagnostics

func.func @no_kernel(%x: tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8> {
  // expected-error @below {{ends with no kernel}}
  %0 = lathe.stream(%x) {first_step = 0 : i64, steps = 8 : i64} : (tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8> {
  ^bb0(%a: tensor<1x8x8x4xi8>):
    %1 = lathe.rows %a {first = 0 : i64, advance = 1 : i64} : tensor<1x8x8x4xi8> -> tensor<1x1x8x4xi8>
  }
  return %0 : tensor<1x8x8x4xi8>
}

// -----

func.func @steps(%x: tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8> {
  %0 = lathe.stream(%x) {first_step = 0 : i64, steps = 7 : i64} : (tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8> {
  ^bb0(%a: tensor<1x8x8x4xi8>):
    %1 = lathe.rows %a {first = 0 : i64, advance = 1 : i64} : tensor<1x8x8x4xi8> -> tensor<1x1x8x4xi8>
    // expected-error @below {{computes no bands of the stream's result}}
    %2 = lathe.kernel "copy"(%1) : (tensor<1x1x8x4xi8>) -> tensor<1x1x8x4xi8> {
    ^bb0(%b: tensor<1x1x8x4xi8>):
      lathe.yield %b : tensor<1x1x8x4xi8>
    }
  }
  return %0 : tensor<1x8x8x4xi8>
}

// -----

func.func @no_lines(%x: tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8> {
  %0 = lathe.stream(%x) {first_step = 0 : i64, steps = 8 : i64} : (tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8> {
  ^bb0(%a: tensor<1x8x8x4xi8>):
    %1 = lathe.rows %a {first = 0 : i64, advance = 1 : i64} : tensor<1x8x8x4xi8> -> tensor<1x1x8x4xi8>
    // expected-error @below {{needs a line buffer for its result}}
    %2 = lathe.kernel "copy"(%1) : (tensor<1x1x8x4xi8>) -> tensor<1x1x8x4xi8> {
    ^bb0(%b: tensor<1x1x8x4xi8>):
      lathe.yield %b : tensor<1x1x8x4xi8>
    }
    %3 = lathe.kernel "copy"(%2) : (tensor<1x1x8x4xi8>) -> tensor<1x1x8x4xi8> {
    ^bb0(%b: tensor<1x1x8x4xi8>):
      lathe.yield %b : tensor<1x1x8x4xi8>
    }
  }
  return %0 : tensor<1x8x8x4xi8>
}

// -----

func.func @small_buffer(%x: tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8> {
  %0 = lathe.stream(%x) {first_step = 0 : i64, steps = 8 : i64} : (tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8> {
  ^bb0(%a: tensor<1x8x8x4xi8>):
    %1 = lathe.rows %a {first = 0 : i64, advance = 1 : i64} : tensor<1x8x8x4xi8> -> tensor<1x2x8x4xi8>
    %2 = lathe.kernel "copy"(%1) : (tensor<1x2x8x4xi8>) -> tensor<1x2x8x4xi8> {
    ^bb0(%b: tensor<1x2x8x4xi8>):
      lathe.yield %b : tensor<1x2x8x4xi8>
    }
    // expected-error @below {{needs room for the band}}
    %3 = lathe.lines %2 {first = 0 : i64, total = 8 : i64} : tensor<1x2x8x4xi8> -> tensor<1x1x8x4xi8>
    %4 = lathe.kernel "copy"(%3) : (tensor<1x1x8x4xi8>) -> tensor<1x1x8x4xi8> {
    ^bb0(%b: tensor<1x1x8x4xi8>):
      lathe.yield %b : tensor<1x1x8x4xi8>
    }
  }
  return %0 : tensor<1x8x8x4xi8>
}

// -----

func.func @other_rows(%x: tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8> {
  %0 = lathe.stream(%x) {first_step = 0 : i64, steps = 8 : i64} : (tensor<1x8x8x4xi8>) -> tensor<1x8x8x4xi8> {
  ^bb0(%a: tensor<1x8x8x4xi8>):
    // expected-error @below {{is no part of its source}}
    %1 = lathe.rows %a {first = 0 : i64, advance = 1 : i64} : tensor<1x8x8x4xi8> -> tensor<1x1x8x5xi8>
    %2 = lathe.kernel "copy"(%1) : (tensor<1x1x8x5xi8>) -> tensor<1x1x8x5xi8> {
    ^bb0(%b: tensor<1x1x8x5xi8>):
      lathe.yield %b : tensor<1x1x8x5xi8>
    }
  }
  return %0 : tensor<1x8x8x4xi8>
}
