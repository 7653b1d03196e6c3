"""Activations and limits within groups: behind products, between DequantizeLinear and QuantizeLinear, and GELU as exporters
write it."""

from case import floats, full_range, node, rng, save
from qdq_groups import F32, KINDS, S8, U8, Qdq


def limits():
    """Clip behind a product, with limits within and beyond what the bytes hold."""
    for kind in KINDS:
        for name, low, high, relu in [("six", 0, 6, False), ("inner", -9.3, 17.2, False), ("wide", -1e4, 1e4, False),
                                      ("relu", -3.5, 11, True), ("below", -20, -10, True)]:
            q = Qdq(f"conv_clip_{name}_{kind}", kind)
            result = q.operator("Conv", f"{q.input('x', (2, 6, 9, 7))} {q.weights((5, 6, 3, 3), True)}", pads=[1] * 4)
            if relu:
                result = q.operator("Relu", result)
            q.constants["low"], q.constants["high"] = F32(low), F32(high)
            q.save(q.quantize(q.operator("Clip", f"{result} low high")))
    random = rng("limits")
    for name, limit in {"both": "low high", "high": "_ high", "low": "low"}.items():
        constants = {"w": full_range(random, S8, (24, 17)), "ws": F32(0.02), "low": F32(-3), "high": F32(5)}
        kept = {key: value for key, value in constants.items() if key in ("w", "ws") or key in limit}
        save("dynamic_clip_" + name,
             [node("DynamicQuantizeLinear", "x", "q s z"), node("MatMulInteger", "q w z", "t"),
              node("Cast", "t", "f", to=1), node("Mul", "s ws", "sw"), node("Mul", "f sw", "m"),
              node("Clip", "m " + limit, "y")], {"x": floats(random, (3, 24))}, kept, {"y": F32})


def between_bytes():
    """An activation, or Add and an activation, without tensors of floats."""
    for kind in KINDS:
        for operation, power, options in [("Relu", -3, {}), ("LeakyRelu", -3, {"alpha": 0.25}), ("Tanh", -7, {}),
                                          ("Gelu", -3, {}), ("HardSwish", -3, {})]:
            exact = operation.endswith("Relu")
            q = Qdq(f"elements_{operation.lower()}_{kind}", kind)
            result = q.operator(operation, q.input("x", (3, 5, 41)), **options)
            q.save(q.quantize(result, power), tolerance=0 if exact else 1, runtime="equal" if exact else "close",
                   opset=20, groups="ElementsBytes")
        q = Qdq(f"elements_add_clip_{kind}", kind)
        q.constants["low"], q.constants["high"] = F32(-2), F32(3.3)
        total = q.operator("Add", f"{q.input('a', (2, 41))} {q.input('b', (2, 41), -5)}")
        q.save(q.quantize(q.operator("Clip", f"{total} low high"), -3), groups="ElementsBytes")
        q = Qdq(f"elements_clip_{kind}", kind)
        q.constants["low"], q.constants["high"] = F32(-2), F32(3.3)
        q.save(q.quantize(q.operator("Clip", f"{q.input('x', (3, 5, 41))} low high"), -3), groups="ElementsBytes")
        q = Qdq(f"elements_add_relu_{kind}", kind)
        total = q.operator("Add", f"{q.input('a', (2, 7, 300))} {q.input('b', (2, 7, 300), -5)}")
        q.save(q.quantize(q.operator("Relu", total), -3), groups="ElementsBytes")


def gelu():
    """Every order of the factors that exporters choose."""
    random = rng("gelu")
    ways = {
        "x_half": [node("Mul", "m e1", "p"), node("Mul", "p half", "y")],
        "half_x": [node("Mul", "e1 half", "p"), node("Mul", "m p", "y")],
        "halved_x": [node("Mul", "m half", "p"), node("Mul", "p e1", "y")],
    }
    for name, tail in ways.items():
        for root in ("Div", "Mul"):
            constants = {"w": full_range(random, U8, (40, 33)), "wz": U8(131), "ws": F32(0.004), "half": F32(0.5),
                         "one": F32(1), "root": F32(2**0.5 if root == "Div" else 0.5**0.5)}
            save(f"dynamic_gelu_{name}_{root.lower()}",
                 [node("DynamicQuantizeLinear", "x", "q s z"), node("MatMulInteger", "q w z wz", "t"),
                  node("Cast", "t", "f", to=1), node("Mul", "s ws", "sw"), node("Mul", "f sw", "m"),
                  node(root, "m root", "r"), node("Erf", "r", "e"), node("Add", "e one", "e1"), *tail],
                 {"x": floats(random, (2, 3, 40))}, constants, {"y": F32}, tolerance=4e-6, runtime="close")


def layer_norm():
    """As exporters wrote it; and what looks like it, and is not."""
    random = rng("layer norm")
    constants = {"s": F32(2.0**-5), "z": U8(120), "two": F32(2), "eps": F32(1e-3), "w": floats(random, 48),
                 "b": floats(random, 48)}

    def one(name, groups, square="Pow", power="two", axes=(-1,), of="x m", bias=True):
        # (ONNX Runtime makes a DequantizeLinear for each consumer.)
        nodes = [node("DequantizeLinear", "q s z", "f"), node("Relu", "f", "x"),
                 node("ReduceMean", "x", "m", axes=list(axes)),
                 *([node("Add", "x x", "o")] if "o" in of else []), node("Sub", of, "d"),
                 node(square, f"d {power}", "p"),
                 node("ReduceMean", "p", "v", axes=list(axes)), node("Add", "v eps", "e"), node("Sqrt", "e", "r"),
                 node("Div", "d r", "n"), node("Mul", "n w", "t" if bias else "y")]
        if bias:
            nodes.append(node("Add", "b t", "y"))
        kept = {key: value for key, value in constants.items() if any(key in n.input for n in nodes)}
        save("layer_norm_" + name, nodes, {"q": full_range(random, U8, (3, 5, 48))}, kept, {"y": F32}, tolerance=2e-5,
             runtime="close" if of == "x m" else "differs", groups=groups,
             opset=13)  # since 17 ONNX Runtime joins them itself

    pieces = "DequantizeLinear Relu ReduceMean Sub {} ReduceMean Add Sqrt Div Mul Add"
    one("written_out", "DequantizeLinear Relu LayerNormalization")
    one("no_bias", "DequantizeLinear Relu LayerNormalization", bias=False)
    one("product", pieces.format("Mul"), square="Mul", power="d")
    one("backwards", pieces.format("Pow"), of="m x")
    one("of_another", pieces.format("Pow").replace("Relu", "Relu Add"), of="o m")
    one("columns", pieces.format("Pow"), axes=(1,))


def values_that_live_on():
    """A residual that is added, and needed once more: nothing may be written over it."""
    random = rng("residual")
    constants = {"w": full_range(random, U8, (6, 6, 3, 3)), "z": U8(120), "ws": F32(2.0**-9)}

    def group(x, y, residual=None):
        nodes = [node("DynamicQuantizeLinear", x, f"{y}q {y}s {y}z"),
                 node("ConvInteger", f"{y}q w {y}z z", f"{y}t", pads=[1] * 4), node("Cast", f"{y}t", f"{y}f", to=1),
                 node("Mul", f"{y}s ws", f"{y}sw"), node("Mul", f"{y}f {y}sw", f"{y}m"),
                 node("Relu", f"{y}m", f"{y}r" if residual else y)]
        return nodes + ([node("Add", f"{y}r {residual}", y)] if residual else [])

    save("dynamic_residual_twice",
         group("x", "a") + group("a", "b", "a") + group("b", "c") + [node("Add", "c a", "y")],
         {"x": floats(random, (2, 6, 9, 8))}, constants, {"y": F32})


def around_others():
    """A node of ONNX Runtime's between two of the provider's: weights that were ready before it belong behind it."""
    q = Qdq("around_abs")
    sizes = q.quantize(q.operator("Abs", q.input("x", (3, 5, 40))), -4, "sizes")
    again = q.dequantize(sizes, q.scale(-4), q.zero())
    q.save(q.quantize(q.operator("MatMul", f"{again} {q.weights((40, 21), True, axis=1)}"), 0), claims="all but Abs 1",
           strict=True)


def save_all():
    around_others()
    values_that_live_on()
    limits()
    between_bytes()
    gelu()
    layer_norm()
