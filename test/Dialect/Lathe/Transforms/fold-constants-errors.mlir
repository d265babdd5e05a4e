// RUN: lathe-opt %s --lathe-fold-constants -verify-diagnostics

func.func @gather_beyond() -> tensor<1xf32> {
  %c = lathe.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %i = lathe.constant dense<-3> : tensor<1xi64>
  // expected-error@+1 {{'lathe.gather' op index -3 is outside dimension 0 of extent 2}}
  %0 = lathe.gather %c, %i {axis = 0 : i64} : (tensor<2xf32>, tensor<1xi64>) -> tensor<1xf32>
  return %0 : tensor<1xf32>
}
