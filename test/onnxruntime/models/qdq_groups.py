"""Networks that were quantised statically, as most exporters write them: DequantizeLinear, an operator of floats,
QuantizeLinear. Where all scales are powers of two every step is exact, so one answer is right; with others a step more or
less may be right, too."""

import numpy as np
from case import floats, full_range, node, rng, save

U8, S8, F32 = np.uint8, np.int8, np.float32
KINDS = {"u8": U8, "s8": S8}


class Qdq:
    def __init__(self, name, kind="u8", exact=True):
        self.name, self.kind, self.exact = name, kind, exact
        self.random, self.nodes, self.constants, self.inputs, self.count = rng(name), [], {}, {}, 0

    def scale(self, power, size=None):
        one = 2.0**power if self.exact else 2.0**power * 1.1
        return F32(one) if size is None else (one * 2.0 ** (np.arange(size) % 3)).astype(F32)

    def zero(self, size=None):
        return np.array(118 if self.kind == "u8" else -9, KINDS[self.kind])

    def dequantize(self, name, value_scale, zero, **attributes):
        self.constants[name + "_s"], self.constants[name + "_z"] = value_scale, zero
        self.nodes.append(node("DequantizeLinear", f"{name} {name}_s {name}_z", name + "_f", **attributes))
        return name + "_f"

    def input(self, name, shape, power=-4):
        self.inputs[name] = full_range(self.random, KINDS[self.kind], shape)
        return self.dequantize(name, self.scale(power), self.zero())

    def weights(self, shape, per_channel, axis=0, power=-7, dtype=S8):
        size = shape[axis] if per_channel else None
        self.constants["w"] = full_range(self.random, dtype, shape)
        zero = np.zeros(() if size is None else size, dtype)
        return self.dequantize("w", self.scale(power, size), zero, **({"axis": axis} if per_channel else {}))

    def bias(self, size, per_channel, power=-11):
        self.constants["b"] = self.random.integers(-3000, 3000, size, dtype=np.int32)
        scale = self.scale(power, size if per_channel else None)
        return self.dequantize("b", scale, np.zeros(scale.shape, np.int32), **({"axis": 0} if per_channel else {}))

    def operator(self, operation, inputs, **attributes):
        self.count += 1
        self.nodes.append(node(operation, inputs, f"f{self.count}", **attributes))
        return f"f{self.count}"

    def quantize(self, value, power=-2, name="y"):
        self.constants[name + "_s"], self.constants[name + "_z"] = self.scale(power), self.zero()
        self.nodes.append(node("QuantizeLinear", f"{value} {name}_s {name}_z", name))
        return name

    def save(self, output, **expectations):
        expectations.setdefault("tolerance", 0 if self.exact else 1)
        expectations.setdefault("runtime", "equal" if self.exact else "close")
        save("qdq_" + self.name, self.nodes, self.inputs, self.constants, {output: KINDS[self.kind]}, **expectations)


def products():
    for kind in KINDS:
        for per_channel in (False, True):
            suffix = f"{kind}_{'channel' if per_channel else 'tensor'}"
            q = Qdq("conv_" + suffix, kind)
            x, w, b = q.input("x", (1, 5, 8, 7)), q.weights((6, 5, 3, 3), per_channel), q.bias(6, per_channel)
            q.save(q.quantize(q.operator("Conv", f"{x} {w} {b}", pads=[1, 1, 1, 1])))
            q = Qdq("gemm_" + suffix, kind)
            x, w, b = q.input("x", (4, 40)), q.weights((21, 40), per_channel), q.bias(21, per_channel)
            q.save(q.quantize(q.operator("Gemm", f"{x} {w} {b}", transB=1)))
            q = Qdq("matmul_" + suffix, kind)
            x, w = q.input("x", (2, 4, 40)), q.weights((40, 21), per_channel, axis=1)
            q.save(q.quantize(q.operator("MatMul", f"{x} {w}")))
        q = Qdq("conv_relu_" + kind, kind)
        x, w = q.input("x", (2, 5, 8, 7)), q.weights((6, 5, 3, 3), True)
        q.save(q.quantize(q.operator("Relu", q.operator("Conv", f"{x} {w}", strides=[2, 1], pads=[1, 0, 0, 1]))))
        q = Qdq("depthwise_" + kind, kind)
        x, w = q.input("x", (1, 16, 8, 7)), q.weights((16, 1, 3, 3), True)
        q.save(q.quantize(q.operator("Conv", f"{x} {w}", group=16, dilations=[2, 1], pads=[2, 1, 2, 1])))
        q = Qdq("conv_odd_scales_" + kind, kind, exact=False)
        x, w, b = q.input("x", (1, 5, 8, 7)), q.weights((6, 5, 3, 3), True), q.bias(6, True)
        q.save(q.quantize(q.operator("Conv", f"{x} {w} {b}", pads=[1, 1, 1, 1])))
        q = Qdq("matmul_two_inputs_" + kind, kind)
        q.save(q.quantize(q.operator("MatMul", f"{q.input('x', (2, 3, 5, 33))} {q.input('z', (2, 3, 33, 12), -7)}")))


def others():
    for kind in KINDS:
        def one(name, operation, shape=(1, 8, 6, 7), other=None, constants=None, output_power=-4, exact=True, **attributes):
            q = Qdq(f"{name}_{kind}", kind, exact)
            inputs = q.input("x", shape)
            if other is not None:
                inputs += " " + q.input("z", other, -5)
            for key, value in (constants or {}).items():
                q.constants[key] = value
                inputs += " " + ("_ " if key == "sizes" else "") + key
            # ONNX Runtime's kernels of these round in a way of their own.
            expectations = {"runtime": "differs"} if operation in ("Add", "Mul", "AveragePool") else {}
            q.save(q.quantize(q.operator(operation, inputs, **attributes), output_power), **expectations)

        one("add", "Add", other=(1, 8, 6, 7))
        one("add_broadcast", "Add", other=(1, 8, 1, 1))
        one("add_broadcast_both", "Add", (2, 1, 6, 7), other=(8, 1, 1))
        one("mul", "Mul", other=(1, 8, 6, 7), output_power=-3)
        one("mul_broadcast", "Mul", (7,), other=(2, 8, 6, 7), output_power=-3)
        one("relu", "Relu")
        one("max_pool", "MaxPool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 0])
        one("max_pool_ceil", "MaxPool", kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1, shape=(1, 8, 7, 7))
        one("average_pool", "AveragePool", kernel_shape=[2, 2], strides=[2, 2])
        one("global_average_pool", "GlobalAveragePool", shape=(2, 8, 4, 8))
        one("concat", "Concat", other=(1, 4, 6, 7), axis=1)
        one("sigmoid", "Sigmoid", output_power=-8, exact=False)
        one("softmax", "Softmax", shape=(3, 50), output_power=-8, exact=False, axis=-1)

    # What is quantised stays so between operators: two convolutions, a residual, a pool, a layer at the end.
    for kind in KINDS:
        q = Qdq("network_" + kind, kind)
        x, w = q.input("x", (1, 8, 8, 8)), q.weights((8, 8, 3, 3), True)
        a = q.quantize(q.operator("Relu", q.operator("Conv", f"{x} {w}", pads=[1, 1, 1, 1])), -1, "a")
        a = q.dequantize(a, q.scale(-1), q.zero())
        b = q.quantize(q.operator("Conv", f"{a} {w}", pads=[1, 1, 1, 1]), 2, "c")
        b = q.dequantize(b, q.scale(2), q.zero())
        d = q.quantize(q.operator("Add", f"{b} {a}"), 2, "d")
        e = q.quantize(q.operator("GlobalAveragePool", q.dequantize(d, q.scale(2), q.zero())), 2, "e")
        q.constants["flat"] = np.array([1, 8], np.int64)
        f = q.operator("Reshape", f"{q.dequantize(e, q.scale(2), q.zero())} flat")
        q.constants["w2"] = full_range(q.random, S8, (10, 8))
        w2 = q.dequantize("w2", q.scale(-7), np.zeros((), S8))
        q.save(q.quantize(q.operator("Gemm", f"{f} {w2}", transB=1), 4), runtime="close", tolerance=1)


def save_all():
    products()
    others()
