//===- LatheAttributes.td - Enums and attributes --------------------------===//
//
// Part of Lathe, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef LATHE_DIALECT_LATHE_IR_LATHEATTRIBUTES_TD
#define LATHE_DIALECT_LATHE_IR_LATHEATTRIBUTES_TD

include "mlir/IR/AttrTypeBase.td"
include "lathe/Dialect/Lathe/IR/LatheBase.td"

class Lathe_Enum<string name, string summary, list<I32EnumAttrCase> cases>
    : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::lathe";
  let genSpecializedAttr = 0;
}
class Lathe_EnumAttr<EnumAttrInfo info, string mnemonic>
    : EnumAttr<Lathe_Dialect, info, mnemonic>;

def Lathe_ReduceKind : Lathe_Enum<"ReduceKind", "what a reduction computes", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Mean", 1, "mean">,
  I32EnumAttrCase<"Prod", 2, "prod">, I32EnumAttrCase<"Max", 3, "max">,
  I32EnumAttrCase<"Min", 4, "min">]>;
def Lathe_ReduceKindAttr : Lathe_EnumAttr<Lathe_ReduceKind, "reduce_kind">;

def Lathe_ComparePredicate
    : Lathe_Enum<"ComparePredicate", "how two elements are compared", [
  I32EnumAttrCase<"EQ", 0, "eq">, I32EnumAttrCase<"NE", 1, "ne">,
  I32EnumAttrCase<"LT", 2, "lt">, I32EnumAttrCase<"LE", 3, "le">,
  I32EnumAttrCase<"GT", 4, "gt">, I32EnumAttrCase<"GE", 5, "ge">]>;
def Lathe_ComparePredicateAttr
    : Lathe_EnumAttr<Lathe_ComparePredicate, "predicate">;

def Lathe_PadMode : Lathe_Enum<"PadMode", "what padding holds", [
  I32EnumAttrCase<"Constant", 0, "constant">,
  I32EnumAttrCase<"Edge", 1, "edge">,
  I32EnumAttrCase<"Reflect", 2, "reflect">,
  I32EnumAttrCase<"Wrap", 3, "wrap">]>;
def Lathe_PadModeAttr : Lathe_EnumAttr<Lathe_PadMode, "pad_mode">;

def Lathe_ResizeMode : Lathe_Enum<"ResizeMode", "how resize interpolates", [
  I32EnumAttrCase<"Nearest", 0, "nearest">,
  I32EnumAttrCase<"Linear", 1, "linear">,
  I32EnumAttrCase<"Cubic", 2, "cubic">]>;
def Lathe_ResizeModeAttr : Lathe_EnumAttr<Lathe_ResizeMode, "resize_mode">;

def Lathe_CoordinateMode
    : Lathe_Enum<"CoordinateMode",
                 "where an output element of resize lies in the input", [
  I32EnumAttrCase<"HalfPixel", 0, "half_pixel">,
  I32EnumAttrCase<"PytorchHalfPixel", 1, "pytorch_half_pixel">,
  I32EnumAttrCase<"AlignCorners", 2, "align_corners">,
  I32EnumAttrCase<"Asymmetric", 3, "asymmetric">]>;
def Lathe_CoordinateModeAttr
    : Lathe_EnumAttr<Lathe_CoordinateMode, "coordinate_mode">;

def Lathe_WindowForm
    : Lathe_Enum<"WindowForm", "how products over windows are computed", [
  I32EnumAttrCase<"Pairs", 0, "pairs">,
  I32EnumAttrCase<"Bytes", 1, "bytes">,
  I32EnumAttrCase<"Vectors", 2, "vectors">,
  I32EnumAttrCase<"Halves", 3, "halves">]>;
def Lathe_WindowFormAttr : Lathe_EnumAttr<Lathe_WindowForm, "window_form">;

def Lathe_RoundingMode
    : Lathe_Enum<"RoundingMode", "how nearest-neighbour resize rounds", [
  I32EnumAttrCase<"RoundPreferFloor", 0, "round_prefer_floor">,
  I32EnumAttrCase<"RoundPreferCeil", 1, "round_prefer_ceil">,
  I32EnumAttrCase<"Floor", 2, "floor">, I32EnumAttrCase<"Ceil", 3, "ceil">]>;
def Lathe_RoundingModeAttr
    : Lathe_EnumAttr<Lathe_RoundingMode, "rounding_mode">;

def Lathe_MemorySpace
    : Lathe_Enum<"MemorySpace", "which memory a tensor lies in", [
  I32EnumAttrCase<"Arena", 0, "arena">, I32EnumAttrCase<"Input", 1, "input">,
  I32EnumAttrCase<"Output", 2, "output">]>;

class Lathe_Attr<string name, string attrMnemonic>
    : AttrDef<Lathe_Dialect, name> {
  let mnemonic = attrMnemonic;
  let assemblyFormat = "`<` struct(params) `>`";
}

def Lathe_PlacementAttr : Lathe_Attr<"Placement", "placement"> {
  let summary = "Where a tensor lies at run time";
  let description = [{
    `space` is the arena, or the caller's buffer number `index` of the inputs
    or outputs. `offset` is in bytes from its start, `strides` in elements.

    Example: `#lathe.placement<space = arena, index = 0, offset = 1024,
    strides = [64, 8, 1]>`
  }];
  let parameters = (ins EnumParameter<Lathe_MemorySpace>:$space,
                        "int64_t":$index, "int64_t":$offset,
                        OptionalArrayRefParameter<"int64_t">:$strides);
  let assemblyFormat = [{
    `<` `space` `=` $space `,` `index` `=` $index `,` `offset` `=` $offset `,`
    `strides` `=` `[` (`]`) : ($strides^ `]`)? `>`
  }];
}

def Lathe_StrategyAttr : Lathe_Attr<"Strategy", "strategy"> {
  let summary = "How a kernel's loops run on the target";
  let description = [{
    `order` lists the root's loops from the outermost in; `tile` gives for each
    loop, by its number, how many of its iterations the register tile holds;
    `vector` is the number of elements along the last parallel loop that one
    vector holds, 1 for scalar code. Reduction loops have the number of
    iterations that are unrolled. With `parallel`, threads share the tiles of
    the outermost loop.

    Example: `#lathe.strategy<order = [1, 0, 3, 2, 4, 5, 6],
    tile = [1, 1, 7, 32, 1, 1, 1], vector = 16, parallel = true>`
  }];
  let parameters = (ins OptionalArrayRefParameter<"int64_t">:$order,
                        OptionalArrayRefParameter<"int64_t">:$tile,
                        "int64_t":$vector,
                        DefaultValuedParameter<"bool", "false">:$parallel);
  let assemblyFormat = [{
    `<` `order` `=` `[` (`]`) : ($order^ `]`)? `,`
        `tile` `=` `[` (`]`) : ($tile^ `]`)? `,`
        `vector` `=` $vector (`,` `parallel` `=` $parallel^)? `>`
  }];
}

#endif // LATHE_DIALECT_LATHE_IR_LATHEATTRIBUTES_TD
