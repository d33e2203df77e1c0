import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

CellSpec = tuple[str, Any]
Build = Callable[..., bytes]


def build_notebook(cells: Sequence[CellSpec], /, **fields: Any) -> bytes:
    """A notebook of format 4.5 from (kind, source) pairs; fields replace those of the top level."""
    notebook: dict[str, Any] = {
        "cells": [_cell(index, kind, source) for index, (kind, source) in enumerate(cells)],
        "metadata": {"kernelspec": {"name": "python3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook | fields).encode()


def _cell(index: int, kind: str, source: Any) -> dict[str, Any]:
    cell = {"cell_type": kind, "id": f"cell-{index}", "metadata": {}, "source": source}
    return cell | ({"execution_count": None, "outputs": []} if kind == "code" else {})


@pytest.fixture(scope="session")
def build() -> Build:
    return build_notebook


@pytest.fixture(scope="session")
def release() -> bytes:
    """The exercise as it is handed out: a real notebook."""
    root = Path(__file__).parents[3]
    return (root / "reference" / "cnn" / "release.ipynb").read_bytes()


@pytest.fixture(scope="session")
def solution() -> bytes:
    root = Path(__file__).parents[3]
    return (root / "reference" / "cnn" / "solution.ipynb").read_bytes()
