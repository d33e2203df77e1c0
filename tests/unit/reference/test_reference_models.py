import pytest
import torch
from torch import nn

from reference.cnn.models import CNN, FC, LeNet


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("model", "expected"),
    [(FC, 567_434), (LeNet, 106_154), (CNN, 98_442)],
    ids=["fc", "lenet", "cnn"],
)
def test_each_network_has_the_parameters_of_the_exercise(
    model: type[nn.Module], expected: int
) -> None:
    assert count(model()) == expected


@pytest.mark.parametrize(
    ("model", "shape"),
    [(FC(), (3, 784)), (LeNet(), (3, 1, 28, 28)), (CNN((4, 6, 8)), (3, 1, 28, 28))],
    ids=["fc", "lenet", "cnn"],
)
def test_parameters_are_registered_in_the_order_in_which_they_run(
    model: nn.Module, shape: tuple[int, ...]
) -> None:
    ran: list[int] = []
    for module in model.modules():
        if isinstance(module, nn.Linear | nn.Conv2d):
            module.register_forward_hook(
                lambda layer, _inputs, _output: ran.extend(map(id, layer.parameters()))
            )
    assert model(torch.randn(shape)).shape == (3, 10)
    assert ran == [id(parameter) for parameter in model.parameters()]


@pytest.mark.parametrize("model", [FC(), LeNet(), CNN()], ids=["fc", "lenet", "cnn"])
def test_logits_are_not_squashed_at_the_end(model: nn.Module) -> None:
    shape = (64, 784) if isinstance(model, FC) else (64, 1, 28, 28)
    logits = model(100 * torch.randn(shape))
    assert logits.min() < -1
    assert logits.max() > 1


def test_other_filters_change_the_third_networks_size() -> None:
    assert count(CNN((8, 8, 8))) == 80 + 584 + 584 + (72 + 1) * 128 + 129 * 10


def test_a_wrong_number_of_filters_is_named() -> None:
    with pytest.raises(ValueError, match="filters: found 2 numbers, expected 3"):
        CNN((16, 32))
