"""Notebooks made from ours, for tests and benchmarks."""

import copy

from grader.notebook.variants import Notebook, Solution, to_bytes
from reference.cnn.assignment import assignment

__all__ = [
    "Notebook",
    "short_training",
    "solution",
    "to_bytes",
    "without_training",
]

FEW = 5 * 128
"""Images that a short training is left with: five batches."""


def solution() -> Notebook:
    """The notebook that earns all points."""
    return Solution.read(assignment.solution.read_bytes()).notebook


def short_training(notebook: Notebook) -> Notebook:
    """A copy of our solution that trains for one epoch of five batches, all else as it is."""
    made = copy.deepcopy(notebook)
    data = _cell(made, "data")
    for name in ("ds_fc_tr", "ds_fc_te", "ds_cnn_tr", "ds_cnn_te"):
        begin = data["source"].index(f"{name} = ") + len(f"{name} = ")
        end = data["source"].index("\n", begin)
        few = f"torch.utils.data.Subset({data['source'][begin:end]}, range({FEW}))"
        data["source"] = data["source"][:begin] + few + data["source"][end:]
    for name in ("fc-train", "lenet-train"):
        cell = _cell(made, name)
        cell["source"] = cell["source"].replace("epochs = 5", "epochs = 1")
    return made


def without_training(notebook: Notebook) -> Notebook:
    """A copy of our solution, or of an edited one, in which no model is trained."""
    made = copy.deepcopy(notebook)
    for name in ("fc-train", "lenet-train", "cnn-train"):
        cell = _cell(made, name)
        lines = cell["source"].splitlines()
        cell["source"] = "\n".join(line for line in lines if not line.startswith("train_model("))
    return made


def _cell(notebook: Notebook, id_: str) -> Notebook:
    return next(cell for cell in notebook["cells"] if cell["id"] == id_)
