//===- LoopModule.cpp - Hand-written modules at the loop level ------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LoopModule.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <cmath>

using namespace lathe;

test::LoopModule::LoopModule(llvm::StringRef text)
    : context(mlir::MLIRContext::Threading::DISABLED) {
  context.loadDialect<mlir::arith::ArithDialect, mlir::func::FuncDialect,
                      mlir::math::MathDialect, mlir::memref::MemRefDialect,
                      mlir::scf::SCFDialect, mlir::vector::VectorDialect>();
  context.allowUnregisteredDialects(); // lathe.* attributes need no dialect
  module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
}

std::unique_ptr<JitModule> test::compile(llvm::StringRef text,
                                         const NativeOptions &options) {
  LoopModule module(text);
  if (!module.get()) {
    ADD_FAILURE() << "the module does not parse";
    return nullptr;
  }
  auto jit = JitModule::create(module.get(), options);
  if (!jit) {
    ADD_FAILURE() << llvm::toString(jit.takeError());
    return nullptr;
  }
  return std::move(*jit);
}

static float getWeight(int k, int n) { return (k + 1) / 8.0f - n / 16.0f; }

std::string test::getMatMulModule() {
  std::string weights;
  llvm::raw_string_ostream os(weights);
  for (int k = 0; k < 8; ++k) {
    os << (k == 0 ? "[" : ", [");
    for (int n = 0; n < 20; ++n)
      os << (n == 0 ? "" : ", ") << llvm::format("%.6f", getWeight(k, n));
    os << "]";
  }
  return "memref.global \"private\" constant @w : memref<8x20xf32> = dense<[" +
         weights + R"mlir(]>
    func.func private @matmul(%x: memref<4x8xf32>, %b: memref<20xf32>,
                              %w: memref<8x20xf32>, %y: memref<4x20xf32>) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      %c4 = arith.constant 4 : index
      %c8 = arith.constant 8 : index
      %c16 = arith.constant 16 : index
      %c20 = arith.constant 20 : index
      %zero = arith.constant 0.0 : f32
      %zeros = arith.constant dense<0.0> : vector<16xf32>
      scf.parallel (%m, %n) = (%c0, %c0) to (%c4, %c20) step (%c1, %c16) {
        %acc = scf.for %k = %c0 to %c8 step %c1
            iter_args(%sum = %zeros) -> vector<16xf32> {
          %a = memref.load %x[%m, %k] : memref<4x8xf32>
          %as = vector.broadcast %a : f32 to vector<16xf32>
          %row = vector.transfer_read %w[%k, %n], %zero
              : memref<8x20xf32>, vector<16xf32>
          %next = vector.fma %as, %row, %sum : vector<16xf32>
          scf.yield %next : vector<16xf32>
        }
        %e = math.exp %acc : vector<16xf32>
        %bias = vector.transfer_read %b[%n], %zero
            : memref<20xf32>, vector<16xf32>
        %r = arith.addf %e, %bias : vector<16xf32>
        vector.transfer_write %r, %y[%m, %n] : vector<16xf32>, memref<4x20xf32>
        scf.reduce
      }
      return
    }
    func.func @net_run(%x: memref<4x8xf32>, %b: memref<20xf32>,
                       %y: memref<4x20xf32>,
                       %arena: memref<64xi8> {lathe.align = 64 : i64})
        attributes {lathe.entry, lathe.model = "net",
                    lathe.num_inputs = 2 : i64} {
      %w = memref.get_global @w : memref<8x20xf32>
      call @matmul(%x, %b, %w, %y) : (memref<4x8xf32>, memref<20xf32>,
          memref<8x20xf32>, memref<4x20xf32>) -> ()
      return
    })mlir";
}

double test::getMatMulResult(const float *x, const float *b, int row,
                             int column) {
  double sum = 0;
  for (int k = 0; k < 8; ++k)
    sum += static_cast<double>(x[row * 8 + k]) * getWeight(k, column);
  return std::exp(sum) + b[column];
}
