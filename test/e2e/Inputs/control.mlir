// A loop with everything: slices in both orders, a condition, a trip count, rows
// of a joined tensor, and a branch in its body.

func.func @control(%x: tensor<4x2xf32> {lathe.name = "x"})
    -> (tensor<2xf32> {lathe.name = "sum"}, tensor<4x2xf32> {lathe.name = "sums"},
        tensor<8x2xf32> {lathe.name = "joined"}, tensor<i64> {lathe.name = "count"}) {
  %zero = lathe.constant dense<0.0> : tensor<2xf32>
  %n = lathe.constant dense<100> : tensor<i64>
  %none = lathe.constant dense<0> : tensor<i64>
  %true = lathe.constant dense<true> : tensor<i1>
  %sum, %count, %sums, %last = lathe.loop @step times %n while %true
      scan(%x, %x : tensor<4x2xf32>, tensor<4x2xf32>)
      carry(%zero, %none : tensor<2xf32>, tensor<i64>) with(%x : tensor<4x2xf32>)
      {bound = 4 : i64, reversed_inputs = array<i1: false, true>, reversed_outputs = array<i1: false, true>}
      -> tensor<2xf32>, tensor<i64> stack tensor<4x2xf32>, tensor<4x2xf32>
  %joined = lathe.concat %last, %x {axis = 0 : i64} : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<8x2xf32>
  return %sum, %sums, %joined, %count : tensor<2xf32>, tensor<4x2xf32>, tensor<8x2xf32>, tensor<i64>
}

// Adds a row, or in every other iteration the first row of all, and stacks the
// row from the end; goes on while the sum of the first column is below 4.
func.func private @step(%row: tensor<2xf32>, %other: tensor<2xf32>, %sum: tensor<2xf32>,
                        %count: tensor<i64>, %all: tensor<4x2xf32>)
    -> (tensor<i1>, tensor<2xf32>, tensor<i64>, tensor<2xf32>, tensor<2xf32>) {
  %one = lathe.constant dense<1> : tensor<i64>
  %limit = lathe.constant dense<4.0> : tensor<f32>
  %odd = lathe.and %count, %one : (tensor<i64>, tensor<i64>) -> tensor<i64>
  %is_odd = lathe.cast %odd {to = i1} : (tensor<i64>) -> tensor<i1>
  %added = lathe.if %is_odd then @first(%all : tensor<4x2xf32>) else @same(%row : tensor<2xf32>)
      -> tensor<2xf32>
  %next = lathe.add %sum, %added : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %more = lathe.add %count, %one : (tensor<i64>, tensor<i64>) -> tensor<i64>
  %column = lathe.slice %next {offsets = array<i64: 0>, sizes = array<i64: 1>, steps = array<i64: 1>} : (tensor<2xf32>) -> tensor<1xf32>
  %scalar = lathe.reshape %column {shape = array<i64>} : (tensor<1xf32>) -> tensor<f32>
  %goes_on = lathe.compare lt %scalar, %limit : (tensor<f32>, tensor<f32>) -> tensor<i1>
  return %goes_on, %next, %more, %next, %other
      : tensor<i1>, tensor<2xf32>, tensor<i64>, tensor<2xf32>, tensor<2xf32>
}

func.func private @first(%all: tensor<4x2xf32>) -> tensor<2xf32> {
  %row = lathe.slice %all {offsets = array<i64: 0, 0>, sizes = array<i64: 1, 2>, steps = array<i64: 1, 1>} : (tensor<4x2xf32>) -> tensor<1x2xf32>
  %first = lathe.reshape %row {shape = array<i64: 2>} : (tensor<1x2xf32>) -> tensor<2xf32>
  return %first : tensor<2xf32>
}

func.func private @same(%row: tensor<2xf32>) -> tensor<2xf32> {
  return %row : tensor<2xf32>
}
