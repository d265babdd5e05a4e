//===- Passes.td - From the loop level to the LLVM dialect ----------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_CONVERSION_LOOPSTOLLVM_PASSES_TD
#define LATHE_CONVERSION_LOOPSTOLLVM_PASSES_TD

include "mlir/Pass/PassBase.td"

def OutlineParallel : Pass<"lathe-outline-parallel", "::mlir::ModuleOp"> {
  let summary = "Move the bodies of parallel loops into functions";
  let description = [{
    Each outermost `scf.parallel` with constant bounds becomes a private
    function over a range of its linearized iterations, called once for all of
    them:

    ```mlir
    func.call @conv_parallel(%c0, %c56, %in, %out) {lathe.threads = 4 : i64}
    ```

    `lathe.threads` is the most threads that may share the range; whoever
    ignores it computes the same result serially. `lathe-loops-to-llvm` turns
    such a call into one of `GOMP_parallel`.

    A loop stays where it is, to run serially, when `max-threads` is 1, when it
    has one iteration, reduces a value, has bounds that are not constant, or
    uses a value from outside that a bare pointer cannot carry. Idempotent.
  }];
  let options = [
    Option<"maxThreads", "max-threads", "int64_t", /*default=*/"1",
           "Most threads that a parallel loop may use">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect",
                           "::mlir::scf::SCFDialect"];
  let statistics = [
    Statistic<"numOutlined", "outlined", "Number of loops outlined">,
    Statistic<"numSerial", "serial", "Number of parallel loops left serial">,
  ];
}

def ExternalizeWeights : Pass<"lathe-externalize-weights", "::mlir::ModuleOp"> {
  let summary = "Move constants out of the module into one block of bytes";
  let description = [{
    Places every initialized `memref.global constant` in one block, each at a
    multiple of 64 bytes and equal contents once, and turns each
    `memref.get_global` into a `memref.view` of the external symbol
    `NAME_weights`, NAME being the entry's `lathe.model`. The bytes themselves
    go to the caller of `createExternalizeWeights`; LLVM never sees them.
    Idempotent.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect"];
  let statistics = [
    Statistic<"numBytes", "bytes", "Size of the block">,
    Statistic<"numShared", "shared", "Number of constants that share bytes">,
  ];
}

def TimeKernels : Pass<"lathe-time-kernels", "::mlir::ModuleOp"> {
  let summary = "Report the end of each kernel to whoever measures";
  let description = [{
    Behind each call of a kernel in the function marked `lathe.entry` comes one
    of `lathe_kernel_done`, which someone else defines, with the number of the
    call among them. Calls inside of a loop or branch belong to the one of its
    body. Not idempotent: each run adds calls.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect"];
  let statistics = [
    Statistic<"numKernels", "kernels", "Number of calls that are reported">,
  ];
}

def CheckEntry : Pass<"lathe-check-entry", "::mlir::ModuleOp"> {
  let summary = "Make the entry return an error code for bad pointers";
  let description = [{
    Gives the function marked `lathe.entry` a result of type `i32`: 0 when it
    ran, 1 when a pointer is NULL, 2 when the arena is not aligned to its
    `lathe.align` bytes. These are NAME_OK, NAME_ERROR_NULL and
    NAME_ERROR_ALIGNMENT of the C header. The arena may be NULL if it has no
    bytes. Idempotent.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::cf::ControlFlowDialect",
                           "::mlir::memref::MemRefDialect"];
}

def ExpandMath : Pass<"lathe-expand-math", "::mlir::ModuleOp"> {
  let summary = "Replace math that has no instruction by what has one";
  let description = [{
    Vector functions (`math.exp`, `math.tanh`, `math.erf` …) of f32 become
    polynomials, so that no vector math library is needed; those of f16 and
    bf16 are computed in f32. What is left of them, and all scalar functions,
    become calls of the C library in `lathe-loops-to-llvm`. Conversion from f32
    to bf16 becomes integer arithmetic, as old C runtimes lack the function.
    With `fp-contract`, float additions and multiplications may be fused.
  }];
  let options = [
    Option<"fpContract", "fp-contract", "bool", /*default=*/"true",
           "Allow a multiplication and an addition to become one fma">,
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def LowerVectors : Pass<"lathe-lower-vectors", "::mlir::ModuleOp"> {
  let summary = "Lower vector ops to those with a counterpart in LLVM";
  let description = [{
    Transfers become loads and stores, masked where a bound is not known to
    hold; ops on vectors of several dimensions are unrolled to one; vectors of
    floats are reduced half by half.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect",
                           "::mlir::arith::ArithDialect",
                           "::mlir::memref::MemRefDialect",
                           "::mlir::scf::SCFDialect",
                           "::mlir::ub::UBDialect",
                           "::mlir::vector::VectorDialect"];
}

def LoopsToLLVM : Pass<"lathe-loops-to-llvm", "::mlir::ModuleOp"> {
  let summary = "Convert a module at the loop level to the LLVM dialect";
  let description = [{
    Converts what the passes before it left: functions on static memrefs
    become functions on bare pointers, `noalias` but for arguments marked
    `lathe.may_alias` and dereferenceable for their extent; scalar `math`
    without an instruction calls the C library; a call marked
    `lathe.threads` becomes a call of `GOMP_parallel`, which libgomp and libomp
    both have; `lathe.dot` becomes an intrinsic of the architecture `dots`, `lathe.lookup` two
    that permute words, or bytes if there are `byte-permutes`. Entries
    are the only symbols other objects see.
  }];
  let options = [
    Option<"dots", "dots", "::lathe::DotMachine", "::lathe::DotMachine::X86",
           "Whose instructions dot products become", [{::llvm::cl::values(
             clEnumValN(::lathe::DotMachine::X86, "x86", "x86-64's"),
             clEnumValN(::lathe::DotMachine::AArch64, "aarch64",
                        "AArch64's"))}]>,
    Option<"bytePermutes", "byte-permutes", "bool", /*default=*/"false",
           "Whether x86-64's are AVX-512 VBMI, too">,
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::cf::ControlFlowDialect",
                           "::mlir::func::FuncDialect"];
}

#endif // LATHE_CONVERSION_LOOPSTOLLVM_PASSES_TD
