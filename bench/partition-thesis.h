//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_BENCH_PARTITION_THESIS_H
#define LATHE_BENCH_PARTITION_THESIS_H

/// Prints the cells of the thesis' table beside those of makeThesisProblem(),
/// and what the problem gains by what the thesis lacks.
void runThesis();

#endif // LATHE_BENCH_PARTITION_THESIS_H
