"""Writes one test as ONNX writes its node tests: NAME/model.onnx and NAME/test_data_set_N/{input,output}_M.pb.

Beside them lies NAME/expect.json, which tells models_test what must hold:
  claims     which of the nodes the provider takes: "all", "none", "all but Mul 2, Softmax 1" (ONNX Runtime runs exactly
             these), "any" (nobody minds)
  groups     what the provider runs, "Transpose MatMulBytes", in order; "" where nobody minds
  tolerance  the largest difference from ONNX's reference evaluation
  runtime    what ONNX Runtime alone gives: "equal" bits, numbers that are "close" (by the same tolerance), "differs"
             (known not to be what ONNX says, or it refuses the model)
  strict     whether every node of integers must be claimed
"""

import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

TYPES = {
    np.dtype("float32"): TensorProto.FLOAT,
    np.dtype("float64"): TensorProto.DOUBLE,
    np.dtype("uint8"): TensorProto.UINT8,
    np.dtype("int8"): TensorProto.INT8,
    np.dtype("int16"): TensorProto.INT16,
    np.dtype("uint16"): TensorProto.UINT16,
    np.dtype("int32"): TensorProto.INT32,
    np.dtype("int64"): TensorProto.INT64,
}

folder = None  # where the tests go


def node(operation, inputs, outputs, **attributes):
    """A node; names are separated by spaces, "_" is an input that is left out."""
    names = ["" if name == "_" else name for name in inputs.split()]
    return helper.make_node(operation, names, outputs.split(), **attributes)


def rng(name):
    """Random numbers of that test alone, so that tests do not move one another."""
    return np.random.default_rng(sum(ord(c) * 31**i for i, c in enumerate(name)) % 2**32)


def full_range(random, dtype, shape):
    """All values of an 8-bit type, its ends often: there sums are largest, and there saturation shows."""
    info = np.iinfo(dtype)
    values = random.integers(info.min, info.max, shape, endpoint=True, dtype=dtype)
    ends = random.integers(0, 4, shape)
    return np.where(ends == 0, info.max, np.where(ends == 1, info.min, values)).astype(dtype)


def floats(random, shape, scale=1.0):
    return (random.standard_normal(shape) * scale).astype(np.float32)


def save(name, nodes, inputs, constants=None, outputs=None, claims="all", tolerance=0, runtime="equal", opset=17,
         expected=True, open_dims=(), groups="", strict=False):
    """`inputs`: a dictionary of arrays, or a list of them, one for each set of data: dimensions that differ are open,
    and so are those of `open_dims`, (input, dimension).
    `outputs`: names and types; the reference evaluation gives their values, if `expected`."""
    sets = inputs if isinstance(inputs, list) else [inputs]
    infos = []
    for key, value in sets[0].items():
        shapes = [data[key].shape for data in sets]
        dims = [size if all(shape[i] == size for shape in shapes) and (key, i) not in open_dims else f"{key}_{i}"
                for i, size in enumerate(value.shape)]
        infos.append(helper.make_tensor_value_info(key, TYPES[value.dtype], dims))
    out_infos = [helper.make_tensor_value_info(key, TYPES[np.dtype(dtype)], None) for key, dtype in outputs.items()]
    initializers = [value if isinstance(value, TensorProto) else numpy_helper.from_array(np.asarray(value), key)
                    for key, value in (constants or {}).items()]
    graph = helper.make_graph(nodes, name, infos, out_infos, initializers)
    model, reference = (
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=8 if opset < 21 else 10)
        for version in (opset, max(opset, 19)))  # the reference knows no DequantizeLinear before 19
    target = pathlib.Path(folder) / name
    for i, data in enumerate(sets):
        directory = target / f"test_data_set_{i}"
        directory.mkdir(parents=True)
        for j, value in enumerate(data.values()):
            (directory / f"input_{j}.pb").write_bytes(numpy_helper.from_array(value).SerializeToString())
        if expected:
            results = ReferenceEvaluator(reference).run(None, data)
            for j, (value, dtype) in enumerate(zip(results, outputs.values())):
                assert value.dtype == dtype, (name, value.dtype, dtype)
                (directory / f"output_{j}.pb").write_bytes(numpy_helper.from_array(value).SerializeToString())
    onnx.save(model, target / "model.onnx")
    expect = {"claims": claims, "groups": groups, "strict": strict, "tolerance": tolerance, "runtime": runtime,
              "expected": expected}
    (target / "expect.json").write_text(json.dumps(expect))
