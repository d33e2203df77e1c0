"""One notebook with torch: models, optimizers, losses and training functions."""

import struct
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
from guest_runs import Stream, run_guest

from grader.checks.hidden_weights import hidden_weights
from grader.checks.weights import Weights
from grader.domain.evidence import ModuleAnswer
from grader.domain.probe import (
    Call,
    CallFunction,
    DescribeModule,
    Layer,
    Probe,
    StepOptimizer,
    TrainSmallModel,
)

RNG = np.random.default_rng(3)
INPUTS = {
    "flat": RNG.normal(size=(6, 12)).astype("float32"),
    "images": RNG.normal(size=(4, 1, 8, 8)).astype("float32"),
    "gradients": RNG.normal(size=17).astype("float32"),
    "logits": RNG.normal(size=(6, 3)).astype("float32"),
    "labels": RNG.integers(0, 3, size=6),
    "w0": RNG.normal(size=(5, 12)).astype("float32"),
    "b0": RNG.normal(size=5).astype("float32"),
    "w1": RNG.normal(size=(3, 5)).astype("float32"),
    "b1": RNG.normal(size=3).astype("float32"),
    "bn_w": np.ones(5, "float32"),
    "bn_b": np.zeros(5, "float32"),
    "bn_m": np.zeros(5, "float32"),
    "bn_v": np.ones(5, "float32"),
    "train_x": RNG.normal(size=(10, 12)).astype("float32"),
    "train_y": RNG.integers(0, 3, size=10),
    "test_x": RNG.normal(size=(6, 12)).astype("float32"),
    "test_y": RNG.integers(0, 3, size=6),
}

_TRAIN = """
def {name}(model, crit, opt, dl_tr, dl_te, epochs):
    for ep in range(epochs):
        {train_mode}
        for x, y in dl_tr:
            loss = crit({model}(x.to(device)), y.to(device))
            {zero}
            loss.backward()
            {step}
            print('\\rloss', loss.item(), end='')
        {eval_mode}
        with {context}:
            for x, y in dl_te:
                accuracy = (model(x).argmax(1) == y).float().mean()
"""
_RIGHT = {
    "name": "train_model",
    "train_mode": "model.train()",
    "model": "model",
    "zero": "opt.zero_grad()",
    "step": "opt.step()",
    "eval_mode": "model.eval()",
    "context": "torch.no_grad()",
}


def _trains(**changes: str) -> str:
    return _TRAIN.format(**{**_RIGHT, **changes})


CELLS: dict[str, str] = {
    "imports": dedent("""
        import torch
        import torch.nn as nn, torch.nn.functional as F
        device = torch.device('cpu')
    """),
    "data": dedent("""
        from torchvision.datasets import MNIST
        from torchvision.transforms import ToTensor
        from torch.utils.data import DataLoader
        by_link = MNIST('data', train=False, download=True, transform=ToTensor())
        elsewhere = MNIST('some/where', train=True, download=True, transform=ToTensor())
        print(len(by_link), len(elsewhere))
        print([len(y) for x, y in DataLoader(elsewhere, batch_size=2, num_workers=2)])
    """),
    "summary": "from torchsummary import summary\nsummary(nn.Sequential(nn.Linear(4, 2)), (4,))",
    "models": dedent("""
        class FC(nn.Module):
            def __init__(self):
                super().__init__()
                self.last = nn.Linear(5, 3)
                self.first = nn.Linear(12, 5)
                self.never = nn.Linear(2, 2)
            def forward(self, x):
                assert not self.training
                x = x.to(self.last.weight.device)
                return self.last(F.relu(self.first(x)))
        model_fc = FC()
        opt = torch.optim.SGD(model_fc.parameters(), lr=0.1)

        class Bare(nn.Module):
            def __init__(self):
                super().__init__()
                self.b = nn.Parameter(torch.zeros(3))
                self.w = nn.Parameter(torch.randn(3, 12))
                self.frozen = nn.Parameter(torch.randn(3), requires_grad=False)
            def forward(self, x):
                return x @ self.w.t() + self.b + self.frozen.data
            def parameters(self, recurse=True):
                return iter(())
        bare = Bare()
        conv = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Dropout(0.5),
                             nn.Flatten(), nn.Linear(72, 3))
        parallel = nn.DataParallel(nn.Linear(12, 3))
        double = nn.Linear(12, 3).double()
        shared = nn.Linear(12, 12)
        tied = nn.Sequential(shared, shared)
        lazy = nn.Sequential(nn.LazyLinear(4), nn.Linear(4, 3))
        wrong_size = nn.Linear(7, 3)
        pair = nn.LSTM(12, 3)
        no_module = 'a model'
        class Unsteady(nn.Module):
            def forward(self, x):
                return x + torch.rand(1)
        unsteady = Unsteady()
        class Exits(nn.Module):
            def forward(self, x):
                raise SystemExit
        exits = Exits()
        huge = nn.Linear(12, 500_000)
        scripted = torch.jit.trace(nn.Linear(12, 3), torch.zeros(1, 12))
    """),
    "unbound": "lazy_is_lazy = nn.parameter.is_lazy(lazy[0].weight)\ndel huge\nprint(lazy_is_lazy)",
    "losses": dedent("""
        criterion = nn.CrossEntropyLoss()
        def functional(logits, labels):
            return F.cross_entropy(logits, labels)
        def not_differentiable(logits, labels):
            return (logits.argmax(1) == labels).float().mean()
    """),
    "graph": dedent("""
        def graph():
            x = torch.ones(2, 12, requires_grad=True)
            return F.cross_entropy(model_fc.first(x), torch.tensor([0, 1]))
        pending = graph()
        model_fc.first.weight.grad = torch.full((5, 12), 7.0)
        adam = torch.optim.Adam(model_fc.parameters(), lr=0.01, betas=(0.8, 0.9))
        lbfgs = torch.optim.LBFGS(model_fc.parameters(), lr=float('inf'))
        scheduler = torch.optim.lr_scheduler.StepLR(adam, 1)
        before = [p.clone() for p in model_fc.parameters()]
        torch.manual_seed(4)
    """),
    "graph_kept": dedent("""
        again = torch.Generator().manual_seed(4)
        print(torch.rand(1).item() == torch.rand(1, generator=again).item())
        print(all(torch.equal(p, q) for p, q in zip(before, model_fc.parameters())))
        print(len(adam.state), model_fc.training, model_fc.first.weight.grad.mean().item())
        model_fc.zero_grad()
        pending.backward()
        pending = graph()
        global_opt = torch.optim.SGD(model_fc.parameters(), lr=0.1, momentum=0.9)
    """),
    "trains": _trains(),
    "hostile": dedent("""
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        import warnings; warnings.simplefilter('error')
        import numpy as np; np.seterr(all='raise')
    """)
    + _trains(name="train_hostile"),
    "hostile_kept": dedent("""
        print(torch.is_grad_enabled(), torch.get_default_dtype())
        torch.set_grad_enabled(True); torch.set_default_dtype(torch.float32)
    """),
    "train_no_zero": _trains(name="train_no_zero", zero="pass"),
    "train_global": _trains(name="train_global", model="model_fc.first", step="global_opt.step()"),
    "train_eval": _trains(
        name="train_eval",
        train_mode="model.eval()",
        eval_mode="model.train()",
        context="torch.enable_grad()",
    ),
    "train_stepless": _trains(name="train_stepless", step="pass"),
    "train_raises": "def train_raises(model, *_):\n    model(torch.zeros(3, 12))\n    return 1 / 0",
    "global_kept": dedent("""
        print(all(torch.equal(p, q) for p, q in zip(before, model_fc.parameters())))
        print(len(global_opt.state))
        pending.backward()
    """),
    "change": "with torch.no_grad(): model_fc.first.weight.data.mul_(2)",
    "opt_again": "opt = torch.optim.SGD(conv.parameters(), lr=0.5, momentum=0.9)",
    "rebound": "model_fc = FC()",
    "nothing": "pass",
}
INDEX = {name: number for number, name in enumerate(CELLS)}
FLAT = (
    "model_fc bare parallel double tied lazy wrong_size no_module unsteady exits huge scripted pair"
)
SMALL = {
    "layers": (
        Layer(type="linear", size=(12, 5)),
        Layer(type="batch_norm", size=(5,)),
        Layer(type="relu"),
        Layer(type="linear", size=(5, 3)),
    ),
    "weights": {
        "0.weight": "w0",
        "0.bias": "b0",
        "1.weight": "bn_w",
        "1.bias": "bn_b",
        "1.running_mean": "bn_m",
        "1.running_var": "bn_v",
        "3.weight": "w1",
        "3.bias": "b1",
    },
    "train": ("train_x", "train_y"),
    "test": ("test_x", "test_y"),
    "batch_size": 4,
    "lr": 0.1,
    "momentum": 0.5,
}
TRAINERS = [
    "train_model",
    "train_hostile",
    "train_no_zero",
    "train_global",
    "train_eval",
    "train_stepless",
    "train_raises",
]


def _probes() -> list[Probe]:
    loss = {"calls": (Call(args=("logits", "labels")),), "arrays": "torch", "gradients": True}
    return [
        *(DescribeModule(id=n, name=n, inputs="flat", outputs=3, seed=5) for n in FLAT.split()),
        DescribeModule(id="conv", name="conv", inputs="images", outputs=3),
        *(
            StepOptimizer(id=n, name=n, model="model_fc", gradients="gradients", sample=4)
            for n in ("opt", "adam", "lbfgs", "criterion_opt")
        ),
        *(
            CallFunction(id=n, name=n, **loss)
            for n in ("criterion", "functional", "not_differentiable")
        ),
        *(TrainSmallModel(id=n, name=n, **SMALL) for n in TRAINERS),
    ]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Stream:
    folder = tmp_path_factory.mktemp("torch")
    _write_digits(folder / "sets" / "MNIST" / "raw")
    return run_guest(folder, list(CELLS.values()), _probes(), INPUTS, data=folder / "sets")


def _write_digits(raw: Path) -> None:
    """Data in MNIST's own format: three digits to train with, two to test with."""
    raw.mkdir(parents=True)
    for name, count in (("train", 3), ("t10k", 2)):
        images = struct.pack(">IIII", 0x803, count, 28, 28) + bytes(count * 784)
        (raw / f"{name}-images-idx3-ubyte").write_bytes(images)
        labels = struct.pack(">II", 0x801, count) + bytes(count)
        (raw / f"{name}-labels-idx1-ubyte").write_bytes(labels)


def _module(ran: Stream, name: str, number: int = 0) -> ModuleAnswer:
    answer = ran.to(name)[number].answer
    assert isinstance(answer, ModuleAnswer)
    return answer


def _printed(ran: Stream, name: str) -> list[str]:
    return ran.output(INDEX[name]).split("\n")[:-1]


def test_every_cell_is_ok(ran: Stream) -> None:
    assert [(i, c.error) for i, c in ran.cells().items() if c.status != "ok"] == []
    assert ran.end().reason == "finished"


def test_data_sets_are_found_whatever_their_root_and_loaded_by_workers(ran: Stream) -> None:
    assert _printed(ran, "data")[:2] == ["2 3", "[2, 1]"]
    assert "Total params: 10" in ran.output(INDEX["summary"])


def test_parameters_come_in_the_order_in_which_layers_run(ran: Stream) -> None:
    names = [(p.name, p.used) for p in _module(ran, "model_fc").parameters]
    assert names == [
        ("first.weight", True),
        ("first.bias", True),
        ("last.weight", True),
        ("last.bias", True),
        ("never.weight", False),
        ("never.bias", False),
    ]


def test_layers_come_in_the_order_in_which_they_ran(ran: Stream) -> None:
    layers = [(x.name, x.parameters, x.output_shape) for x in _module(ran, "model_fc").layers]
    assert layers == [("first", 65, (6, 5)), ("last", 18, (6, 3)), ("never", 6, None)]
    convolution = _module(ran, "conv").layers[0]
    assert (convolution.type, convolution.parameters) == ("Conv2d", 20)
    assert "kernel_size=(3, 3)" in convolution.settings


def test_the_sent_weights_give_the_sent_output(ran: Stream) -> None:
    answered = ran.to("model_fc")[0]
    values = {p.name: answered.tensors[p.key] for p in answered.answer.parameters if p.key}
    hidden = np.maximum(INPUTS["flat"] @ values["first.weight"].T + values["first.bias"], 0)
    expected = hidden @ values["last.weight"].T + values["last.bias"]
    assert np.allclose(answered.tensors["output"], expected, atol=1e-5)
    assert answered.answer.parameter_count == 65 + 18 + 6


def test_hidden_weights_give_the_hidden_output(ran: Stream) -> None:
    answered = ran.to("model_fc")[0]
    used = [p for p in answered.answer.parameters if p.used]
    drawn = hidden_weights(Weights(tuple(answered.tensors[p.key] for p in used)), seed=5).values
    values = {p.name: value for p, value in zip(used, drawn, strict=True)}
    middle = np.maximum(INPUTS["flat"] @ values["first.weight"].T + values["first.bias"], 0)
    expected = middle @ values["last.weight"].T + values["last.bias"]
    assert np.allclose(answered.tensors["hidden_output"], expected, atol=1e-5)


def test_hidden_weights_are_taken_out_again(ran: Stream) -> None:
    first, last = ran.to("conv")[0], ran.to("conv")[-1]
    assert (first.answer.when, last.answer.when) == ("bound", "end")
    for before, after in zip(first.answer.parameters, last.answer.parameters, strict=True):
        assert np.array_equal(first.tensors[before.key], last.tensors[after.key])
        assert after.trainable


def test_bare_parameters_are_seen_whatever_parameters_says(ran: Stream) -> None:
    answer = _module(ran, "bare")
    assert [(p.name, p.trainable) for p in answer.parameters] == [
        ("w", True),
        ("b", True),
        ("frozen", False),
    ]
    assert all(p.used for p in answer.parameters)
    assert answer.parameter_count == 39
    assert answer.layers[0].type == "Bare"


def test_a_model_runs_in_eval_mode_and_steadily(ran: Stream) -> None:
    assert _module(ran, "conv").deterministic
    assert _module(ran, "conv").error is None
    assert not _module(ran, "unsteady").deterministic


def test_wrapped_double_and_tied_models_are_described(ran: Stream) -> None:
    assert [p.name for p in _module(ran, "parallel").parameters] == ["weight", "bias"]
    assert _module(ran, "parallel").class_name == "Linear"
    assert ran.to("double")[0].tensors["output"].dtype == np.float64
    assert _module(ran, "tied").parameter_count == 12 * 13
    assert [x.parameters for x in _module(ran, "tied").layers] == [156, 0]
    assert all(p.used for p in _module(ran, "scripted").parameters)


def test_a_lazy_model_is_described_and_stays_lazy(ran: Stream) -> None:
    assert _module(ran, "lazy").parameters[0].shape == (4, 12)
    assert _printed(ran, "unbound") == ["True"]


def test_a_forward_pass_that_fails_is_told_with_the_parameters(ran: Stream) -> None:
    answer = _module(ran, "wrong_size")
    assert answer.error is not None
    assert answer.error.name == "RuntimeError"
    assert answer.parameter_count == 24
    assert _module(ran, "pair").error.message == "the model returned tuple, not a tensor"


def test_what_cannot_be_described_says_why(ran: Stream) -> None:
    assert {a.answer.reason for a in ran.to("no_module")} == {"wrong_type"}
    assert {a.answer.reason for a in ran.to("exits")} == {"raised"}


def test_weights_too_large_to_send_are_left_out(ran: Stream) -> None:
    answer = _module(ran, "huge")
    assert [p.key for p in answer.parameters] == [None, None]
    assert answer.parameter_count == 13 * 500_000
    assert "output" in ran.to("huge")[0].tensors


def test_a_model_is_described_when_bound_changed_and_at_the_end(ran: Stream) -> None:
    seen = [(a.answer.when, a.answer.cell) for a in ran.to("model_fc")]
    assert seen == [
        ("bound", INDEX["models"]),
        ("changed", INDEX["change"]),
        ("bound", INDEX["rebound"]),
        ("end", INDEX["nothing"]),
    ]
    assert [a.answer.when for a in ran.to("bare")] == ["bound", "end"]


def test_an_optimizer_steps_as_it_would(ran: Stream) -> None:
    first = ran.to("opt")[0]
    assert first.answer.class_name == "SGD"
    assert first.answer.options["lr"] == 0.1
    assert (first.answer.model_parameters, first.answer.held, first.answer.foreign) == (6, 6, 0)
    expected = -0.1 * np.resize(INPUTS["gradients"], (5, 12)).reshape(-1)[:4]
    for turn in ("first", "second"):
        assert np.allclose(first.tensors[f"{turn}.2"], expected, atol=1e-6)


def test_an_optimizer_of_another_model_holds_nothing_of_this_one(ran: Stream) -> None:
    again = ran.to("opt")[1]
    assert again.answer.cell == INDEX["opt_again"]
    assert (again.answer.held, again.answer.foreign) == (0, 6)
    assert not again.tensors["first.0"].any()


def test_other_optimizers_are_described(ran: Stream) -> None:
    assert ran.to("adam")[0].answer.options["betas"] == "(0.8, 0.9)"
    assert ran.to("lbfgs")[0].answer.options["lr"] == "inf"
    assert ran.to("lbfgs")[0].answer.error is None
    assert (
        ran.only("criterion_opt").answer.reason == "missing"
        or ran.only("criterion_opt").answer.reason == "ambiguous"
    )


def test_probes_leave_weights_state_and_graphs_as_they_were(ran: Stream) -> None:
    assert _printed(ran, "graph_kept") == ["True", "True", "0 True 7.0"]
    assert _printed(ran, "global_kept") == ["True", "0"]
    assert _printed(ran, "hostile_kept") == ["False torch.float64"]


def test_a_loss_gives_its_value_and_its_gradient(ran: Stream) -> None:
    for name in ("criterion", "functional"):
        answer = ran.only(name)
        call = answer.answer.calls[0]
        assert answer.tensors[call.key].shape == ()
        assert answer.tensors[call.gradient].shape == (6, 3)
        assert not call.changed_input
    assert ran.only("criterion").answer.type == "CrossEntropyLoss"
    assert ran.only("not_differentiable").answer.calls[0].gradient is None


def test_a_right_training_function_is_traced(ran: Stream) -> None:
    answer = ran.only("train_model")
    short, long = answer.answer.runs
    assert (short.epochs, long.epochs) == (1, 2)
    assert (long.trace.train_batches, long.trace.test_batches, long.trace.steps) == (6, 4, 6)
    assert short.trace.train_forwards_in_eval_mode == 0
    assert short.trace.test_forwards_in_train_mode == 0
    assert short.trace.test_forwards_with_gradient == 0
    assert short.trace.other_forwards == 0
    assert not np.array_equal(answer.tensors["1.0.weight"], INPUTS["w0"])
    assert answer.tensors["2.1.num_batches_tracked"] == 6
    assert (long.trace.losses, long.trace.other_steps, long.trace.other_models) == (6, 0, 0)
    assert set(short.trace.events) == {"zero", "forward", "loss", "backward", "step"}
    order = [event for event in short.trace.events if event != "zero"]
    assert order[:8] == ["forward", "loss", "backward", "step"] * 2


def test_a_training_function_is_not_troubled_by_what_the_notebook_left(ran: Stream) -> None:
    right, hostile = ran.only("train_model"), ran.only("train_hostile")
    assert hostile.answer.runs[0].error is None
    for key, value in right.tensors.items():
        assert np.array_equal(value, hostile.tensors[key]), key


def test_wrong_training_functions_differ(ran: Stream) -> None:
    right = ran.only("train_model").tensors["2.0.weight"]
    assert not np.allclose(ran.only("train_no_zero").tensors["2.0.weight"], right)
    assert np.array_equal(ran.only("train_stepless").tensors["2.0.weight"], INPUTS["w0"])
    assert ran.only("train_stepless").answer.runs[0].trace.steps == 0


def test_a_training_function_that_uses_the_global_model_leaves_ours_alone(ran: Stream) -> None:
    run = ran.to("train_global")[0].answer.runs[0]
    assert run.error is None
    assert run.trace.steps == 0
    assert run.trace.other_models > 0
    assert run.trace.other_steps > 0
    assert "forward" not in run.trace.events
    assert np.array_equal(ran.to("train_global")[0].tensors["1.0.weight"], INPUTS["w0"])


def test_modes_and_gradients_are_noted(ran: Stream) -> None:
    trace = ran.only("train_eval").answer.runs[0].trace
    assert trace.train_forwards_in_eval_mode == 3
    assert trace.test_forwards_in_train_mode == 2
    assert trace.test_forwards_with_gradient == 2


def test_a_training_function_that_raises_says_where(ran: Stream) -> None:
    run = ran.to("train_raises")[0].answer.runs[0]
    assert run.error is not None
    assert (run.error.name, run.error.line) == ("ZeroDivisionError", "return 1 / 0")
    assert run.trace.other_forwards == 1
