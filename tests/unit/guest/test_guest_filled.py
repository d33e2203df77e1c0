"""What later cells fill in place, and numbers that no answer may carry."""

from pathlib import Path

import numpy as np
import pytest
from guest_runs import Stream, run_guest

from grader.domain.probe import DescribeModule, Layer, ReadVariables, StepOptimizer, TrainSmallModel

_MODEL = """
import torch, torch.nn as nn
class {name}(nn.Linear):
    def forward(self, x):
        return {result}
{variable} = {name}(3, 2)
"""
CELLS = [
    "import numpy as np\nresult = np.arange(4.0)\nthreshold = np.zeros_like(result)",
    "for i in range(4): threshold[i] = result[i] > 1.5",
    _MODEL.format(name="Byte", variable="byte", result="(super().forward(x) > .5).byte()"),
    _MODEL.format(name="Complex", variable="wave", result="super().forward(x) * 1j"),
    "opt = torch.optim.SGD(byte.parameters(), lr=0.5)",
    "opt.param_groups[0]['lr'] = 0.1",
    (
        "def to_bytes(model, *rest):\n    model.to(torch.float64)\n"
        "    model[0].mask = nn.Parameter(torch.ones(2, dtype=torch.uint8), requires_grad=False)"
    ),
    "def to_waves(model, *rest):\n    model.to(torch.complex64)",
    "last = np.ones(2)",
]
_TRAINS = {
    "layers": (Layer(type="linear", size=(3, 2)),),
    "weights": {"0.weight": "w", "0.bias": "b"},
    "train": ("x", "y"),
    "test": ("x", "y"),
    "batch_size": 2,
    "lr": 0.1,
    "momentum": 0.0,
    "epochs": (1,),
}
PROBES = [
    ReadVariables(id="threshold", names=("threshold", "result")),
    DescribeModule(id="byte", name="byte", inputs="x", outputs=2),
    DescribeModule(id="wave", name="wave", inputs="x", outputs=2),
    StepOptimizer(id="opt", name="opt", model="byte", gradients="g"),
    TrainSmallModel(id="to_bytes", name="to_bytes", **_TRAINS),
    TrainSmallModel(id="to_waves", name="to_waves", **_TRAINS),
    ReadVariables(id="last", names=("last",)),
]
INPUTS = {
    "x": np.ones((4, 3), "float32"),
    "y": np.zeros(4, "int64"),
    "w": np.ones((2, 3), "float32"),
    "b": np.ones(2, "float32"),
    "g": np.ones(5, "float32"),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    folder: Path = tmp_path_factory.mktemp("filled")
    return run_guest(folder, CELLS, PROBES, INPUTS)


def test_an_array_filled_in_a_later_cell_is_read_there_and_at_the_end(ran: Stream) -> None:
    seen = [(a.answer.cell, a.tensors["threshold"].tolist()) for a in ran.to("threshold")]
    full = [0, 0, 1, 1]
    assert seen == [(0, [0] * 4), (1, full), (len(CELLS) - 1, full)]


def test_a_learning_rate_set_in_a_later_cell_is_seen(ran: Stream) -> None:
    assert [a.answer.options["lr"] for a in ran.to("opt")] == [0.5, 0.1]


def test_no_array_of_other_kinds_than_signed_numbers_is_sent(ran: Stream) -> None:
    kinds = {t.dtype.kind for a in ran.answers for t in a.tensors.values()}
    assert kinds <= set("bif")
    assert ran.end().reason == "finished"
    assert ran.to("byte")[-1].tensors["output"].dtype == np.int64
    assert ran.to("to_bytes")[-1].tensors["1.0.mask"].tolist() == [1, 1]
    assert ran.to("last")[-1].tensors["last"].tolist() == [1, 1]


def test_complex_numbers_are_told_as_an_error(ran: Stream) -> None:
    assert "complex" in ran.to("wave")[-1].answer.error.message
    assert "complex" in ran.to("to_waves")[-1].answer.runs[0].error.message
