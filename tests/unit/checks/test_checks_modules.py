# ruff: noqa: E501 - one case a line
from itertools import pairwise
from typing import Any

import made
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from grader.checks.fit import fit
from grader.checks.hidden_weights import hidden_weights
from grader.checks.misconception import pairs
from grader.checks.model import Images, Model, fixed
from grader.checks.modules import ModelMatches, ParameterCount
from grader.checks.seen import Seen
from grader.checks.weights import Weights, place
from grader.domain.check import DictMemo
from grader.domain.evidence import Answered, Found, Parameter, Unanswered
from grader.domain.raised import Raised
from grader.domain.run import CellError, CellRun, Stopped
from reference.cnn import designs, misconceptions
from reference.cnn.models import CNN, FC, LeNet

MODEL_FC = Model(
    name="model_fc",
    class_name="FC",
    reference=fixed(FC),
    images=Images(flat=True),
    misconceptions=misconceptions.IN_FC,
)
MODEL_LENET = Model(
    name="model_lenet", reference=fixed(LeNet), misconceptions=misconceptions.IN_LENET
)
MODEL_CNN = Model(
    name="model_cnn",
    reference=lambda shapes: CNN(designs.filters_of(shapes)),
    misconceptions=misconceptions.IN_CNN,
)
BY_NAME = {model.name: model for model in (MODEL_FC, MODEL_LENET, MODEL_CNN)}


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(5)


def answer(model: Any, module: Any, **changes: Any) -> Any:
    return made.module(model.name, module, model.inputs(made.HIDDEN), **changes)


def judge(model: Any, *answers: Any) -> Any:
    return ModelMatches(model=model).judge(made.case(*answers))


class FunctionalFC(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(128, 10)  # registered before those that run first
        self.a, self.b, self.c = nn.Linear(784, 512), nn.Linear(512, 256), nn.Linear(256, 128)

    def forward(self, x: Any) -> Any:
        x = torch.relu(self.a(x.flatten(1)))
        return self.out(functional.relu(self.c(self.b(x).clamp(min=0))))


class MatrixFC(nn.Module):
    def __init__(self, *sizes: Any) -> None:
        super().__init__()
        sizes = sizes or (784, 512, 256, 128, 10)
        steps = list(pairwise(sizes))
        self.w = nn.ParameterList([torch.randn(n, m) / n**0.5 for n, m in steps])
        self.v = nn.ParameterList([torch.randn(1, m) for _, m in steps])

    def forward(self, x: Any) -> Any:
        for k, (w, v) in enumerate(zip(self.w, self.v, strict=True)):
            x = x @ w + v
            x = functional.relu(x) if k < len(self.w) - 1 else x
        return x


def fc(*layers: Any, act: Any = nn.ReLU, bias: Any = True, end: Any = ()) -> Any:
    sizes = (784, 512, 256, 128, 10)
    body = []
    for k in range(4):
        body += [nn.Linear(sizes[k], sizes[k + 1], bias=bias)] + ([act()] if k < 3 else [])
    return nn.Sequential(*body, *end)


def lenet(
    kernel: Any = 3,
    padding: Any = 1,
    pool: Any = nn.MaxPool2d,
    features: Any = 784,
    act: Any = nn.ReLU,
) -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel, padding=padding), act(), pool(2),
        nn.Conv2d(6, 16, kernel, padding=padding), act(), pool(2), nn.Flatten(),
        nn.Linear(features, 120), act(), nn.Linear(120, 84), act(), nn.Linear(84, 10),
    )  # fmt: skip


class PoolFirstLeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.c1, self.c2 = nn.Conv2d(1, 6, 3, padding="same"), nn.Conv2d(6, 16, 3, padding=1)
        self.f1, self.f2, self.f3 = nn.Linear(784, 120), nn.Linear(120, 84), nn.Linear(84, 10)
        self.drop = nn.Dropout(0.5)

    def forward(self, x: Any) -> Any:
        x = functional.relu(functional.max_pool2d(self.c1(x), 2))
        x = functional.relu(functional.max_pool2d(self.c2(x), 2)).view(-1, 784)
        return self.f3(self.drop(functional.relu(self.f2(functional.relu(self.f1(x))))))


@pytest.mark.parametrize(
    ("model", "module"),
    [
        (MODEL_FC, FC),
        (MODEL_FC, fc),
        (MODEL_FC, MatrixFC),
        (MODEL_LENET, lenet),
        (MODEL_LENET, PoolFirstLeNet),
        (MODEL_CNN, CNN),
        (MODEL_CNN, lambda: CNN((4, 8, 16))),
        (MODEL_CNN, lambda: CNN((5, 5, 5))),
    ],
)
def test_another_right_way_to_write_the_model_passes(model: Any, module: Any) -> None:
    assert judge(model, answer(model, module())).status == "passed"


def test_parameters_are_mapped_by_run_order_and_not_by_registration() -> None:
    order = [f"{n}.{p}" for n in ("a", "b", "c", "out") for p in ("weight", "bias")]
    assert judge(MODEL_FC, answer(MODEL_FC, FunctionalFC(), order=order)).status == "passed"


def test_matrices_of_bias_first_order_and_other_dtypes_are_placed() -> None:
    module = fc()
    order = [n for n, _ in module.named_parameters()][::-1]
    given = answer(MODEL_FC, module, order=order)
    # all shapes differ, so even the reverse order finds each place
    assert judge(MODEL_FC, given).status == "passed"


class Swapped(nn.Module):
    def forward(self, x: Any) -> Any:
        return x.permute(0, 2, 3, 1).flatten(1)


def dense(*sizes: Any) -> Any:
    layers = [[nn.Linear(n, m), nn.ReLU()] for n, m in pairwise(sizes)]
    return nn.Sequential(*[module for pair in layers for module in pair][:-1])


def convolutions(*filters: Any) -> Any:
    side, body = 28, []
    for n, m in pairwise((1, *filters)):
        body += [nn.Conv2d(n, m, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        side //= 2
    return nn.Sequential(*body, nn.Flatten(), *dense(filters[-1] * side**2, 128, 10))


def replaced(module: Any, others: Any) -> Any:
    return nn.Sequential(*[others.get(k, layer) for k, layer in enumerate(module)])


def without(module: Any, name: Any, *places: Any) -> Any:
    for number in places:
        setattr(module[number], name, None)
    return module


def strided(module: Any) -> Any:
    module[0].stride = module[3].stride = (2, 2)
    return replaced(module, {2: nn.Identity(), 5: nn.Identity()})


MISTAKES = [
    (MODEL_FC, lambda: fc(bias=False), "no_bias"),
    (MODEL_FC, lambda: fc(act=nn.Sigmoid), "sigmoid"),
    (MODEL_FC, lambda: fc(act=nn.Tanh), "tanh"),
    (MODEL_FC, lambda: fc(act=nn.Identity), "no_activation"),
    (MODEL_FC, lambda: fc(end=[nn.ReLU()]), "relu_at_the_end"),
    (MODEL_FC, lambda: fc(end=[nn.Softmax(1)]), "softmax_at_the_end"),
    (MODEL_FC, lambda: fc(end=[nn.LogSoftmax(1)]), "log_softmax_at_the_end"),
    (MODEL_FC, lambda: nn.Sequential(*[m for k, m in enumerate(fc()) if k != 3]), "activation_missing"),
    (
        MODEL_FC,
        lambda: nn.Sequential(
            nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 200), nn.ReLU(),
            nn.Linear(200, 100), nn.ReLU(), nn.Linear(100, 10),
        ),
        "other_sizes",
    ),
    (MODEL_LENET, lambda: lenet(5, 2), "five_by_five"),
    (MODEL_LENET, lambda: lenet(5, 0, features=256), "five_by_five"),
    (MODEL_LENET, lambda: lenet(3, 0, features=400), "no_padding"),
    (MODEL_LENET, lambda: lenet(pool=nn.AvgPool2d), "average_pooling"),
    (MODEL_LENET, lambda: lenet(act=nn.Tanh), "tanh"),
    (MODEL_FC, lambda: fc(act=nn.LeakyReLU), "other_activation"),
    (MODEL_FC, lambda: fc(act=nn.GELU), "other_activation"),
    (MODEL_FC, lambda: without(fc(), "bias", 2, 6), "some_biases_missing"),
    (MODEL_CNN, lambda: without(convolutions(4, 4, 4), "bias", 0, 6), "some_biases_missing"),
    (MODEL_FC, lambda: dense(784, 512, 128, 10), "layer_missing"),
    (MODEL_FC, lambda: dense(784, 512, 256, 128, 64, 10), "layer_extra"),
    (MODEL_FC, lambda: MatrixFC(784, 400, 128, 10), "layer_missing"),
    (MODEL_FC, lambda: MatrixFC(784, 400, 300, 128, 10), "other_sizes"),
    (MODEL_FC, lambda: fc(end=[nn.Sigmoid()]), "sigmoid_at_the_end"),
    (MODEL_CNN, lambda: convolutions(16, 32), "layer_missing"),
    (MODEL_CNN, lambda: convolutions(8, 16, 32, 64), "layer_extra"),
    (MODEL_LENET, lambda: replaced(lenet(), {1: nn.Tanh(), 4: nn.Tanh()}), "tanh_somewhere"),
    (MODEL_FC, lambda: replaced(fc(), {5: nn.Sigmoid()}), "sigmoid_somewhere"),
    (MODEL_FC, lambda: replaced(fc(), {1: nn.Identity(), 3: nn.Identity()}), "activation_missing"),
    (MODEL_LENET, lambda: replaced(lenet(), {6: Swapped()}), "flatten_order"),
    (MODEL_LENET, lambda: lenet(7, 3), "other_filter_size"),
    (MODEL_LENET, lambda: lenet(2, 0, features=576), "other_filter_size"),
    (MODEL_LENET, lambda: replaced(lenet(features=3136), {5: nn.Identity()}), "pooling_forgotten"),
    (MODEL_LENET, lambda: replaced(lenet(features=12544), {2: nn.Identity(), 5: nn.Identity()}), "pooling_forgotten"),
    (MODEL_LENET, lambda: replaced(lenet(features=3136), {2: nn.Identity()}), "pooling_forgotten"),
    (MODEL_LENET, lambda: strided(lenet()), "stride_for_pooling"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "module", "expected"), MISTAKES)
def test_a_known_mistake_is_named_and_loses_points(model: Any, module: Any, expected: Any) -> None:
    outcome = judge(model, answer(model, module()))
    assert outcome.misconception == expected
    assert outcome.score < 1


PAIRS = [
    (MODEL_FC, lambda: fc(act=nn.Sigmoid, end=[nn.Softmax(1)]), "sigmoid+softmax_at_the_end", 0.25),
    (MODEL_FC, lambda: fc(bias=False, act=nn.Identity), "no_activation+no_bias", 0.125),
    (MODEL_FC, lambda: dense(784, 300, 10).append(nn.ReLU()), "layer_missing+relu_at_the_end", 0.125),
    (MODEL_FC, lambda: dense(784, 300, 200, 100, 10).append(nn.Softmax(1)), "other_sizes+softmax_at_the_end", 0.125),
    (MODEL_LENET, lambda: lenet(5, 0, features=256, pool=nn.AvgPool2d), "average_pooling+five_by_five", 0.25),
    (MODEL_LENET, lambda: replaced(lenet(act=nn.Sigmoid), {6: Swapped()}), "flatten_order+sigmoid", 0.375),
    (MODEL_CNN, lambda: replaced(convolutions(8, 16), {1: nn.Identity()}), "activation_missing+layer_missing", 0.125),
]  # fmt: skip


@pytest.mark.parametrize(("model", "module", "expected", "share"), PAIRS)
def test_two_known_mistakes_are_named_together(
    model: Any, module: Any, expected: Any, share: Any
) -> None:
    outcome = judge(model, answer(model, module()))
    assert outcome.misconception == expected
    assert outcome.score == pytest.approx(share)


@pytest.mark.parametrize("model", BY_NAME.values(), ids=BY_NAME)
def test_a_pair_of_mistakes_is_neither_of_them_alone_nor_the_reference(model: Any) -> None:
    combining = [mistake for mistake in model.misconceptions if mistake.onto]
    shapes = tuple(tuple(p.shape) for p in model.reference(()).parameters())
    alone = {repr(built) for m in combining if (built := tried(m.build, shapes))}
    both = [repr(built) for pair in pairs(combining) if (built := tried(pair.build, shapes))]
    assert len(both) > 20
    assert not alone & set(both)


def tried(build: Any, shapes: Any) -> Any:
    try:
        return build(shapes)
    except ValueError:
        return None


@pytest.mark.parametrize(
    "module",
    [
        lambda: fc(act=nn.Softplus),
        lambda: fc(act=nn.Mish),
        lambda: nn.Sequential(nn.LayerNorm(784), *fc()),
    ],
)
def test_an_unknown_function_fails_and_the_difference_is_told(module: Any) -> None:
    outcome = judge(MODEL_FC, answer(MODEL_FC, module()))
    assert outcome.status == "failed"
    assert "function of the exercise" in outcome.message


def images() -> Any:
    return MODEL_FC.inputs(made.HIDDEN)


def with_output(output: Any) -> Any:
    given = answer(MODEL_FC, FC())
    return Answered(given.answer, {**given.tensors, "output": output(given.tensors["output"])})


@pytest.mark.parametrize(
    "output",
    [
        np.zeros_like,
        np.ones_like,
        lambda y: np.full_like(y, np.nan),
        lambda y: np.full_like(y, np.inf),
        lambda _: images()[:, :10],
        lambda y: y[::-1].copy(),
        lambda y: y + 2e-3 * np.ptp(y),
        lambda y: y[:, :9],
        lambda y: y[:32],
        lambda y: y[0, 0],
        lambda _: np.zeros((0, 10), np.float32),
        lambda y: y.astype(np.complex64),
    ],
)
def test_a_forged_output_fails(output: Any) -> None:
    assert judge(MODEL_FC, with_output(output)).status == "failed"


def test_the_output_of_the_same_model_on_other_images_fails() -> None:
    module = FC()
    other = made.module("model_fc", module, MODEL_FC.images.draw(np.random.default_rng(1)))
    assert judge(MODEL_FC, other).status == "failed"


def changed(module: Any, change: Any) -> Any:
    with torch.no_grad():
        for parameter in module.parameters():
            change(parameter)
    return module


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e-4])
def test_weights_that_make_every_function_alike_hide_no_mistake(scale: Any) -> None:
    wrong = changed(fc(act=nn.Sigmoid), lambda parameter: parameter.mul_(scale))
    assert judge(MODEL_FC, answer(MODEL_FC, wrong)).misconception == "sigmoid"


@pytest.mark.parametrize("module", [lambda: fc(act=nn.Identity), lambda: fc(end=[nn.ReLU()])])
def test_weights_that_are_never_negative_hide_no_activation(module: Any) -> None:
    wrong = changed(module(), lambda parameter: parameter.abs_())
    assert judge(MODEL_FC, answer(MODEL_FC, wrong)).score < 1


class OneRight(nn.Module):
    """Only its first output, a million times larger than the others, is the reference's."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = fc()
        with torch.no_grad():
            self.inner[-1].weight[0] *= 1e6

    def forward(self, x: Any) -> Any:
        y = self.inner(x)
        return torch.cat([y[:, :1], y[:, 1:].sin()], dim=1)


def test_one_large_output_hides_no_other() -> None:
    assert judge(MODEL_FC, answer(MODEL_FC, OneRight())).status == "failed"


def test_a_model_that_did_not_run_with_hidden_weights_proves_nothing() -> None:
    given = answer(MODEL_FC, FC())
    tensors = {key: value for key, value in given.tensors.items() if key != "hidden_output"}
    outcome = judge(MODEL_FC, Answered(given.answer, tensors))
    assert (outcome.status, outcome.reason) == ("not_graded", "weights_say_nothing")


def test_a_network_of_another_number_of_layers_is_no_known_mistake() -> None:
    tiny = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    assert judge(MODEL_LENET, answer(MODEL_LENET, tiny)).status == "failed"


@pytest.mark.parametrize(
    "module", [lambda: nn.Linear(567_433, 1), lambda: fc(act=nn.Sigmoid)], ids=["one", "sigmoid"]
)
def test_the_right_count_needs_the_right_layers_but_no_right_function(module: Any) -> None:
    built = module()
    inputs = np.zeros((2, next(built.parameters()).shape[1]), np.float32)
    given = made.module("model_fc", built, inputs)
    outcome = ParameterCount(model=MODEL_FC, expected=567_434).judge(made.case(given))
    right = isinstance(built, nn.Sequential)
    assert outcome.status == ("passed" if right else "failed")
    assert right or "567433" in outcome.message
    assert right or outcome.code == "other_layers"


def test_weights_with_nan_prove_nothing() -> None:
    module = FC()
    with torch.no_grad():
        next(module.parameters())[0, 0] = float("nan")
    outcome = judge(MODEL_FC, answer(MODEL_FC, module))
    assert outcome.status == "not_graded"
    assert outcome.reason == "weights_say_nothing"


def test_the_most_favourable_snapshot_counts() -> None:
    right, wrong = answer(MODEL_FC, FC()), answer(MODEL_FC, fc(act=nn.Sigmoid))
    assert judge(MODEL_FC, right, wrong).status == "passed"
    assert judge(MODEL_FC, wrong, right).status == "passed"


def test_an_extra_parameter_in_use_is_another_function() -> Any:
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.scale = FC(), nn.Parameter(torch.ones(1))

        def forward(self, x: Any) -> Any:
            return self.inner(x) * self.scale

    assert judge(MODEL_FC, answer(MODEL_FC, Scaled())).score < 1


def test_an_error_of_the_forward_pass_is_told() -> None:
    given = answer(MODEL_FC, FC())
    error = Raised(name="RuntimeError", message="shapes cannot be multiplied", line="x = self.a(x)")
    broken = Answered(given.answer.model_copy(update={"error": error}), given.tensors)
    outcome = judge(MODEL_FC, broken)
    assert outcome.status == "failed"
    assert "RuntimeError: shapes cannot be multiplied" in outcome.message
    assert outcome.code == "raised"


def test_a_model_that_is_random_in_eval_mode_says_so() -> None:
    module = fc(act=lambda: nn.Sequential(nn.ReLU(), nn.Softplus()))
    outcome = judge(MODEL_FC, answer(MODEL_FC, module, deterministic=False))
    assert (outcome.status, outcome.code) == ("failed", "random_output")
    assert any("different outputs" in getattr(detail, "text", "") for detail in outcome.details)


def test_another_name_is_told() -> None:
    found = Found(asked="model_fc", used="net", how="fallback")
    outcome = judge(MODEL_FC, answer(MODEL_FC, FC(), found=found))
    assert outcome.status == "passed"
    assert any("`net`" in getattr(detail, "text", "") for detail in outcome.details)


def test_a_missing_model_names_the_cell_that_failed() -> None:
    cell = CellRun(
        index=4,
        status="error",
        error=CellError(name="NameError", message="name 'nn' is not defined", traceback=""),
    )
    missing = Answered(Unanswered(probe="model_fc", cell=9, reason="missing", message=""))
    outcome = ModelMatches(model=MODEL_FC).judge(made.case(missing, cells=[cell]))
    assert (outcome.status, outcome.reason) == ("not_graded", "missing")
    assert "Cell 4 failed (NameError" in outcome.message


def test_a_run_that_ended_early_is_the_reason() -> None:
    stopped = Stopped(reason="memory", cell=7)
    outcome = ModelMatches(model=MODEL_FC).judge(made.case(stopped=stopped))
    assert (outcome.status, outcome.reason) == ("not_graded", "memory")
    assert "in cell 7" in outcome.message


def test_the_layer_table_stands_beside_a_wrong_count() -> None:
    outcome = ParameterCount(model=MODEL_FC, expected=567_434).judge(
        made.case(answer(MODEL_FC, fc(bias=False)))
    )
    assert outcome.status == "failed"
    assert "566,528" in outcome.message
    assert "906 too few" in outcome.message
    assert outcome.code == "other_count"
    *notes, table = outcome.details
    assert len(notes) == 4
    assert (table.student_total, table.reference_total) == (566_528, 567_434)
    assert [row.matches for row in table.rows] == [False] * 4
    assert table.rows[0].reference == "Linear(784, 512)"


@pytest.mark.parametrize(
    ("model", "module", "status"),
    [
        (MODEL_FC, FC, "passed"),
        (MODEL_LENET, LeNet, "passed"),
        (MODEL_CNN, CNN, "passed"),
        (MODEL_CNN, lambda: CNN((8, 8, 8)), "passed"),
        (MODEL_FC, LeNet, "failed"),
        (MODEL_LENET, lambda: lenet(5, 2), "failed"),
    ],
)
def test_parameters_are_counted_against_the_reference_for_the_same_filters(
    model: Any, module: Any, status: Any
) -> None:
    built = module()
    shown = MODEL_LENET if isinstance(built, LeNet) else model
    given = made.module(model.name, built, shown.inputs(made.HIDDEN))
    assert ParameterCount(model=model).judge(made.case(given)).status == status


def test_a_wrong_expected_count_is_a_mistake_of_the_assignment() -> None:
    assert ParameterCount(model=MODEL_FC, expected=567_434).mistakes() == ()
    assert "567434 parameters" in ParameterCount(model=MODEL_FC, expected=1).mistakes()[0]


OF_OTHER_SHAPES = {
    "some_biases_missing", "other_sizes", "layer_missing", "layer_extra", "other_filter_size",
}  # fmt: skip


@pytest.mark.parametrize("model", BY_NAME.values(), ids=BY_NAME)
def test_the_reference_differs_from_each_of_its_misconceptions(model: Any) -> None:
    images = model.inputs(made.HIDDEN)
    shapes = tuple(tuple(p.shape) for p in model.reference(()).parameters())
    for mistake in model.misconceptions:
        if mistake.id in OF_OTHER_SHAPES:
            continue
        try:
            module = mistake.build(shapes)
        except ValueError:
            assert mistake.id == "five_by_five", mistake  # three without padding leave no image
            continue
        given = made.module(model.name, module, images)
        found = fit(model, Seen(given.answer, given.tensors), made.HIDDEN, DictMemo())
        assert found.verdict == "mistaken", mistake
        assert found.misconception.id == mistake.id


@pytest.mark.parametrize("model", BY_NAME.values(), ids=BY_NAME)
def test_hidden_weights_give_every_model_outputs_that_are_never_positive(model: Any) -> None:
    like = Weights(tuple(p.detach().numpy() for p in model.reference(()).parameters()))
    images = model.inputs(made.HIDDEN)
    for seed in range(20):
        output = place(hidden_weights(like, seed), model.reference).run(images)
        assert (output < 0).all(axis=0).sum() >= 3, seed


def test_a_parameter_that_is_never_used_does_not_change_the_function() -> None:
    given = answer(MODEL_FC, FC())
    spare = Parameter(name="spare", shape=(3,), key="spare", used=False, trainable=True)
    more = given.answer.model_copy(update={"parameters": (*given.answer.parameters, spare)})
    tensors = {**given.tensors, "spare": np.ones(3, np.float32)}
    assert judge(MODEL_FC, Answered(more, tensors)).status == "passed"


def test_outputs_that_hardly_depend_on_the_image_are_proved_by_hidden_weights() -> None:
    module = FC()
    with torch.no_grad():
        module.layers[-1].bias.fill_(1e6)
    assert judge(MODEL_FC, answer(MODEL_FC, module)).status == "passed"


@pytest.mark.parametrize("filters", [20_000, 400_000])
def test_more_filters_than_memory_allows_are_not_computed(filters: int) -> None:
    assert not Weights((np.ones((filters, 1, 3, 3), np.float32),)).bearable
    assert Weights((np.ones((512, 1, 3, 3), np.float32),)).bearable


def test_hostile_sizes_cost_nothing() -> None:
    values = (np.ones((400_000, 1, 3, 3), np.float32), np.ones((1, 400_000, 3, 3), np.float32))
    weights = Weights(values)
    assert not weights.bearable
    assert place(weights, MODEL_CNN.reference) is None


def test_images_are_the_same_for_a_regrade_and_others_for_the_next_notebook() -> None:
    again, other = made.HIDDEN, type(made.HIDDEN).of(b"secret of the course", "11" * 32)
    assert np.array_equal(MODEL_FC.inputs(made.HIDDEN), MODEL_FC.inputs(again))
    assert not np.array_equal(MODEL_FC.inputs(made.HIDDEN), MODEL_FC.inputs(other))
    assert MODEL_FC.inputs(other).shape == (64, 784)
    assert MODEL_LENET.inputs(other).shape == (64, 1, 28, 28)
