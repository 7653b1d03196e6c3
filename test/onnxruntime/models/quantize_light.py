"""Makes int8 models of two public networks as users make them, by onnxruntime.quantization: tests in FOLDER.

The graphs are ONNX's "light" ones (Debian: libonnx-testdata of sid): SqueezeNet and ResNet-50 without their weights, which
here are random numbers, for pictures of 224 x 224. SqueezeNet becomes a model of ConvInteger (quantised dynamically), ResNet-50
one of QDQ groups, u8 activations and s8 weights per channel (quantised statically).

Usage: quantize_light.py FOLDER_WITH_LIGHT_MODELS FOLDER
"""

import json
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import onnx
from onnx import helper, numpy_helper, version_converter
from onnxruntime import quantization

SIDE = 224


def fill(path):
    """The graph with random weights in place of its constants. Batch normalisations go: they are folded into weights
    before quantising, and these are random already."""
    model = version_converter.convert_version(onnx.load(path), 13)
    graph, random = model.graph, np.random.default_rng(1)
    shapes = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    weights, renamed, nodes = {}, {}, []
    for node in graph.node:
        if node.op_type == "ConstantOfShape":
            shape = shapes[node.input[0]]
            fan_in = np.prod(shape[1:]) if len(shape) > 1 else 100
            weights[node.output[0]] = (random.standard_normal(shape) * np.sqrt(2 / fan_in)).astype(np.float32)
        elif node.op_type in ("BatchNormalization", "Dropout"):
            renamed[node.output[0]] = renamed.get(node.input[0], node.input[0])
        else:
            for i, name in enumerate(node.input):
                node.input[i] = renamed.get(name, name)
            if node.op_type == "Sum":  # of two: exporters of today write it so
                node.op_type = "Add"
            nodes.append(node)
    used = {name for node in nodes for name in node.input}
    kept = [i for i in graph.initializer if i.name in used]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept + [numpy_helper.from_array(w, n) for n, w in weights.items() if n in used])
    names = {i.name for i in graph.initializer}
    inputs = [i for i in graph.input if i.name not in names]
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info(inputs[0].name, onnx.TensorProto.FLOAT, [1, 3, SIDE, SIDE]))
    output = graph.output[0].name
    del graph.output[:]
    graph.output.append(helper.make_tensor_value_info(renamed.get(output, output), onnx.TensorProto.FLOAT, None))
    return model


class Pictures(quantization.CalibrationDataReader):
    def __init__(self, name):
        random = np.random.default_rng(2)
        self.rest = [{name: random.standard_normal((1, 3, SIDE, SIDE)).astype(np.float32)} for _ in range(3)]

    def get_next(self):
        return self.rest.pop() if self.rest else None


def save_test(target, model, tolerance):
    shutil.rmtree(target, ignore_errors=True)
    (target / "test_data_set_0").mkdir(parents=True)
    data = np.random.default_rng(3).standard_normal((1, 3, SIDE, SIDE)).astype(np.float32)
    (target / "test_data_set_0" / "input_0.pb").write_bytes(numpy_helper.from_array(data).SerializeToString())
    shutil.copy(model, target / "model.onnx")
    expect = {"claims": "all", "tolerance": tolerance, "runtime": "close", "expected": False, "strict": True}
    (target / "expect.json").write_text(json.dumps(expect))


def main():
    light, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as temporary:
        floats, bytes_ = f"{temporary}/floats.onnx", f"{temporary}/bytes.onnx"
        onnx.save(fill(light / "light_squeezenet.onnx"), floats)
        quantization.quantize_dynamic(floats, bytes_, weight_type=quantization.QuantType.QUInt8)
        save_test(target / "squeezenet_dynamic", bytes_, 1e-4)
        model = fill(light / "light_resnet50.onnx")
        onnx.save(model, floats)
        quantization.quantize_static(floats, bytes_, Pictures(model.graph.input[0].name), per_channel=True,
                                     quant_format=quantization.QuantFormat.QDQ)
        save_test(target / "resnet50_qdq", bytes_, 1e-2)


main()
