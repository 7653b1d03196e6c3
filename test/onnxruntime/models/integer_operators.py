"""The bare integer operators with constant weights."""

import numpy as np
from case import floats, full_range, node, rng, save

U8, S8 = np.uint8, np.int8
KINDS = {"u8": U8, "s8": S8}


def conv_integer():
    def one(name, x="u8", w="s8", x_shape=(1, 5, 9, 11), w_shape=(7, 5, 3, 3), x_zero=True, w_zero=None, expected=True,
            **attributes):
        # ONNX Runtime's ConvInteger takes u8 images alone.
        random = rng(name)
        constants = {"w": full_range(random, KINDS[w], w_shape)}
        names = "x w"
        if x_zero or w_zero is not None:
            names += " xz" if x_zero else " _"
        if x_zero:
            constants["xz"] = full_range(random, KINDS[x], ())
        if w_zero is not None:
            names += " wz"
            constants["wz"] = full_range(random, KINDS[w], w_zero)
        save("conv_integer_" + name, [node("ConvInteger", names, "y", **attributes)],
             {"x": full_range(random, KINDS[x], x_shape)}, constants, {"y": np.int32},
             runtime="equal" if x == "u8" and (w_zero is None or w_zero == ()) else "differs",
             expected=expected)

    for x in KINDS:
        for w in KINDS:
            one(f"{x}_{w}", x, w, pads=[1, 1, 1, 1])
            one(f"{x}_{w}_zero_points", x, w, w_zero=(), pads=[1, 1, 1, 1])
    one("no_zero_points", x_zero=False)
    one("per_channel_zero_points", w_zero=(7,), pads=[1, 1, 1, 1])
    one("batch", x_shape=(3, 5, 8, 8), pads=[1, 1, 1, 1])
    one("asymmetric_pads", pads=[0, 1, 2, 1])
    one("pads_beyond_kernel", x_shape=(1, 5, 4, 4), pads=[4, 3, 3, 4], expected=False)  # the reference fails
    one("dilations", dilations=[2, 3], pads=[2, 3, 2, 3])
    one("strides", strides=[2, 3], pads=[1, 1, 1, 1])
    one("groups", w_shape=(6, 2, 3, 3), x_shape=(1, 6, 7, 7), group=3, pads=[1, 1, 1, 1])
    one("depthwise", w_shape=(8, 1, 3, 3), x_shape=(1, 8, 7, 7), group=8, pads=[1, 1, 1, 1])
    one("pointwise", w_shape=(33, 65, 1, 1), x_shape=(1, 65, 5, 4))
    one("wide", w_shape=(40, 70, 3, 3), x_shape=(1, 70, 6, 6), pads=[1, 1, 1, 1])
    one("same_upper", auto_pad="SAME_UPPER", strides=[2, 2])
    one("same_lower", auto_pad="SAME_LOWER", strides=[2, 2])
    one("valid", auto_pad="VALID", expected=False)  # the reference pads

    # One model, images of several sizes.
    random = rng("dynamic")
    constants = {"w": full_range(random, S8, (4, 3, 3, 3)), "xz": np.uint8(77)}
    images = [{"x": full_range(random, U8, (n, 3, h, w))} for n, h, w in ((1, 5, 6), (2, 8, 3), (3, 3, 3))]
    save("conv_integer_dynamic_shapes", [node("ConvInteger", "x w xz", "y", pads=[1, 1, 1, 1])], images, constants,
         {"y": np.int32})


def matmul_integer():
    def one(name, a="u8", b="s8", a_shapes=((4, 70),), b_shape=(70, 19), a_zero=(), b_zero=(), claims="all"):
        random = rng(name)
        constants = {"b": full_range(random, KINDS[b], b_shape)}
        names = "a b"
        for key, zero, kind in (("az", a_zero, a), ("bz", b_zero, b)):
            names += " _" if zero is None else " " + key
            if zero is not None:
                constants[key] = full_range(random, KINDS[kind], zero)
        save("matmul_integer_" + name, [node("MatMulInteger", names, "y")],
             [{"a": full_range(random, KINDS[a], shape)} for shape in a_shapes], constants, {"y": np.int32},
             claims=claims)

    for a in KINDS:
        for b in KINDS:
            one(f"{a}_{b}", a, b)
    one("saturating", a_shapes=((3, 1024),), b_shape=(1024, 33))
    one("no_zero_points", a_zero=None, b_zero=None)
    one("per_column_zero_points", b_zero=(19,))
    one("one_row", a_shapes=((1, 70),))
    one("vector", a_shapes=((70,),), claims="any")
    one("batch", a_shapes=((2, 3, 5, 70),))
    one("batches_of_weights", a_shapes=((3, 4, 70),), b_shape=(3, 70, 19))
    one("dynamic_rows", a_shapes=((1, 70), (9, 70), (0, 70), (17, 70)))

    random = rng("two inputs")
    inputs = {"a": full_range(random, U8, (3, 5, 37)), "b": full_range(random, U8, (3, 37, 18))}
    save("matmul_integer_run_time_weights", [node("MatMulInteger", "a b", "y")], inputs, {}, {"y": np.int32})


def qlinear():
    """Scales are powers of two, or not; with others a product of scales may be rounded in more than one order."""
    def conv(name, x="u8", w="s8", y="u8", w_zero=0, per_channel=False, bias=True, exact=True, x_shape=(2, 5, 8, 9),
             w_shape=(6, 5, 3, 3), **attributes):
        random = rng("qlinear_conv" + name)
        scale = np.float32(2.0**-12 if exact else 0.0003712)
        w_scales = np.full(6, scale) * (2.0 ** np.arange(-3, 3) if exact else 1 + np.arange(6) / 7)
        constants = {
            "xs": np.float32(0.5), "xz": full_range(random, KINDS[x], ()),
            "w": full_range(random, KINDS[w], w_shape),
            "ws": w_scales.astype(np.float32) if per_channel else scale,
            "wz": np.full(6 if per_channel else (), w_zero, KINDS[w]),
            "ys": np.float32(0.25), "yz": np.array(101 if y == "u8" else -3, KINDS[y]),
        }
        if bias:
            constants["b"] = random.integers(-20000, 20000, 6, dtype=np.int32)
        save("qlinear_conv_" + name,
             [node("QLinearConv", "x xs xz w ws wz ys yz" + (" b" if bias else ""), "y", **attributes)],
             {"x": full_range(random, KINDS[x], x_shape)}, constants, {"y": KINDS[y]}, tolerance=0 if exact else 1,
             runtime="equal" if exact else "close")

    conv("u8_s8", pads=[1, 1, 1, 1])
    conv("u8_u8", w="u8", w_zero=131, pads=[1, 0, 2, 1])
    conv("s8_s8", x="s8", y="s8", pads=[1, 1, 1, 1])
    conv("per_channel", per_channel=True, pads=[1, 1, 1, 1], strides=[2, 1])
    conv("per_channel_s8", x="s8", y="s8", per_channel=True, dilations=[2, 2])
    conv("no_bias", bias=False)
    conv("depthwise", x_shape=(1, 6, 8, 8), w_shape=(6, 1, 3, 3), group=6, per_channel=True)
    conv("odd_scales", per_channel=True, exact=False, pads=[1, 1, 1, 1])

    def matmul(name, a="u8", b="s8", y="u8", a_shape=(5, 40), b_shape=(40, 21), per_column=False, exact=True,
               y_scale=4.0, expected=True):
        random = rng("qlinear_matmul" + name)
        scale = np.float32(2.0**-10 if exact else 0.00117)
        b_scales = (scale * 2.0 ** (np.arange(21) % 4)).astype(np.float32)
        constants = {
            "as": np.float32(0.25), "az": full_range(random, KINDS[a], ()), "b": full_range(random, KINDS[b], b_shape),
            "bs": b_scales if per_column else scale, "bz": np.zeros(21 if per_column else (), KINDS[b]),
            "ys": np.float32(y_scale), "yz": np.array(99 if y == "u8" else 5, KINDS[y]),
        }
        save("qlinear_matmul_" + name, [node("QLinearMatMul", "a as az b bs bz ys yz", "y")],
             {"a": full_range(random, KINDS[a], a_shape)}, constants, {"y": KINDS[y]}, tolerance=0 if exact else 1,
             runtime="equal" if exact else "close", expected=expected)

    matmul("u8_s8")
    matmul("u8_u8", b="u8")
    matmul("s8_s8", a="s8", y="s8")
    matmul("batch", a_shape=(2, 3, 5, 40))
    matmul("per_column", per_column=True, y_scale=32.0)
    matmul("odd_scales", exact=False)
    matmul("saturating", y_scale=0.125, expected=False)  # the reference does not saturate


def quantize():
    values = np.array([0, -0.0, 0.25, 0.75, 1.25, -0.25, -0.75, 63.75, 64, -64, 1e8, -1e8, 3e-39], np.float32)
    random = rng("quantize")
    x = np.concatenate([values, floats(random, 77, 40)])
    image = floats(random, (2, 3, 5, 4), 30)
    for kind, dtype in KINDS.items():
        zero = np.array(10 if kind == "s8" else 128, dtype)
        save(f"quantize_linear_{kind}", [node("QuantizeLinear", "x s z", "y")], {"x": x},
             {"s": np.float32(0.5), "z": zero}, {"y": dtype})
        save(f"quantize_linear_{kind}_odd_scale", [node("QuantizeLinear", "x s z", "y")], {"x": x},
             {"s": np.float32(0.3), "z": zero}, {"y": dtype})
        for axis in (0, 1, 3):
            size = image.shape[axis]
            constants = {"s": (0.1 + np.arange(size) / 7).astype(np.float32), "z": np.arange(size).astype(dtype)}
            save(f"quantize_linear_{kind}_axis_{axis}", [node("QuantizeLinear", "x s z", "y", axis=axis)], {"x": image},
                 constants, {"y": dtype})
            save(f"dequantize_linear_{kind}_axis_{axis}_no_zero_point",
                 [node("DequantizeLinear", "x s", "y", axis=axis)], {"x": full_range(random, dtype, image.shape)},
                 {"s": constants["s"]}, {"y": np.float32})
            save(f"dequantize_linear_{kind}_axis_{axis}", [node("DequantizeLinear", "x s z", "y", axis=axis)],
                 {"x": full_range(random, dtype, image.shape)}, constants, {"y": np.float32})
        save(f"dequantize_linear_{kind}", [node("DequantizeLinear", "x s z", "y")],
             {"x": np.arange(-128, 128).astype(dtype)}, {"s": np.float32(0.3), "z": zero}, {"y": np.float32})
    huge = np.array([1e30, -1e30, np.inf, -np.inf, 3e9, -3e9], np.float32)  # the reference does not saturate these
    save("quantize_linear_huge", [node("QuantizeLinear", "x s z", "y")], {"x": huge},
         {"s": np.float32(0.5), "z": np.uint8(3)}, {"y": U8}, expected=False)
    save("quantize_linear_no_zero_point", [node("QuantizeLinear", "x s", "y")], {"x": x}, {"s": np.float32(0.5)},
         {"y": U8})
    for name, data in {"mixed": floats(random, (3, 50), 5), "positive": np.abs(floats(random, 20)) + 1,
                       "negative": -np.abs(floats(random, 20)) - 1, "zeros": np.zeros(9, np.float32),
                       "ties": np.array([0, 255, 0.5, 1.5, 2.5, 3.5], np.float32)}.items():
        # Of zeros ONNX Runtime has the scale 1, the reference another one, and the definition 0.
        save(f"dynamic_quantize_linear_{name}", [node("DynamicQuantizeLinear", "x", "y s z")], {"x": data}, {},
             {"y": U8, "s": np.float32, "z": U8}, expected=name != "zeros")


def save_all():
    conv_integer()
    matmul_integer()
    qlinear()
    quantize()
