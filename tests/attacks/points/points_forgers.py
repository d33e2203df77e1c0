"""Cells that take the guest's part in the kernel: what they forge has the right form throughout."""

from points_networks import CNN, KNOWN

FIND = """
import gc
def of_guest(name):
    return next(o for o in gc.get_objects() if type(o).__name__ == name)
"""
DECLARED_CNN = (
    CNN
    + """
class CNN(CNN):
    def forward(self, x):
        return torch.zeros(len(x), 10)

model_cnn = CNN()
"""
)
"""Layers of the right sizes, which its forward pass never uses."""
EVERY_ANSWER = (
    KNOWN
    + """
outbox, agent = of_guest("Outbox"), of_guest("Agent")
hidden = agent._context.inputs
probes = {watch.probe["id"]: watch.probe for watch in agent._watches}
rng = np.random.default_rng(1)

def module(probe, _):
    shapes = SHAPES[probe["id"]]
    arrays = {f"w{i}": rng.normal(0, 0.05, s).astype(np.float32) for i, s in enumerate(shapes)}
    rows = [{"name": key, "shape": arrays[key].shape, "key": key, "used": True, "trainable": True}
            for key in arrays]
    outputs = {key: rng.normal(0, 1, (64, 10)) for key in ("output", "hidden_output")}
    count = int(sum(np.prod(shape) for shape in shapes))
    answer = {"kind": "module", "class_name": "FC", "parameters": rows, "layers": [],
              "parameter_count": count, "error": None, "deterministic": True, "when": "end"}
    return answer, {**arrays, **outputs}

def function(probe, _):
    calls, arrays = [], {}
    for number, call in enumerate(probe["calls"]):
        first = hidden[call["args"][0]]
        loss = probe["gradients"]
        arrays[f"key.{number}"] = np.zeros(() if loss else first.shape) + 1.5
        arrays[f"gradient.{number}"] = np.zeros(first.shape) + 0.1
        calls.append({"key": f"key.{number}", "type": "ndarray", "dtype": "float64",
                      "gradient": f"gradient.{number}" if loss else None, "repeatable": True})
    return {"kind": "function", "type": "function", "calls": calls}, arrays

def training(probe, _):
    runs, arrays = [], {}
    for epochs in probe["epochs"]:
        arrays |= {f"{epochs}.{key}": hidden[name] + 0.01 for key, name in probe["weights"].items()}
        runs.append({"epochs": epochs, "trace": {"steps": 5, "losses": 5, "train_batches": 5,
                     "test_batches": 2, "events": ["forward", "loss", "backward", "step", "zero"]}})
    return {"kind": "training", "runs": runs}, arrays

def variables(probe, tensors):
    shape = tensors["thresholded_result"].shape if tensors else (200, 200)
    seen = [{"name": name, "key": name, "type": "ndarray", "dtype": "float64", "shape": shape}
            for name in probe["names"][:1]]
    return {"kind": "variables", "variables": seen}, {probe["names"][0]: np.ones(shape)}

def optimizer(probe, _):
    steps = {f"{turn}.{i}": np.full(64, -0.1) for turn in ("first", "second") for i in range(8)}
    counts = {"groups": 1, "model_parameters": 8, "held": 8, "foreign": 0}
    return {"kind": "optimizer", "class_name": "SGD", "options": {"lr": 0.1}, **counts}, steps

FORGERS = {"module": module, "function": function, "training": training, "variables": variables,
           "optimizer": optimizer}
real = type(outbox).send

def send(self, answer, tensors):
    probe = probes[answer["probe"]]
    head = {key: answer[key] for key in ("probe", "cell", "seconds")}
    found = {"asked": probe["id"], "used": probe["id"], "how": "name"}
    forged, arrays = FORGERS[probe["kind"]](probe, tensors)
    real(self, {**forged, **head, "found": found}, arrays)

type(outbox).send = send
"""
)

HOOKS = """
import sys, threading
sys.seen = {}

def collect(frame):
    while frame is not None:
        owner = frame.f_locals.get("self")
        sys.seen[type(owner).__name__] = owner
        frame = frame.f_back

def trace(frame, *_):
    collect(frame)
    return None

def audit(event, _):
    if event in ("open", "os.rename"):
        collect(sys._getframe(1))

sys.addaudithook(audit)
threading.setprofile(trace)
threading.settrace(trace)
sys.settrace(trace)
criterion = 1
"""
"""Hooks of the interpreter see the guest's frames: an audit hook cannot be taken out again."""
FIND_BY_HOOKS = """
sys.settrace(None)
of_guest = sys.seen.__getitem__
"""
LETTERS = """
import atexit, glob, json, os, struct, threading, time
import numpy as np
from safetensors.numpy import load_file, save
(folder,) = glob.glob("/tmp/guest-*/answers")
hidden = load_file("/job/inputs.safetensors")
signals = {key: value for key, value in hidden.items()
           if key.startswith("convolution") and key.endswith(".0")}
of_shape = {f"y{number}": np.zeros(len(hidden[f"convolution_one_dimensional.{number}.0"]))
            for number in range(len(signals))}

def put(number, answer, arrays):
    header, payload = json.dumps({"type": "answer", "answer": answer}).encode(), save(arrays)
    with open(f"{folder}/mine", "wb") as file:
        file.write(struct.pack(">II", len(header), len(payload)) + header + payload)
    os.rename(f"{folder}/mine", f"{folder}/{number:06d}")

found = {"asked": "conv", "used": "conv", "how": "name"}
calls = [{"key": key, "type": "ndarray", "dtype": "float64", "repeatable": True}
         for key in of_shape]
answer = {"kind": "function", "probe": "convolution_one_dimensional", "cell": 7, "found": found,
          "type": "function", "calls": calls}

def post():
    number = 0
    while True:
        put(number, answer, of_shape)
        number += 1
        time.sleep(0.05)

atexit.register(put, 0, answer, of_shape)
for number in range(20):
    put(number, answer, of_shape)
threading.Thread(target=post, daemon=True).start()
"""
"""Puts answers into the guest's mailbox, without pause, and once more when the kernel ends."""
NEVER_ASKED = """
import glob, json, os, struct
(folder,) = glob.glob("/tmp/guest-*/answers")
answer = {"kind": "unanswered", "probe": "all_points", "cell": 0, "reason": "missing"}
header = json.dumps({"type": "answer", "answer": {**answer, "message": ""}}).encode()
for number in range(30):
    with open(f"{folder}/{number:06d}", "wb") as file:
        file.write(struct.pack(">II", len(header), 0) + header)
criterion = 1
"""
DEAF = (
    FIND
    + """
agent = of_guest("Agent")
type(agent).handle = lambda *_: None
for hear in gc.get_referrers(agent):
    if isinstance(hear, type(agent.handle)):
        hear.__func__.__code__ = (lambda *_: None).__code__
"""
)
"""The agent answers no more."""
KILL_THE_GUEST = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)"
RESTART = """
import os, sys
os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", *sys.argv[1:]])
"""
"""The kernel replaced by a fresh one on the same sockets, without the guest's code."""
CLOSING_RECORD = """
import ctypes, json, os, struct
reached = []

def attempt(what, how):
    try:
        how()
        reached.append(what)
    except OSError:
        pass

def frame(record):
    header = json.dumps(record).encode()
    return struct.pack(">II", len(header), 0) + header

stream = frame({"type": "end", "reason": "finished"})

def write(path):
    with open(path, "wb", buffering=0) as file:
        file.write(stream)

def steal(process):
    if ctypes.CDLL(None, use_errno=True).syscall(438, os.pidfd_open(process), 1, 0) < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")

for process in (1, os.getppid()):
    attempt(f"{process}: maps", lambda: open(f"/proc/{process}/maps").read(1) or 1 / 0)
    attempt(f"{process}: memory", lambda: open(f"/proc/{process}/mem", "r+b"))
    attempt(f"{process}: pidfd_getfd", lambda: steal(process))
    attempt(f"{process}: list", lambda: open(sorted(os.listdir(f"/proc/{process}/fd"))[0]))
    for number in range(64):
        attempt(f"{process}: {number}", lambda: write(f"/proc/{process}/fd/{number}"))
print("reached", reached)
"""
