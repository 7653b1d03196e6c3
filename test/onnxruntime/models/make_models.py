"""Writes models that are tests of the provider, with the results of ONNX's reference evaluation.

Usage: make_models.py FOLDER
"""

import pathlib
import shutil
import sys

import activations
import case
import dynamic_groups
import integer_operators
import other_models
import other_widths
import qdq_groups
import qdq_moves


def main():
    case.folder = pathlib.Path(sys.argv[1])
    shutil.rmtree(case.folder, ignore_errors=True)
    case.folder.mkdir(parents=True)
    for module in (integer_operators, dynamic_groups, qdq_groups, qdq_moves, activations, other_models, other_widths):
        module.save_all()
    print(f"{sum(1 for _ in case.folder.iterdir())} models in {case.folder}")


main()
