//===----------------------------------------------------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Tests of C identifiers made of ONNX names.
//
//===----------------------------------------------------------------------===//

#include "lathe/Target/Common/CNames.h"
#include "gtest/gtest.h"

using namespace lathe;

TEST(CNames, ReplacesWhatCDoesNotAllow) {
  EXPECT_EQ(sanitizeCIdentifier("conv1"), "conv1");
  EXPECT_EQ(sanitizeCIdentifier("/model.0/conv/Conv_output_0"),
            "model_0_conv_Conv_output_0");
  EXPECT_EQ(sanitizeCIdentifier("input:0"), "input_0");
  EXPECT_EQ(sanitizeCIdentifier("1x1 conv"), "t1x1_conv");
  EXPECT_EQ(sanitizeCIdentifier("__init__"), "init");
  EXPECT_EQ(sanitizeCIdentifier(""), "t");
  EXPECT_EQ(sanitizeCIdentifier("\xE8\xBE\x93\xE5\x85\xA5"), "t");
  EXPECT_EQ(sanitizeCIdentifier("caf\xC3\xA9_1"), "caf_1");
}

TEST(CNames, AvoidsKeywordsAndTheLibrary) {
  EXPECT_EQ(sanitizeCIdentifier("int"), "int_");
  EXPECT_EQ(sanitizeCIdentifier("class"), "class_");
  EXPECT_EQ(sanitizeCIdentifier("uint8_t"), "uint8_t_");
  EXPECT_EQ(sanitizeCIdentifier("tanh"), "tanh_");
  EXPECT_EQ(sanitizeCIdentifier("expf"), "expf_");
  EXPECT_EQ(sanitizeCIdentifier("linux"), "linux_");
  EXPECT_EQ(sanitizeCIdentifier("integer"), "integer");
}

TEST(CNames, KeepsEqualNamesApart) {
  CNameScope scope;
  EXPECT_EQ(scope.claim("x"), "x");
  EXPECT_EQ(scope.claim("x"), "x_2");
  EXPECT_EQ(scope.claim("x_2"), "x_2_2");
  EXPECT_EQ(scope.claim("X"), "X");
  EXPECT_EQ(scope.claim("a/b"), "a_b");
  EXPECT_EQ(scope.claim("a.b"), "a_b_2");
}

TEST(CNames, SeesEnclosingScopesButNotSiblings) {
  CNameScope outer;
  outer.claim("x");
  CNameScope first(&outer), second(&outer);
  EXPECT_EQ(first.claim("x"), "x_2");
  EXPECT_EQ(first.claim("i"), "i");
  EXPECT_EQ(second.claim("i"), "i");
}

TEST(CNames, MacrosIgnoreCase) {
  CNameScope scope(nullptr, CNameScope::Case::Insensitive);
  EXPECT_EQ(scope.claim("Input"), "Input");
  EXPECT_EQ(scope.claim("INPUT"), "INPUT_2");
}

TEST(CNames, AvoidsTheNamesOfAnotherScope) {
  CNameScope parameters, file;
  parameters.claim("x");
  EXPECT_EQ(file.claimOutside(parameters, "x"), "x_2");
}

TEST(CNames, CommentsStayComments) {
  EXPECT_EQ(escapeForCComment("a */ b"), "a * / b");
  EXPECT_EQ(escapeForCComment("a /* b"), "a / * b");
  EXPECT_EQ(escapeForCComment("?\?/"), "? ?/");
  EXPECT_EQ(escapeForCComment("tab\t"), "tab\\x09");
  EXPECT_EQ(escapeForCComment("\xC3\xA9"), "\\xC3\\xA9");
}
