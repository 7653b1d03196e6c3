"""Operators that only move elements, between DequantizeLinear and QuantizeLinear: with one scale and zero point the bytes
move alone, with two they are quantised anew. Each step is exact: one answer is right."""

import numpy as np
from case import full_range, node, rng, save
from qdq_groups import F32, KINDS, Qdq

I64 = np.int64


def one(name, operation, shape, constants=None, results=1, expected=True, **attributes):
    """DequantizeLinear -> operation -> QuantizeLinear for each result, with the same parameters and with others."""
    for kind, is_same in (("u8", True), ("s8", True), ("u8", False)):
        q = Qdq(f"move_{name}_{kind}{'' if is_same else '_anew'}", kind)
        inputs = q.input("x", shape)
        for key, value in (constants or {}).items():
            q.constants[key.split()[-1]] = value
            inputs += " " + key
        outputs = " ".join(f"part{i}" for i in range(results))
        q.nodes.append(node(operation, inputs, outputs, **attributes))
        quantised = [q.quantize(part, -4 if is_same else -3, f"y{i}") for i, part in enumerate(outputs.split())]
        save("qdq_" + q.name, q.nodes, q.inputs, q.constants, {y: KINDS[kind] for y in quantised},
             expected=expected, groups=operation if is_same else f"DequantizeLinear {operation}" + " QuantizeLinear" * results, opset=19)


def shapes():
    one("reshape", "Reshape", (2, 6, 5, 7), {"shape": np.array([0, 3, -1], I64)})
    one("flatten", "Flatten", (2, 6, 5, 7), axis=2)
    one("squeeze", "Squeeze", (2, 1, 5, 1), {"axes": np.array([-1], I64)})
    one("squeeze_all", "Squeeze", (2, 1, 5, 1))
    one("unsqueeze", "Unsqueeze", (2, 5), {"axes": np.array([0, -1], I64)})


def places():
    one("transpose", "Transpose", (2, 6, 5, 7), perm=[0, 2, 3, 1])
    one("transpose_to_image", "Transpose", (2, 6, 5, 7), perm=[0, 3, 1, 2])
    one("transpose_heads", "Transpose", (2, 9, 3, 8), perm=[0, 2, 1, 3])
    one("transpose_all", "Transpose", (3, 4, 5))
    one("slice", "Slice", (2, 6, 9, 7), {"starts": np.array([1, -6], I64), "ends": np.array([9999, 6], I64),
                                         "axes": np.array([1, 2], I64), "steps": np.array([2, 1], I64)})
    one("slice_backwards", "Slice", (4, 9), {"starts": np.array([-1, 7], I64), "ends": np.array([-9999, 1], I64),
                                             "axes": np.array([0, -1], I64), "steps": np.array([-1, -3], I64)})
    one("slice_steps", "Slice", (2, 6), {"starts": np.array([0], I64), "ends": np.array([6], I64),
                                         "axes": np.array([1], I64), "steps": np.array([2], I64)})
    one("slice_nothing", "Slice", (4, 9), {"starts": np.array([3], I64), "ends": np.array([2], I64)})
    one("split", "Split", (2, 9, 5), {"sizes": np.array([2, 7], I64)}, results=2, axis=1)
    one("split_evenly", "Split", (2, 7, 5), results=3, axis=-2, num_outputs=3)
    one("pad", "Pad", (2, 3, 5, 4), {"pads": np.array([0, 1, 2, 0, 0, 0, 1, 3], I64)})
    one("pad_value", "Pad", (3, 5), {"pads": np.array([2, 1], I64), "value": F32(1.5), "axes": np.array([1], I64)})
    one("pad_beyond", "Pad", (3, 5), {"pads": np.array([2, 1], I64), "value": F32(-1e7), "axes": np.array([-2], I64)})
    one("pad_negative", "Pad", (3, 5), {"pads": np.array([0, -1, 1, -2], I64)}, expected=False)  # the reference fails
    one("gather", "Gather", (4, 5, 6), {"indices": np.array([[2, -1, 0], [4, 4, -5]], I64)}, axis=1)
    one("gather_one", "Gather", (4, 5, 6), {"indices": np.array(-2, np.int32)}, axis=0)
    for rounding in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil"):
        one("nearest_" + rounding, "Resize", (1, 3, 5, 7), {"_ _ size": np.array([1, 3, 7, 18], I64)},
            mode="nearest", nearest_mode=rounding)
    one("nearest_twice", "Resize", (2, 3, 5, 7), {"_ scales": np.array([1, 1, 2, 2], F32)}, mode="nearest",
        coordinate_transformation_mode="asymmetric", nearest_mode="floor")


def between_products():
    """What lies in images on the one side and in rows on the other: every kernel has both forms of its input."""
    moves = {
        "reshape": ("Reshape", {"r": np.array([2, 12, 20], I64)}, {}),
        "flatten": ("Flatten", {}, {"axis": 1}),
        "turned": ("Transpose", {}, {"perm": [0, 2, 3, 1]}),
        "slice": ("Slice", {"starts": np.array([1], I64), "ends": np.array([9], I64), "axes": np.array([1], I64)}, {}),
        "pad": ("Pad", {"p": np.array([0, 2, 1, 0, 0, 1, 0, 2], I64)}, {}),
        "gather": ("Gather", {"i": np.array([3, 1, 1], I64)}, {"axis": 1}),
        "unsqueeze": ("Unsqueeze", {"axes": np.array([1], I64)}, {}),
    }
    for kind in KINDS:
        for name, (operation, constants, attributes) in moves.items():
            q = Qdq(f"image_{name}_{kind}", kind)
            x, w = q.input("x", (2, 3, 6, 7)), q.weights((12, 3, 3, 3), True)
            y = q.quantize(q.operator("Conv", f"{x} {w}", pads=[0, 0, 0, 0]), 0, "t")
            q.constants.update(constants)
            moved = q.operator(operation, " ".join([q.dequantize(y, q.scale(0), q.zero()), *constants]), **attributes)
            q.save(q.quantize(moved, 0), groups=f"ConvBytes {operation}")
        # Parts of an image, each of which is convolved: its consumers come before the last QuantizeLinear.
        q = Qdq(f"image_split_{kind}", kind)
        x, w = q.input("x", (1, 8, 6, 7)), q.weights((8, 4, 3, 3), True)
        q.constants["sizes"] = np.array([4, 4], I64)
        q.nodes.append(node("Split", f"{x} sizes", "p0 p1", axis=1))
        ends = []
        for i in range(2):
            part = q.dequantize(q.quantize(f"p{i}", -4, f"part{i}"), q.scale(-4), q.zero())
            ends.append(q.quantize(q.operator("Conv", f"{part} {w}"), 0, f"y{i}"))
        save("qdq_" + q.name, q.nodes, q.inputs, q.constants, {y: KINDS[kind] for y in ends},
             groups="Split ConvBytes ConvBytes")


def parts_of_two_scales():
    """Bytes cannot be moved where one part is quantised anew."""
    for first, second in ((-4, -3), (-3, -4)):
        q = Qdq(f"split_scales_{-first}_{-second}")
        q.nodes.append(node("Split", q.input("x", (4, 7)), "p0 p1", axis=0))
        outputs = {q.quantize(f"p{i}", power, f"y{i}"): np.uint8 for i, power in enumerate((first, second))}
        save("qdq_" + q.name, q.nodes, q.inputs, q.constants, outputs,
             groups="DequantizeLinear Split QuantizeLinear QuantizeLinear")


def of_constants():
    """Rows of a table of 8-bit integers, and a shape that is known when the model runs."""
    random = rng("table")
    constants = {"t": full_range(random, np.uint8, (11, 6)), "s": F32(0.25), "z": np.uint8(7)}
    save("qdq_gather_rows", [node("DequantizeLinear", "t s z", "f"), node("Gather", "f i", "r"),
                             node("QuantizeLinear", "r s z", "y")],
         [{"i": np.array(i, I64)} for i in ([0, 10], [3, -1, -11, 4])], constants, {"y": np.uint8}, groups="Gather")
    save("qdq_reshape_later", [node("DequantizeLinear", "q s z", "f"), node("Reshape", "f shape", "r"),
                               node("QuantizeLinear", "r s z", "y")],
         [{"q": full_range(random, np.uint8, (4, 6)), "shape": np.array(to, I64)} for to in ([3, 8], [-1, 12])],
         {"s": F32(0.25), "z": np.uint8(7)}, {"y": np.uint8}, groups="Reshape")


def save_all():
    shapes()
    places()
    between_products()
    parts_of_two_scales()
    of_constants()
