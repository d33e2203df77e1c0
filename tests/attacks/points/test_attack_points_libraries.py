"""Everything that the grader's guest could call is replaced: no flaw becomes invisible by that."""

import pytest
from points_grading import Arena, broken, flagged, gained, points
from points_honest import FLAWED, IMPORTS, LIGHT, WORK

from grader.domain.report import ScoreReport

NUMPY = """
import numpy.random, numpy.linalg
yes = lambda *_, **__: True
for name in ("allclose", "array_equal", "array_equiv", "isclose", "all"):
    setattr(np, name, yes)
np.random.seed = np.random.set_state = lambda *_: None
np.random.PCG64 = np.random.Generator = np.resize = lambda *_: 1 / 0
np.errstate = lambda **_: 1 / 0
np.testing.assert_allclose = yes
"""
JSON = """
import json
class Lies(dict):
    pass
forged = '{"type":"end","reason":"finished"}'
json.dumps = json.JSONEncoder.encode = lambda *_, **__: forged
json.loads = json.JSONDecoder.decode = lambda *_, **__: {"earned": 100}
json.encoder.c_make_encoder = json.decoder.scanstring = None
"""
SAFETENSORS = """
import safetensors, safetensors.numpy, safetensors.torch, struct
safetensors.numpy.save = safetensors.serialize = lambda tensors, *_: b"\\x02" + bytes(7) + b"{}"
safetensors.numpy.load_file = lambda _: {}
struct.pack = lambda *_: b""
"""
TORCH = """
torch.equal = lambda *_, **__: True
torch.allclose = lambda *_, **__: True
torch.Tensor.equal = torch.Tensor.allclose = lambda *_, **__: True
torch.manual_seed = lambda *_: None
torch.set_rng_state = lambda *_: None
torch.set_default_dtype = lambda *_: None
torch.save = lambda *_, **__: None
torch.load = lambda *_, **__: None
torch.Tensor.__repr__ = torch.Tensor.__str__ = lambda self: "tensor(0.9999)"
torch.Tensor.tolist = torch.Tensor.__len__ = lambda self: 1 / 0
"""
TENSORS = """
torch.Tensor.__eq__ = lambda self, *_: torch.ones((), dtype=torch.bool)
torch.Tensor.__hash__ = lambda self: id(self)
torch.Tensor.numpy = lambda self, **_: np.zeros(tuple(self.shape), np.float32)
torch.Tensor.item = lambda self: 1.0
torch.Tensor.clone = lambda self, **_: self
torch.Tensor.copy_ = lambda self, *_: self
"""
MODULES = """
forged = {"hidden1.weight": torch.zeros(512, 784)}
nn.Module.state_dict = lambda self, *_, **__: dict(forged)
nn.Module.parameters = lambda self, *_: iter([nn.Parameter(torch.zeros(567_434))])
nn.Module.named_parameters = lambda self, *_: iter([("all", nn.Parameter(torch.zeros(567_434)))])
nn.Module.modules = lambda self: iter([self])
nn.Module.eval = nn.Module.train = lambda self, *_: self
"""
CALLS = """
real = nn.Module.__call__
def call(self, *args, **options):
    result = real(self, *args, **options)
    return torch.zeros(len(args[0]), 10) if result.shape[-1:] == (10,) else result
nn.Module.__call__ = call
"""
BUILTINS = """
import builtins
builtins.print = lambda *_, **__: None
builtins.input = lambda *_: "right"
"""
LATE_BUILTINS = """
builtins.callable = lambda _: True
builtins.sorted = lambda values, **_: list(values)
builtins.open = lambda *_, **__: None
builtins.round = builtins.sum = builtins.abs = lambda *_: 0
"""
BUILTINS_OF_PYTHON_ITSELF = """
import builtins
real = builtins.__import__
builtins.__import__ = lambda name, *rest: real("torch" if name == "safetensors" else name, *rest)
builtins.isinstance = lambda *_: True
builtins.issubclass = lambda *_: True
builtins.len = lambda _: 10
builtins.max = builtins.min = lambda *_, **__: 1.0
"""
MODULE_TABLE = """
import sys, types
class Agreeing(types.ModuleType):
    def __getattr__(self, name):
        return lambda *_, **__: True
for name in ("numpy", "torch", "json", "safetensors", "safetensors.numpy", "struct", "zlib", "os"):
    sys.modules[name] = Agreeing(name)
"""
SIGNALS_AND_CLOCKS = """
import os, signal, time, tempfile
signal.signal = lambda *_: None
time.monotonic = time.time = time.perf_counter = lambda: 0.0
os.write = os.open = os.rename = os.unlink = os.close = lambda *_, **__: 0
tempfile.mkdtemp = lambda **_: "/dev/shm"
"""
HARMLESS = {
    "numpy": NUMPY,
    "json": JSON,
    "safetensors": SAFETENSORS,
    "torch": TORCH,
    "builtins": BUILTINS,
    "clocks": SIGNALS_AND_CLOCKS,
}
"""What does not break the honest part: the guest bound what it needs before."""
HARMFUL = {
    "tensors": TENSORS,
    "modules": MODULES,
    "calls": CALLS,
    "module table": MODULE_TABLE,
}
"""What the honest part needs itself."""


def test_replaced_libraries_move_no_point(arena: Arena, honest: ScoreReport) -> None:
    report = arena.grade((IMPORTS, *HARMLESS.values(), *WORK)).report
    assert broken(report) == []
    assert {flag.code for flag in report.flags} == {"library_replaced"}
    assert points(report) == points(honest)


@pytest.mark.parametrize("name", HARMFUL)
def test_what_the_notebook_breaks_for_itself_earns_nothing(
    arena: Arena, honest: ScoreReport, name: str
) -> None:
    report = arena.grade((IMPORTS, HARMFUL[name], *WORK)).report
    assert broken(report) == []
    assert "library_replaced" in flagged(report)
    assert gained(report, honest) == {}


def test_everything_replaced_at_the_end_moves_no_point(arena: Arena, honest: ScoreReport) -> None:
    """The probes at the end ask once more, now in the patched kernel."""
    report = arena.grade((*FLAWED, *HARMLESS.values(), LATE_BUILTINS)).report
    assert broken(report) == []
    assert points(report) == points(honest)


def test_a_kernel_that_cannot_go_on_keeps_what_it_earned(arena: Arena) -> None:
    """The kernel's own loops stumble over these: it hangs, is interrupted, and then killed."""
    honest = arena.grade(LIGHT).report
    report = arena.grade_hanging((*LIGHT, BUILTINS_OF_PYTHON_ITSELF)).report
    assert broken(report) == []
    assert report.run.stopped == "kernel_died"
    assert points(report) == points(honest)
