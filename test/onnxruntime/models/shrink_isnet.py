"""Makes ISNet's model, which is for pictures of 1024 x 1024, one for 256 x 256, a test in the folder FOLDER/isnet_256.

Usage: shrink_isnet.py isnet.onnx FOLDER
"""

import json
import pathlib
import shutil
import sys

import numpy as np
import onnx
from onnx import numpy_helper

FACTOR = 4


def main():
    model = onnx.load(sys.argv[1])
    target = pathlib.Path(sys.argv[2]) / "isnet_256"
    for value in list(model.graph.input) + list(model.graph.output):
        for dim in value.type.tensor_type.shape.dim[2:]:
            dim.dim_value //= FACTOR
    del model.graph.value_info[:]
    sizes = {n.input[3] for n in model.graph.node if n.op_type == "Resize"}
    for initializer in model.graph.initializer:
        if initializer.name in sizes:
            size = numpy_helper.to_array(initializer) // [1, 1, FACTOR, FACTOR]
            initializer.CopyFrom(numpy_helper.from_array(size.astype(np.int64), initializer.name))

    # A bright disc before a dark, uneven ground.
    random = np.random.default_rng(1)
    y, x = np.mgrid[0:256, 0:256]
    disc = (x - 120) ** 2 + (y - 140) ** 2 < 70**2
    image = np.stack([np.where(disc, 220 - c * 60 + x // 8, 60 + c * 20 + y // 4) for c in range(3)])
    image = np.clip(image + random.integers(-6, 7, image.shape), 0, 255)
    data = ((image[None] - 128) / 256).astype(np.float32)

    shutil.rmtree(target, ignore_errors=True)
    (target / "test_data_set_0").mkdir(parents=True)
    (target / "test_data_set_0" / "input_0.pb").write_bytes(numpy_helper.from_array(data).SerializeToString())
    onnx.save(model, target / "model.onnx")
    expect = {"claims": "all", "tolerance": 1e-5, "runtime": "close", "expected": False}
    (target / "expect.json").write_text(json.dumps(expect))


main()
