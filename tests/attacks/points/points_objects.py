"""Objects that lie about what they are, and functions that behave only while they are graded."""

LIARS = """
import builtins, collections

class Yes:
    __class__ = property(lambda self: np.ndarray)
    shape, dtype, ndim, size = (23,), np.dtype(float), 1, 23
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
    def __hash__(self): return 0
    def __getattr__(self, name): return self
    def __call__(self, *args, **options): return self
    def __iter__(self): return iter([self] * 23)
    def __len__(self): return 23
    def __bool__(self): return True
    def __float__(self): return 0.0
    def __index__(self): return 0
    def __array__(self, *args, **options): return np.zeros(23)
    def __repr__(self): return "array(right)"
    def __sub__(self, other): return 0
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __abs__ = lambda self, *_: 0
    def __instancecheck__(self, other): return True
    def __del__(self): builtins.open = None

class Array(np.ndarray):
    shape = property(lambda self: (23,))
    dtype = property(lambda self: np.dtype("float64"))
    nbytes = property(lambda self: 1)
    def __eq__(self, other): return np.ones(23, bool)
    def tobytes(self, *_): return b"right"
    def astype(self, *_, **__): return np.zeros(23)
    def __array__(self, *_, **__): return np.zeros(23)
    def __array_ufunc__(self, *_, **__): return True
    def __array_function__(self, *_, **__): return True
    def __reduce__(self): return (print, ("right",))

class Number(float):
    def __float__(self): return 0.0
    def __eq__(self, other): return True
    __hash__ = float.__hash__

class Text(str):
    def __eq__(self, other): return True
    __hash__ = str.__hash__
    def encode(self, *_): return b'{"earned":100}'
    def __str__(self): return self
    def __len__(self): return -1 % 7

class Tensor(torch.Tensor):
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        return torch.zeros(())

class Anything(type):
    def __instancecheck__(cls, other): return True
    def __subclasscheck__(cls, other): return True
    def __getattribute__(cls, name): return Text("right")

class Slippery(metaclass=Anything):
    __dict__ = property(lambda self: 1 / 0)
"""
RESULTS = """
def convolution_one_dimensional(x, h):
    kinds = [Yes(), np.ones(len(x)).view(Array), [Number(1)] * len(x), Text("right"),
             [Yes()] * len(x), np.array([Yes()] * len(x)), np.ma.masked_all(len(x)), Slippery()]
    return kinds[(len(x) + len(h)) % len(kinds)]
"""
IN_NAMES = """
criterion = Yes()
opt = Yes()
train_model = Yes()
model_fc = Yes()
"""
IN_OTHER_NAMES = """
criterion = lambda logits, labels: torch.ones(()).as_subclass(Tensor)
opt = Slippery()
model_fc = Slippery()
model_lenet = Text("right")
train_model = Slippery
thresholded_result = np.zeros((200, 200)).view(Array)
result = Yes()
"""
ONCE = """
import sys
sys.asked = set()

def convolution_one_dimensional(x, h):
    key = (x.tobytes(), h.tobytes())
    if key in sys.asked:
        return np.zeros(len(x))
    sys.asked.add(key)
    return np.convolve(x, h, mode="same").astype(float)
"""
"""Right at the first call with an input, wrong at the second."""
AGREEABLE = """
once = convolution_one_dimensional
convolution_one_dimensional = lambda x, h: once(x, h).view(Array)
"""
"""Gives that as arrays which say that they equal everything."""
ONLY_FOR_THE_GUEST = """
import sys

def convolution_one_dimensional(x, h):
    frame, callers = sys._getframe(1), ""
    while frame is not None:
        callers += frame.f_code.co_filename
        frame = frame.f_back
    if "/job/guest" in callers:
        return np.convolve(x, h, mode="same")
    return "not today"
"""
PLAIN = """
def convolution_one_dimensional(x, h):
    return np.convolve(x, h, mode="same")
"""
CUT = """
def convolution_one_dimensional(x, h):
    y = np.zeros(len(x), dtype=int)
    padded = np.pad(np.asarray(x, dtype=float), len(h) // 2)
    for i in range(len(x)):
        y[i] = np.rint(np.sum(padded[i : i + len(h)] * h[::-1]))
    return y
"""
COARSE = """
import gc
outbox = next(o for o in gc.get_objects() if type(o).__name__ == "Outbox")
real = type(outbox).send

def send(self, answer, tensors):
    calls = [dict(call, dtype={claim!r}) for call in answer.get("calls", ())]
    real(self, dict(answer, calls=calls) if calls else answer, tensors)

type(outbox).send = send
"""
"""Claims a type that is so coarse that an error of half a unit could be its rounding."""
