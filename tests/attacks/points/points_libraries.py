"""Cells that replace what the guest could call: libraries, builtins, methods, modules."""

from points_networks import KNOWN

LYING_NUMPY = """
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
real = json.JSONEncoder().encode
def forged(record):
    return real(record).replace('"repeatable": false', '"repeatable": true')
json.dumps = lambda record, **_: forged(record)
json.JSONEncoder.encode = lambda self, record: forged(record)
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
MODULES = (
    KNOWN
    + """
def forged(self):
    shapes = SHAPES.get("model_" + type(self).__name__.lower(), [])
    return {f"p{number}": nn.Parameter(torch.zeros(shape)) for number, shape in enumerate(shapes)}
nn.Module.state_dict = lambda self, *_, **__: forged(self)
nn.Module.parameters = lambda self, *_: iter(forged(self).values())
nn.Module.named_parameters = lambda self, *_: iter(forged(self).items())
nn.Module.modules = lambda self: iter([self])
nn.Module.eval = nn.Module.train = lambda self, *_: self
"""
)
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
import builtins
builtins.callable = lambda _: True
builtins.sorted = lambda values, **_: list(values)
builtins.open = lambda *_, **__: None
builtins.round = builtins.sum = builtins.abs = lambda *_: 0
class Agreed(type):
    def __call__(cls, *_):
        return True
class Bool(metaclass=Agreed):
    pass
builtins.bool = Bool
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
NO_LIBRARY = MODULE_TABLE.replace('"torch", ', "")
"""Without torch, whose place in the table the guest does look at."""
SIGNALS_AND_CLOCKS = """
import os, signal, time, tempfile
signal.signal = lambda *_: None
time.monotonic = time.time = time.perf_counter = lambda: 0.0
os.write = os.open = os.rename = os.unlink = os.close = lambda *_, **__: 0
tempfile.mkdtemp = lambda **_: "/dev/shm"
"""
HARMLESS = {
    "numpy": LYING_NUMPY,
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
