"""Runs an ONNX model on Isoquant from Python. onnxruntime 1.23 or later is needed (pip install onnxruntime).

Usage: python_example.py libisoquant_ep.so MODEL.onnx
"""

import os
import sys

import numpy as np
import onnxruntime as ort

NAME = "IsoquantExecutionProvider"


def register(library):
    """Once for the process."""
    ort.register_execution_provider_library(NAME, os.path.abspath(library))


def open_session(model, **options):
    """`options`: max_tier, disable, strict, report; their values are texts."""
    device = next(device for device in ort.get_ep_devices() if device.ep_name == NAME)
    settings = ort.SessionOptions()
    settings.add_provider_for_devices([device], options)
    return ort.InferenceSession(str(model), sess_options=settings)


def main():
    library, model = sys.argv[1:]
    register(library)
    session = open_session(model, report="stderr")
    types = {"tensor(float)": np.float32, "tensor(uint8)": np.uint8, "tensor(int8)": np.int8, "tensor(int64)": np.int64}
    inputs = {}
    for info in session.get_inputs():
        shape = [size if isinstance(size, int) else 1 for size in info.shape]
        inputs[info.name] = (np.random.random_sample(shape) * 100).astype(types[info.type])
    for info, output in zip(session.get_outputs(), session.run(None, inputs)):
        print(info.name, output.dtype, output.shape)


if __name__ == "__main__":
    main()
