"""Writes models into the current folder that are small files but ask for much."""

HEAD = 'ir_version: 8\nopset_import { version: 13 }\nopset_import { domain: "own" version: 1 }\n'
FLOATS = "type { tensor_type { elem_type: 1 shape { dim { dim_value: 2 } } } }"
BOOL = "type { tensor_type { elem_type: 9 shape { } } }"


def write(name, text):
    with open(name, "w", encoding="utf-8") as file:
        file.write(text)


def write_graph(name, nodes, before=""):
    write(
        name,
        f"{HEAD}{before}graph {{\n"
        f'input {{ name: "x" {FLOATS} }}\ninput {{ name: "c" {BOOL} }}\n'
        f'{nodes}\noutput {{ name: "y" }}\n}}\n',
    )


def function(name, nodes):
    return (
        f'functions {{ domain: "own" name: "{name}" input: "x" output: "y"\n'
        f'opset_import {{ version: 13 }} opset_import {{ domain: "own" version: 1 }}\n'
        f"{nodes} }}\n"
    )


def node(op, reads, makes, rest=""):
    inputs = " ".join(f'input: "{name}"' for name in reads)
    return f'node {{ {rest} op_type: "{op}" {inputs} output: "{makes}" }}\n'


def call(name, reads, makes):
    return node(name, reads, makes, 'domain: "own"')


# Each function calls the next one twice: 2^40 nodes.
write_graph(
    "doubling.textproto",
    call("F0", "x", "y"),
    "".join(
        function(f"F{i}", call(f"F{i + 1}", "x", "m") + call(f"F{i + 1}", "m", "y"))
        for i in range(40)
    )
    + function("F40", node("Neg", "x", "y")),
)

# Graphs inside graphs, deeper than a stack is.
depth = 100000
write_graph(
    "deep.textproto",
    'node { op_type: "If" attribute { name: "then_branch" g { ' * depth
    + "} } } " * depth,
)
write(
    "deep.onnxtxt",
    '<ir_version: 8, opset_import: ["" : 13]> g (bool c) => (float y) {'
    + "y = If <then_branch = g () => (float y) {" * depth
    + "}> (c)" * depth
    + "}",
)

# A tensor of many dimensions, over which loops would be nested.
ones = ", ".join(["1"] * 1000)
write(
    "dimensions.onnxtxt",
    f'<ir_version: 8, opset_import: ["" : 13]> g (float[{ones}] x) => (float y)'
    " { y = Neg (x) }",
)

# Names that break lines.
write_graph("names.textproto", node("No\\nOperator\\033[1m", "x", "y", 'name: "a\\nb"'))

# A sparse tensor and a range, whose elements only dimensions claim.
write_graph(
    "sparse.textproto",
    'sparse_initializer { values { name: "y" data_type: 1 dims: 0 } '
    "indices { data_type: 7 dims: 0 } dims: 2000000000 }",
)
write(
    "range.onnxtxt",
    '<ir_version: 8, opset_import: ["" : 13]> g (float x) => (int64[n] y)\n'
    "<int64 start = {0}, int64 limit = {200000000}, int64 delta = {1}>\n"
    "{ y = Range (start, limit, delta) }",
)

# Loops in loops over constants, which nothing needs to know at compile time.
body = "w = Add (v, one)"
for i in range(6):
    body = (
        f"w = Loop <body = body (int64 i{i}, bool b{i}, float v) => (bool b{i}, float w)"
        f" {{ {body} }}> (many, , v)"
    )
write(
    "loops.onnxtxt",
    '<ir_version: 8, opset_import: ["" : 13]> g (float x) => (float y)\n'
    "<int64 many = {2000000000}, float one = {1}, float v = {0}>\n"
    f"{{ {body} y = Add (x, w) }}",
)

# A chain, inputs and outputs as long as real models have hundreds.
count = 20000
names = [f"t{i}" for i in range(count)]
write(
    "chain.onnxtxt",
    '<ir_version: 8, opset_import: ["" : 13]> g ('
    + ", ".join(f"float[2] x{i}" for i in range(count))
    + ") => ("
    + ", ".join(f"float[2] {name}" for name in names)
    + ") { t0 = Neg (x0) "
    + " ".join(f"t{i} = Add (t{i - 1}, x{i})" for i in range(1, count))
    + "}",
)
quantized = " ".join(
    f"q{i} = QuantizeLinear (t{i}, s, z{i}) t{i + 1} = DequantizeLinear (q{i}, s, z{i})"
    for i in range(count)
)
write(
    "quantized.onnxtxt",
    '<ir_version: 8, opset_import: ["" : 13]> g (float[2] t0) => (float[2] t20000)\n<float s = {0.5}, '
    + ", ".join(f"int8 z{i} = {{0}}" for i in range(count))
    + f"> {{ {quantized} }}",
)
