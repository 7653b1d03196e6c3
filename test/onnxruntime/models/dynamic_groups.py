"""Networks that were quantised dynamically: each product is four to nine nodes, which the provider runs as one."""

import numpy as np
from case import floats, full_range, node, rng, save

F32 = np.float32


class Network:
    """Nodes and constants of a model in the making; layers take and give names of values."""

    def __init__(self, name):
        self.name, self.random, self.nodes, self.constants, self.count = name, rng(name), [], {}, 0

    def fresh(self):
        self.count += 1
        return f"v{self.count}"

    def constant(self, value):
        name = self.fresh()
        self.constants[name] = value
        return name

    def add(self, operation, inputs, outputs=None, **attributes):
        outputs = outputs or self.fresh()
        self.nodes.append(node(operation, inputs, outputs, **attributes))
        return outputs.split()[0]

    def product(self, operation, x, weights, bias=None, scale=0.01, w_zero=0, scales_first=True, reshape_bias=False,
                **attributes):
        """x, floats, quantised and multiplied by 8-bit weights; `scale` of the weights: a number or one per output."""
        q, s, z = self.fresh(), self.fresh(), self.fresh()
        self.add("DynamicQuantizeLinear", x, f"{q} {s} {z}")
        w = self.constant(weights)
        w_zero = self.constant(np.array(w_zero, weights.dtype))
        sums = self.add("Cast", self.add(operation, f"{q} {w} {z} {w_zero}", **attributes), to=1)
        w_scale = self.constant(np.asarray(scale, F32))
        if scales_first:
            y = self.add("Mul", f"{sums} {self.add('Mul', f'{s} {w_scale}')}")
        else:
            y = self.add("Mul", f"{self.add('Mul', f'{sums} {s}')} {w_scale}")
        if bias is None:
            return y
        if reshape_bias:  # as ONNX Runtime's tool writes it
            shape = self.constant(np.array([1, -1, 1, 1], np.int64))
            return self.add("Add", f"{y} {self.add('Reshape', f'{self.constant(bias.reshape(-1))} {shape}')}")
        return self.add("Add", f"{y} {self.constant(bias)}")

    def conv(self, x, channels_in, channels_out, kernel=3, dtype=np.int8, with_bias=True, **options):
        weights = full_range(self.random, dtype, (channels_out, channels_in, kernel, kernel))
        bias = floats(self.random, (1, channels_out, 1, 1)) if with_bias else None
        return self.product("ConvInteger", x, weights, bias, pads=[kernel // 2] * 4, **options)

    def linear(self, x, size_in, size_out, dtype=np.int8, with_bias=True, **options):
        weights = full_range(self.random, dtype, (size_in, size_out))
        return self.product("MatMulInteger", x, weights, floats(self.random, size_out) if with_bias else None, **options)

    def save(self, x, *outputs, **expectations):
        used = {name for n in self.nodes for name in n.input}
        save("group_" + self.name, self.nodes, x if isinstance(x, list) else {"x": x},
             {key: value for key, value in self.constants.items() if key in used}, {name: F32 for name in outputs},
             **expectations)


def image(name, *shape):
    return floats(rng("image " + name), shape)


def convolutions():
    for dtype in (np.int8, np.uint8):
        for activation in (None, "Relu"):
            n = Network(f"conv_{np.dtype(dtype).name}_{activation}")
            y = n.conv("x", 5, 9, dtype=dtype, w_zero=0 if dtype == np.int8 else 121)
            n.save(image(n.name, 1, 5, 8, 7), n.add(activation, y) if activation else y)

    n = Network("conv_as_isnet")  # u8 weights, a bias that is reshaped, ReLU, then a residual
    a = n.add("Relu", n.conv("x", 6, 6, dtype=np.uint8, w_zero=133, reshape_bias=True))
    b = n.add("Relu", n.conv(a, 6, 6, dtype=np.uint8, w_zero=90, reshape_bias=True, dilations=[1, 1]))
    n.save(image(n.name, 1, 6, 9, 9), n.add("Add", f"{b} {a}"))

    n = Network("conv_without_bias")
    n.save(image(n.name, 2, 5, 6, 6), n.conv("x", 5, 4, with_bias=False))

    n = Network("conv_scales_one_by_one")
    n.save(image(n.name, 1, 5, 6, 6), n.conv("x", 5, 4, scales_first=False))

    n = Network("conv_per_channel_scales")
    scales = (0.002 + np.arange(7) / 300).reshape(1, 7, 1, 1)
    n.save(image(n.name, 1, 5, 6, 6), n.conv("x", 5, 7, scale=scales))

    n = Network("conv_shared_quantised_image")  # two products of the same DynamicQuantizeLinear
    q = n.add("DynamicQuantizeLinear", "x", "q s z")
    outputs = []
    for i in range(2):
        w, scale = n.constant(full_range(n.random, np.int8, (4, 5, 3, 3))), n.constant(F32(0.01 + i))
        sums = n.add("Cast", n.add("ConvInteger", f"{q} {w} z", pads=[1, 1, 1, 1]), to=1)
        outputs.append(n.add("Mul", f"{sums} {n.add('Mul', f's {scale}')}"))
    n.save(image(n.name, 1, 5, 6, 6), *outputs)

    n = Network("conv_sums_used_twice")  # the floats behind Cast go elsewhere, too: no fusion may lose them
    q = n.add("DynamicQuantizeLinear", "x", "q s z")
    w, scale = n.constant(full_range(n.random, np.int8, (4, 5, 3, 3))), n.constant(F32(0.01))
    sums = n.add("Cast", n.add("ConvInteger", f"{q} {w} z", pads=[1, 1, 1, 1]), to=1)
    n.save(image(n.name, 1, 5, 6, 6), n.add("Mul", f"{sums} {n.add('Mul', f's {scale}')}"), sums)

    n = Network("conv_dynamic_shapes")
    y = n.add("Relu", n.conv("x", 3, 8))
    n.save([{"x": image(f"{n.name} {h}", b, 3, h, h + 1)} for b, h in ((1, 4), (2, 9), (1, 1))], y)

    n = Network("conv_chain")  # with what ISNet has between its convolutions; the sizes are odd
    a = n.add("Relu", n.conv("x", 3, 8, strides=[2, 2]))
    b = n.add("Relu", n.conv(n.add("MaxPool", a, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1), 8, 8))
    c = n.add("Concat", f"{n.add('MaxPool', a, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)} {b}", axis=1)
    n.save(image(n.name, 1, 3, 22, 18), n.add("Relu", n.conv(c, 16, 5)), b)

    n = Network("conv_values_of_zero")  # the scale of a tensor of zeros
    n.save(np.zeros((1, 3, 4, 4), F32), n.conv("x", 3, 4), runtime="differs")


def products():
    for dtype in (np.int8, np.uint8):
        n = Network(f"matmul_{np.dtype(dtype).name}")
        n.save(image(n.name, 5, 70), n.linear("x", 70, 33, dtype=dtype, w_zero=0 if dtype == np.int8 else 140))
    n = Network("matmul_batch")
    n.save(image(n.name, 2, 3, 70), n.add("Relu", n.linear("x", 70, 33)))
    n = Network("matmul_per_column")
    n.save(image(n.name, 4, 70), n.linear("x", 70, 33, scale=0.001 + np.arange(33) / 999, w_zero=np.arange(33) % 5))
    n = Network("matmul_residual")
    n.save(image(n.name, 4, 32), n.add("Add", f"{n.linear('x', 32, 32)} x"))
    n = Network("matmul_two_layers")
    n.save(image(n.name, 3, 40), n.linear(n.add("Relu", n.linear("x", 40, 64)), 64, 10))
    n = Network("matmul_dynamic_rows")
    n.save([{"x": image(f"{n.name} {rows}", rows, 40)} for rows in (1, 16, 3)], n.linear("x", 40, 24))


def attention():
    """A block of a transformer for sentences of any length: shapes are computed on the way, products of two inputs."""
    def block(name, product, lengths, **expectations):
        n = Network("attention_" + name)
        size, heads = 24, 3
        ints = {key: n.constant(np.array(value, np.int64)) for key, value in
                {"heads": [0, 0, heads, size // heads], "joined": [size]}.items()}

        def split_heads(x, perm):
            return n.add("Transpose", n.add("Reshape", f"{x} {ints['heads']}"), perm=perm)

        q, k, v = (n.linear("x", size, size, scale=0.0004) for _ in range(3))
        scores = product(n, split_heads(q, [0, 2, 1, 3]), split_heads(k, [0, 2, 3, 1]))
        scores = n.add("Div", f"{scores} {n.constant(F32(2.8))}")
        mixed = product(n, n.add("Softmax", scores, axis=-1), split_heads(v, [0, 2, 1, 3]))
        shape = n.add("Shape", "x", start=0, end=2)
        joined = n.add("Reshape", n.add("Transpose", mixed, perm=[0, 2, 1, 3]) + " " +
                       n.add("Concat", f"{shape} {ints['joined']}", axis=0))
        y = n.add("Add", f"{n.linear(joined, size, size, scale=0.0004)} x")
        weight, bias = n.constant(floats(n.random, size)), n.constant(floats(n.random, size))
        y = n.add("LayerNormalization", f"{y} {weight} {bias}", axis=-1)
        n.save([{"x": image(f"{n.name} {length}", 2, length, size)} for length in lengths], y, tolerance=0.03,
               runtime="close", strict=True, **expectations)

    block("floats", lambda n, a, b: n.add("MatMul", f"{a} {b}"), (1, 7, 16), claims="all but Concat 1, Shape 1")

    def dynamic(n, a, b):
        names = [n.fresh() for _ in range(6)]
        n.add("DynamicQuantizeLinear", a, " ".join(names[:3]))
        n.add("DynamicQuantizeLinear", b, " ".join(names[3:]))
        sums = n.add("Cast", n.add("MatMulInteger", f"{names[0]} {names[3]} {names[2]} {names[5]}"), to=1)
        return n.add("Mul", f"{sums} {n.add('Mul', f'{names[1]} {names[4]}')}")

    block("integers", dynamic, (5, 12), claims="all but Concat 1, Shape 1")


def save_all():
    convolutions()
    products()
    attention()
