"""Operators of floats whose kernels in ONNX Runtime change with the CPU; and what is not the provider's business."""

import numpy as np
from case import floats, full_range, node, rng, save

F32 = np.float32


def float_operators():
    """The reference is exact to some units of the last place: so are the library's functions."""
    def one(name, operation, x, constants=None, opset=17, tolerance=2e-6, runtime="close", **attributes):
        names = " ".join(["x"] + [("_ " * key.count("_") + key.strip("_")) for key in (constants or {})])
        save("float_" + name, [node(operation, names, "y", **attributes)], {"x": x},
             {key.strip("_"): value for key, value in (constants or {}).items()}, {"y": F32}, opset=opset,
             claims="any", tolerance=tolerance, runtime=runtime)

    x = np.concatenate([np.linspace(-20, 20, 201), [0, -0.0, 1e-30, 90, -90]]).astype(F32)
    random = rng("floats")
    image = floats(random, (1, 6, 5, 7))
    one("sigmoid", "Sigmoid", x)
    one("tanh", "Tanh", x)
    one("softmax", "Softmax", floats(random, (3, 4, 70), 3), axis=-1)
    one("softmax_axis", "Softmax", floats(random, (3, 17, 5), 3), axis=1)
    one("layer_normalization", "LayerNormalization", floats(random, (2, 5, 64)),
        {"scale": floats(random, 64), "bias": floats(random, 64)}, axis=-1, tolerance=1e-5)
    one("gelu", "Gelu", x, opset=20, tolerance=4e-6)
    one("gelu_tanh", "Gelu", x, opset=20, approximate="tanh", tolerance=4e-6)
    for name, options in {"half_pixel": {}, "asymmetric": {"coordinate_transformation_mode": "asymmetric"},
                          "align_corners": {"coordinate_transformation_mode": "align_corners"}}.items():
        one("resize_up_" + name, "Resize", image, {"__sizes": np.array([1, 6, 10, 14], np.int64)}, mode="linear", **options)
        one("resize_odd_" + name, "Resize", image, {"__sizes": np.array([1, 6, 9, 4], np.int64)}, mode="linear", **options)


def left_alone():
    """No node of these is the provider's: it must say so, and ONNX Runtime runs them."""
    random = rng("left alone")
    image = floats(random, (1, 3, 8, 8))
    save("alone_float_conv", [node("Conv", "x w", "c"), node("Relu", "c", "y")], {"x": image},
         {"w": floats(random, (4, 3, 3, 3))}, {"y": F32}, claims="none", tolerance=1e-5, runtime="equal")
    save("alone_float_matmul", [node("MatMul", "x w", "y")], {"x": floats(random, (3, 20))},
         {"w": floats(random, (20, 5))}, {"y": F32}, claims="none", tolerance=1e-5, runtime="equal")
    save("alone_float_pool", [node("MaxPool", "x", "y", kernel_shape=[2, 2])], {"x": image}, {}, {"y": F32},
         claims="none")
    save("alone_int16", [node("QuantizeLinear", "x s z", "q"), node("DequantizeLinear", "q s z", "y")], {"x": image},
         {"s": F32(0.01), "z": np.int16(3)}, {"y": F32}, claims="none", opset=21)
    blocks = {"s": floats(random, (2, 3)) ** 2 + F32(0.1), "z": np.zeros((2, 3), np.int8)}
    save("alone_blocked", [node("DequantizeLinear", "x s z", "y", axis=0, block_size=4)],
         {"x": full_range(random, np.int8, (8, 3))}, blocks, {"y": F32}, claims="none", opset=21)
    save("alone_double", [node("Sigmoid", "x", "y")], {"x": image.astype(np.float64)}, {}, {"y": np.float64},
         claims="none", tolerance=1e-12)
    save("alone_cubic", [node("Resize", "x _ _ n", "y", mode="cubic")], {"x": image},
         {"n": np.array([1, 3, 16, 16], np.int64)}, {"y": F32}, claims="none", tolerance=1e-4)


def special():
    """For lifecycle_test alone: a node of integers that the provider leaves, and a run that must fail."""
    random = rng("special")
    save("special_volume", [node("ConvInteger", "x w", "y", name="the_volume")],
         {"x": full_range(random, np.uint8, (1, 2, 4, 4, 4))}, {"w": full_range(random, np.uint8, (3, 2, 2, 2, 2))},
         {"y": np.int32}, claims="any", expected=False)
    save("special_open", [node("MatMulInteger", "a b", "y", name="the_product")],
         {"a": full_range(random, np.uint8, (3, 6))}, {"b": full_range(random, np.int8, (6, 5))}, {"y": np.int32},
         open_dims=[("a", 1)])


def save_all():
    float_operators()
    left_alone()
    special()
