// Windows that reach into the padding in all ways: uneven padding, steps larger than the
// window, holes in it, rows so short that a tile takes several, and many taps.
module {
  func.func @windows(%x: tensor<1x9x13x16xf32> {lathe.name = "x"}, %y: tensor<1x5x7x32xf32> {lathe.name = "y"}, %w: tensor<3x3x16x24xf32> {lathe.name = "w"},
                     %v: tensor<3x3x32x32xf32> {lathe.name = "v"}, %d: tensor<3x3x1x16xf32> {lathe.name = "d"}, %k: tensor<9x9x16x8xf32> {lathe.name = "k"})
      -> (tensor<1x10x14x24xf32> {lathe.name = "uneven"},
          tensor<1x3x4x24xf32> {lathe.name = "far"},
          tensor<1x9x13x24xf32> {lathe.name = "holes"},
          tensor<1x5x7x32xf32> {lathe.name = "short"},
          tensor<1x9x13x16xf32> {lathe.name = "depthwise"},
          tensor<1x9x13x16xf32> {lathe.name = "depthwise_holes"},
          tensor<1x5x7x16xf32> {lathe.name = "depthwise_far"},
          tensor<1x5x7x16xf32> {lathe.name = "largest"},
          tensor<1x9x13x16xf32> {lathe.name = "mean"},
          tensor<1x9x13x8xf32> {lathe.name = "many"}) {
    %uneven = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 2, 0, 1, 3>}
        : (tensor<1x9x13x16xf32>, tensor<3x3x16x24xf32>) -> tensor<1x10x14x24xf32>
    %far = lathe.conv %x, %w {strides = array<i64: 4, 4>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 2>}
        : (tensor<1x9x13x16xf32>, tensor<3x3x16x24xf32>) -> tensor<1x3x4x24xf32>
    %holes = lathe.conv %x, %w {strides = array<i64: 1, 1>, dilations = array<i64: 2, 5>, pads = array<i64: 2, 5, 2, 5>}
        : (tensor<1x9x13x16xf32>, tensor<3x3x16x24xf32>) -> tensor<1x9x13x24xf32>
    %short = lathe.conv %y, %v {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
        : (tensor<1x5x7x32xf32>, tensor<3x3x32x32xf32>) -> tensor<1x5x7x32xf32>
    %depthwise = lathe.conv %x, %d {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 16 : i64}
        : (tensor<1x9x13x16xf32>, tensor<3x3x1x16xf32>) -> tensor<1x9x13x16xf32>
    %depthwise_holes = lathe.conv %x, %d {strides = array<i64: 1, 1>, dilations = array<i64: 3, 2>, pads = array<i64: 3, 2, 3, 2>, group = 16 : i64}
        : (tensor<1x9x13x16xf32>, tensor<3x3x1x16xf32>) -> tensor<1x9x13x16xf32>
    %depthwise_far = lathe.conv %x, %d {strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>, group = 16 : i64}
        : (tensor<1x9x13x16xf32>, tensor<3x3x1x16xf32>) -> tensor<1x5x7x16xf32>
    %largest = lathe.max_pool %x {kernel = array<i64: 3, 3>, strides = array<i64: 2, 2>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
        : (tensor<1x9x13x16xf32>) -> tensor<1x5x7x16xf32>
    %mean = lathe.avg_pool %x {kernel = array<i64: 3, 3>, strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 1, 1, 1, 1>}
        : (tensor<1x9x13x16xf32>) -> tensor<1x9x13x16xf32>
    %many = lathe.conv %x, %k {strides = array<i64: 1, 1>, dilations = array<i64: 1, 1>, pads = array<i64: 4, 4, 4, 4>}
        : (tensor<1x9x13x16xf32>, tensor<9x9x16x8xf32>) -> tensor<1x9x13x8xf32>
    return %uneven, %far, %holes, %short, %depthwise, %depthwise_holes, %depthwise_far, %largest, %mean, %many
        : tensor<1x10x14x24xf32>, tensor<1x3x4x24xf32>, tensor<1x9x13x24xf32>, tensor<1x5x7x32xf32>, tensor<1x9x13x16xf32>,
          tensor<1x9x13x16xf32>, tensor<1x5x7x16xf32>, tensor<1x5x7x16xf32>, tensor<1x9x13x16xf32>, tensor<1x9x13x8xf32>
  }
}
