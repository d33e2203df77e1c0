"""Probe `TrainSmallModel`: what the notebook's training function does to a small model of ours."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from typing import Any

from inside_context import Answer, Context, Probe, Target, Tensors, WrongTypeError
from inside_errors import raised, safe_repr
from inside_signals import Interrupted
from inside_torch import weights_kept
from inside_values import kind, signed
from shared_text import short

MAX_EVENTS = 32
_MAX_PRINTED = 400


class Trace:
    """Counts what happens while the function runs; the fields are those of `TrainingTrace`."""

    def __init__(self, model: Any, optimizer: Any) -> None:
        self.counts = dict.fromkeys(
            (
                "train_batches",
                "test_batches",
                "steps",
                "train_forwards_in_eval_mode",
                "test_forwards_in_train_mode",
                "test_forwards_with_gradient",
                "other_forwards",
                "losses",
                "other_steps",
                "other_models",
            ),
            0,
        )
        self.events: list[str] = []
        self.phase: str | None = None
        """Loader that gave the last batch; None outside both."""
        self._model, self._optimizer = model, optimizer
        self._parts = {id(module) for module in model.modules()}

    @property
    def answer(self) -> Answer:
        """The fields of `TrainingTrace`."""
        return {**self.counts, "events": self.events}

    def event(self, name: str) -> None:
        """Something happens; kept for the first training batches."""
        if self.phase == "train" and len(self.events) < MAX_EVENTS:
            self.events.append(name)

    def batch(self, phase: str) -> None:
        """A loader gives a batch."""
        self.phase = phase
        self.counts[f"{phase}_batches"] += 1

    def step(self, optimizer: Any, *_: object) -> None:
        """An optimizer is about to step."""
        mine = optimizer is self._optimizer
        self.counts["steps" if mine else "other_steps"] += 1
        if mine:
            self.event("step")

    def run(self, module: Any, *_: object) -> None:
        """A module is about to run."""
        if module is self._model:
            self._forward(module)
        elif id(module) not in self._parts and next(module.parameters(), None) is not None:
            self.counts["other_models"] += 1

    def output(self, _module: Any, _given: object, result: Any) -> None:
        """Our model gave a result: a gradient that reaches it is a backward pass."""
        if result.requires_grad:
            result.register_hook(lambda _: self.event("backward"))

    def loss(self, *_: object) -> None:
        """The loss that was passed is called."""
        self.counts["losses"] += 1
        self.event("loss")

    def _forward(self, model: Any) -> None:
        import torch

        self.event("forward")
        if self.phase is None:
            self.counts["other_forwards"] += 1
        elif self.phase == "train":
            self.counts["train_forwards_in_eval_mode"] += not model.training
        else:
            self.counts["test_forwards_in_train_mode"] += bool(model.training)
            self.counts["test_forwards_with_gradient"] += torch.is_grad_enabled()


def _told(trace: Trace, owner: Any) -> None:
    """Tell the trace of the owner's `zero_grad`."""
    plain = owner.zero_grad

    def zero_grad(*given: Any, **named: Any) -> None:
        trace.event("zero")
        plain(*given, **named)

    owner.zero_grad = zero_grad


@contextmanager
def _watched(trace: Trace, model: Any, criterion: Any, optimizer: Any) -> Iterator[None]:
    """The trace is told of everything that happens, elsewhere as well."""
    from torch.nn.modules.module import register_module_forward_pre_hook
    from torch.optim.optimizer import register_optimizer_step_pre_hook

    _told(trace, optimizer)
    _told(trace, model)
    model.register_forward_hook(trace.output)
    criterion.register_forward_pre_hook(trace.loss)
    everywhere = (
        register_module_forward_pre_hook(trace.run),
        register_optimizer_step_pre_hook(trace.step),
    )
    try:
        yield
    finally:
        for handle in everywhere:
            handle.remove()


@cache
def _loader_class() -> type:
    import torch

    class RecordingLoader(torch.utils.data.DataLoader):
        """A data loader that tells the trace which batches it gives."""

        trace: Trace
        phase: str

        def __iter__(self) -> Any:
            try:
                for batch in super().__iter__():
                    self.trace.batch(self.phase)
                    yield batch
            finally:
                if self.trace.phase == self.phase:
                    self.trace.phase = None

    return RecordingLoader


def train(context: Context, probe: Probe, target: Target) -> tuple[Answer, Tensors]:
    """The `TrainingAnswer` and its arrays.

    Raises:
        WrongTypeError: the object cannot be called.
        Interrupted: it hung the first time already.
    """
    if not callable(target.value):
        raise WrongTypeError(f"{target.used} is {kind(target.value)}, which cannot be called")
    import torch

    runs: list[Answer] = []
    tensors: Tensors = {}
    for epochs in probe["epochs"]:
        model = _model(context, probe)
        optimizer = torch.optim.SGD(model.parameters(), lr=probe["lr"], momentum=probe["momentum"])
        trace = Trace(model, optimizer)
        try:
            with weights_kept(context.space):
                run, state = _one(context, probe, target.value, epochs, (model, optimizer, trace))
        except Interrupted:
            if not runs:
                raise
            runs.append({"epochs": epochs, "timed_out": True, "trace": trace.answer})
            break
        tensors |= {f"{epochs}.{key}": value for key, value in state.items()}
        runs.append({**run, "epochs": epochs, "trace": trace.answer})
    return {"kind": "training", "runs": runs}, tensors


def _one(
    context: Context, probe: Probe, function: Any, epochs: int, ours: tuple[Any, Any, Trace]
) -> tuple[Answer, Tensors]:
    import torch

    model, optimizer, trace = ours
    criterion = torch.nn.CrossEntropyLoss()
    loaders = [_loader(context, probe, phase, trace) for phase in ("train", "test")]
    said = io.StringIO()
    try:
        with _watched(trace, model, criterion, optimizer), redirect_stdout(said):
            returned = function(model, criterion, optimizer, *loaders, epochs)
        state = {key: signed(value) for key, value in model.state_dict().items()}
    except Interrupted:
        raise
    except BaseException as error:
        return {"error": raised(error)}, {}
    printed = said.getvalue()[-_MAX_PRINTED:]
    return {"returned": short(safe_repr(returned)), "printed": short(printed)}, state


def _model(context: Context, probe: Probe) -> Any:
    import torch

    kinds = {
        "linear": torch.nn.Linear,
        "batch_norm": torch.nn.BatchNorm1d,
        "relu": torch.nn.ReLU,
    }
    layers = [kinds[layer["type"]](*layer["size"]) for layer in probe["layers"]]
    model = torch.nn.Sequential(*layers)
    weights = {key: torch.from_numpy(context.array(k)) for key, k in probe["weights"].items()}
    model.load_state_dict(weights, strict=False)
    return model.to(context.device())


def _loader(context: Context, probe: Probe, phase: str, trace: Trace) -> Any:
    import torch

    arrays = [torch.from_numpy(context.array(key)) for key in probe[phase]]
    dataset = torch.utils.data.TensorDataset(*arrays)
    loader = _loader_class()(dataset, batch_size=probe["batch_size"], shuffle=False)
    loader.trace = trace
    loader.phase = phase
    return loader
