"""Probe `TrainSmallModel`: what the notebook's training function does to a small model of ours."""

from functools import cache
from typing import Any

from inside_context import Answer, Context, Probe, Target, Tensors, WrongTypeError
from inside_errors import raised, safe_repr
from inside_signals import Interrupted
from inside_torch import weights_kept
from inside_values import kind, signed
from shared_text import short


class Trace:
    """Counts what happens while the function runs; the fields are those of `TrainingTrace`."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(
            (
                "train_batches",
                "test_batches",
                "steps",
                "train_forwards_in_eval_mode",
                "test_forwards_in_train_mode",
                "test_forwards_with_gradient",
                "other_forwards",
            ),
            0,
        )
        self.phase: str | None = None
        """Loader that gave the last batch; None outside both."""

    def batch(self, phase: str) -> None:
        """A loader gives a batch."""
        self.phase = phase
        self.counts[f"{phase}_batches"] += 1

    def step(self, *_: object) -> None:
        """The optimizer made a step."""
        self.counts["steps"] += 1

    def forward(self, model: Any, _: object) -> None:
        """The model is about to run."""
        import torch

        if self.phase is None:
            self.counts["other_forwards"] += 1
        elif self.phase == "train":
            self.counts["train_forwards_in_eval_mode"] += not model.training
        else:
            self.counts["test_forwards_in_train_mode"] += bool(model.training)
            self.counts["test_forwards_with_gradient"] += torch.is_grad_enabled()


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
    runs: list[Answer] = []
    tensors: Tensors = {}
    for epochs in probe["epochs"]:
        trace = Trace()
        try:
            with weights_kept(context.space):
                run, state = _one(context, probe, target.value, epochs, trace)
        except Interrupted:
            if not runs:
                raise
            runs.append({"epochs": epochs, "timed_out": True, "trace": trace.counts})
            break
        tensors |= {f"{epochs}.{key}": value for key, value in state.items()}
        runs.append({**run, "epochs": epochs, "trace": trace.counts})
    return {"kind": "training", "runs": runs}, tensors


def _one(
    context: Context, probe: Probe, function: Any, epochs: int, trace: Trace
) -> tuple[Answer, Tensors]:
    import torch

    model = _model(context, probe)
    optimizer = torch.optim.SGD(model.parameters(), lr=probe["lr"], momentum=probe["momentum"])
    optimizer.register_step_post_hook(trace.step)
    model.register_forward_pre_hook(trace.forward)
    loaders = [_loader(context, probe, phase, trace) for phase in ("train", "test")]
    try:
        returned = function(model, torch.nn.CrossEntropyLoss(), optimizer, *loaders, epochs)
        state = {key: signed(value) for key, value in model.state_dict().items()}
    except Interrupted:
        raise
    except BaseException as error:
        return {"error": raised(error)}, {}
    return {"returned": short(safe_repr(returned))}, state


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
