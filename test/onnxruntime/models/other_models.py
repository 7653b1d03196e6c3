"""Operators of floats whose kernels in ONNX Runtime change with the CPU; and what is not the provider's business."""

import numpy as np
from case import floats, full_range, node, rng, save

F32 = np.float32


def float_operators():
    """The provider takes them where they stand beside integers. The reference is exact to some units of the last place:
    so are the library's functions."""
    def one(name, operation, shape, constants=None, scale=0.16, opset=17, tolerance=2e-6, claims="all",
            expected=True, **attributes):
        random = rng(name)
        q = np.arange(256, dtype=np.uint8) if shape is None else full_range(random, np.uint8, shape)
        names = " ".join(["x"] + [("_ " * key.count("_") + key.strip("_")) for key in (constants or {})])
        constants = {key.strip("_"): value for key, value in (constants or {}).items()}
        save("float_" + name, [node("DequantizeLinear", "q s z", "x"), node(operation, names, "y", **attributes)], {"q": q},
             {"s": F32(scale), "z": np.uint8(128), **constants}, {"y": F32}, opset=opset, tolerance=tolerance,
             claims=claims, runtime="close", expected=expected)

    random = rng("floats")
    one("sigmoid", "Sigmoid", None)
    one("sigmoid_far", "Sigmoid", None, scale=1.0)
    one("tanh", "Tanh", None)
    one("softmax", "Softmax", (3, 4, 70), scale=0.05, axis=-1)
    one("softmax_axis", "Softmax", (3, 17, 5), scale=0.05, axis=1)
    one("softmax_of_rows", "Softmax", (3, 17, 5), scale=0.05, axis=1, opset=11, expected=False)  # the reference is newer
    one("layer_normalization", "LayerNormalization", (2, 5, 64),
        {"scale": floats(random, 64), "bias": floats(random, 64)}, axis=-1, tolerance=1e-5)
    one("clip", "Clip", None, {"low": F32(-3), "high": F32(1.5)}, tolerance=0)
    one("hard_sigmoid", "HardSigmoid", None, alpha=0.3, tolerance=2e-7)
    one("hard_swish", "HardSwish", None, tolerance=2e-6)
    one("sqrt", "Sqrt", None, tolerance=1e-9)  # half of them NaN
    one("square", "Pow", None, {"two": F32(2)}, tolerance=0)
    for name, axes in {"last": [-1], "channels": [1], "image": [2, 3], "first": [0]}.items():
        one("mean_" + name, "ReduceMean", (2, 3, 5, 70), axes=axes, keepdims=int(name != "image"), tolerance=4e-6)
    one("mean_all", "ReduceMean", (2, 3, 5), tolerance=4e-6)
    for operation in ("Add", "Sub", "Mul", "Div"):
        one(operation.lower() + "_number", operation, None, {"k": F32(3.3)}, tolerance=0)
        one(operation.lower() + "_rows", operation, (2, 5, 7), {"k": floats(random, (5, 1))}, tolerance=0)
        one(operation.lower() + "_to_more", operation, (5, 1), {"k": floats(random, (2, 1, 7))}, tolerance=0)
    one("matmul", "MatMul", (2, 5, 40), {"k": floats(random, (40, 17))}, tolerance=1e-4)
    one("matmul_batches", "MatMul", (2, 1, 5, 40), {"k": floats(random, (3, 40, 17))}, tolerance=1e-4)
    one("gelu", "Gelu", None, opset=20, tolerance=4e-6)
    one("gelu_tanh", "Gelu", None, opset=20, approximate="tanh", tolerance=4e-6)
    for name, options in {"half_pixel": {}, "asymmetric": {"coordinate_transformation_mode": "asymmetric"},
                          "align_corners": {"coordinate_transformation_mode": "align_corners"}}.items():
        for kind, size in {"up": (10, 14), "odd": (9, 4)}.items():
            one(f"resize_{kind}_{name}", "Resize", (1, 6, 5, 7), {"__sizes": np.array([1, 6, *size], np.int64)},
                tolerance=5e-5, mode="linear", **options)


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
    save("alone_double", [node("Sigmoid", "x", "y")], {"x": image.astype(np.float64)}, {}, {"y": np.float64},
         claims="none", tolerance=1e-12)
    save("alone_int32", [node("Add", "y y", "z")], [{"y": np.arange(n, dtype=np.int32).reshape(1, 1, 1, n)} for n in (3, 4)],
         {}, {"z": np.int32}, claims="none", open_dims=[("y", 0), ("y", 1), ("y", 2)])
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
