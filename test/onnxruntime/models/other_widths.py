"""Integers of 16 bits, and constants of 4: beside those of 8."""

import numpy as np
from case import floats, full_range, node, rng, save
from onnx import TensorProto, helper
from qdq_groups import F32, S8, U8, Qdq

U16, S16 = np.uint16, np.int16
TYPES = {"u4": TensorProto.UINT4, "s4": TensorProto.INT4}


def sixteen_bits():
    random = rng("sixteen")
    values = np.array([0, -0.0, 0.125, 0.375, -0.125, -0.375, 8191.75, 16383.9, -16384.2, 1e8, -1e8, 3e-39], F32)
    x = np.concatenate([values, floats(random, 77, 4000)])
    image = floats(random, (2, 3, 5, 4), 3000)
    for kind, dtype in {"u16": U16, "s16": S16}.items():
        zero = np.array(-300 if kind == "s16" else 33000, dtype)
        for name, scale in (("", 0.25), ("_odd_scale", 0.3)):
            save(f"quantize_linear_{kind}{name}", [node("QuantizeLinear", "x s z", "y")], {"x": x},
                 {"s": F32(scale), "z": zero}, {"y": dtype}, opset=21)
        save(f"dequantize_linear_{kind}", [node("DequantizeLinear", "x s z", "y")],
             {"x": full_range(random, dtype, (3, 700))}, {"s": F32(0.3), "z": zero}, {"y": F32}, opset=21)
        for axis in (1, 3):
            size = image.shape[axis]
            constants = {"s": (0.1 + np.arange(size) / 7).astype(F32), "z": (np.arange(size) * 99).astype(dtype)}
            save(f"quantize_linear_{kind}_axis_{axis}", [node("QuantizeLinear", "x s z", "y", axis=axis)], {"x": image},
                 constants, {"y": dtype}, opset=21)
            save(f"dequantize_linear_{kind}_axis_{axis}", [node("DequantizeLinear", "x s z", "y", axis=axis)],
                 {"x": full_range(random, dtype, image.shape)}, constants, {"y": F32}, opset=21)
    # Products of 16-bit integers are floats to ONNX Runtime.
    save("qdq_conv_u16", [node("DequantizeLinear", "x xs xz", "xf"), node("DequantizeLinear", "w ws", "wf"),
                          node("Conv", "xf wf", "c"), node("QuantizeLinear", "c xs xz", "y")],
         {"x": full_range(random, U16, (1, 3, 6, 7))}, {"w": full_range(random, S8, (4, 3, 3, 3)), "ws": F32(2.0**-9),
                                                       "xs": F32(2.0**-6), "xz": U16(32000)}, {"y": U16}, opset=21,
         claims="all but Conv 1", groups="DequantizeLinear DequantizeLinear QuantizeLinear")


def nibbles(random, kind, shape, name):
    """A constant of an odd number of elements has half a byte of nothing at its end."""
    low = 0 if kind == "u4" else -8
    return helper.make_tensor(name, TYPES[kind], shape, random.integers(low, low + 16, int(np.prod(shape))))


def four_bits():
    for kind in TYPES:
        for per_channel in (False, True):
            random = rng(f"four {kind} {per_channel}")
            suffix = f"{kind}_{'channel' if per_channel else 'tensor'}"

            def weights(q, shape, axis):
                size = shape[axis]
                q.constants["w"] = nibbles(random, kind, shape, "w")
                q.constants["w_s"] = q.scale(-4, size if per_channel else None)
                q.constants["w_z"] = nibbles(random, kind, [size], "w_z") if per_channel else helper.make_tensor(
                    "w_z", TYPES[kind], [], [3])
                q.nodes.append(node("DequantizeLinear", "w w_s w_z", "w_f", **({"axis": axis} if per_channel else {})))
                return "w_f"

            q = Qdq("four_bits_matmul_" + suffix)
            x, w = q.input("x", (2, 3, 35)), weights(q, (35, 17), 1)
            q.save(q.quantize(q.operator("MatMul", f"{x} {w}"), 0), groups="MatMulBytes", opset=21)
            q = Qdq("four_bits_gemm_" + suffix)
            x, w = q.input("x", (4, 35)), weights(q, (17, 35), 0)
            q.save(q.quantize(q.operator("Gemm", f"{x} {w}", transB=1), 0), groups="MatMulBytes", opset=21)
            q = Qdq("four_bits_conv_" + suffix)
            x, w = q.input("x", (1, 5, 8, 7)), weights(q, (6, 5, 3, 3), 0)
            q.save(q.quantize(q.operator("Conv", f"{x} {w}"), 0), groups="ConvBytes", opset=21)


def blocks():
    """A scale for each block; with and without zero points, blocks that do not fill the axis, 4 and 8 bits."""
    random = rng("blocks")
    for name, shape, axis, size in [("rows", (8, 3), 0, 4), ("columns", (3, 32), 1, 16), ("inner", (2, 6, 5), -2, 3),
                                    ("rest", (3, 7, 2), 1, 4)]:
        of_blocks = [-(-s // size) if i == axis % len(shape) else s for i, s in enumerate(shape)]
        scales = {"s": floats(random, of_blocks) ** 2 + F32(0.1)}
        for kind, x, zero in [("s8", full_range(random, S8, shape), full_range(random, S8, of_blocks)),
                              ("u8", full_range(random, U8, shape), None),
                              ("u4", nibbles(random, "u4", shape, "x"), nibbles(random, "u4", of_blocks, "z"))]:
            zeros = {} if zero is None else {"z": zero}
            is_constant = kind == "u4"
            save(f"dequantize_blocks_{name}_{kind}",
                 [node("DequantizeLinear", "x s" + (" z" if zeros else ""), "f", axis=axis, block_size=size),
                  node("Add", "f t", "y")], {"t": floats(random, shape), **({} if is_constant else {"x": x})},
                 {**scales, **zeros, **({"x": x} if is_constant else {})}, {"y": F32}, opset=21)
    # ONNX Runtime multiplies by such weights as they are, with inputs rounded to 8 bits.
    save("alone_blocked", [node("DequantizeLinear", "w s", "f", axis=0, block_size=16), node("MatMul", "x f", "y")],
         {"x": floats(random, (3, 32))}, {"w": nibbles(random, "s4", (32, 8), "w"), "s": F32(0.1) + floats(random, (2, 8)) ** 2},
         {"y": F32}, claims="none", expected=False, opset=21)


def save_all():
    sixteen_bits()
    four_bits()
    blocks()
