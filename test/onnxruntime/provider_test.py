"""Runs tests of models/ through onnxruntime for Python, as examples/onnxruntime/python_example.py does.

Usage: provider_test.py libisoquant_ep.so FOLDER      The last line is "ONNX models: N passed, N failed".
"""

import json
import pathlib
import sys

import numpy as np
import onnx
from onnx import numpy_helper

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "examples" / "onnxruntime"))
import python_example


def read(path):
    tensor = onnx.TensorProto()
    tensor.ParseFromString(path.read_bytes())
    return numpy_helper.to_array(tensor)


def check(folder):
    session = python_example.open_session(folder / "model.onnx")
    assert "IsoquantExecutionProvider" in session.get_providers(), session.get_providers()
    data = folder / "test_data_set_0"
    inputs = {info.name: read(data / f"input_{i}.pb") for i, info in enumerate(session.get_inputs())}
    for i, output in enumerate(session.run(None, inputs)):
        expected = read(data / f"output_{i}.pb")
        assert output.dtype == expected.dtype and output.shape == expected.shape, (output.dtype, output.shape)
        assert np.array_equal(output, expected), np.abs(output.astype(np.float64) - expected).max()


def main():
    python_example.register(sys.argv[1])
    passed = failed = 0
    for folder in sorted(pathlib.Path(sys.argv[2]).iterdir()):
        expect = json.loads((folder / "expect.json").read_text())
        if expect["claims"] != "all" or expect["tolerance"] != 0 or not expect["expected"]:
            continue
        try:
            check(folder)
            passed += 1
        except Exception as error:  # the next one is tested all the same
            print(f"FAILED: {folder.name}: {error}")
            failed += 1
    print(f"ONNX models: {passed} passed, {failed} failed")
    return failed != 0 or passed == 0


sys.exit(main())
