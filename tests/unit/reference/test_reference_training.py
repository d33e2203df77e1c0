import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from reference.cnn.training import accuracy, evaluate, train


def blobs(n: int, seed: int) -> DataLoader[tuple[torch.Tensor, ...]]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 3, (n,), generator=generator)
    points = 3 * functional.one_hot(labels, 3) + torch.randn(n, 3, generator=generator)
    return DataLoader(TensorDataset(points, labels), batch_size=16)


def test_accuracy_is_the_share_of_right_labels() -> None:
    logits = torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])
    assert accuracy(logits, torch.tensor([1, 1, 1])) == pytest.approx(2 / 3)


def test_accuracy_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="found none"):
        accuracy(torch.zeros(0, 2), torch.zeros(0, dtype=torch.int64))


def test_training_learns_and_gives_one_accuracy_per_epoch() -> None:
    torch.manual_seed(0)
    model = nn.Linear(3, 3)
    test = blobs(200, seed=2)
    before = evaluate(model, test)
    reached = train(
        model,
        functional.cross_entropy,
        torch.optim.SGD(model.parameters(), lr=0.1),
        blobs(400, seed=1),
        test,
        3,
    )
    assert len(reached) == 3
    assert reached[-1] > max(0.9, before)
    assert reached[-1] == evaluate(model, test)


def test_one_epoch_is_plain_gradient_descent_with_fresh_gradients() -> None:
    torch.manual_seed(0)
    model = nn.Linear(3, 3)
    weight, bias = model.weight.detach().clone(), model.bias.detach().clone()
    loader = blobs(40, seed=3)
    for inputs, labels in loader:
        w, b = weight.clone().requires_grad_(), bias.clone().requires_grad_()
        functional.cross_entropy(inputs @ w.T + b, labels).backward()
        weight, bias = weight - 0.1 * w.grad, bias - 0.1 * b.grad
    train(
        model,
        functional.cross_entropy,
        torch.optim.SGD(model.parameters(), lr=0.1),
        loader,
        loader,
        1,
    )
    torch.testing.assert_close(model.weight.detach(), weight)
    torch.testing.assert_close(model.bias.detach(), bias)


def test_evaluation_neither_drops_out_nor_moves_batch_statistics() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5), nn.Linear(3, 3))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert evaluate(model, blobs(100, seed=4)) == evaluate(model, blobs(100, seed=4))
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, before[name])


def test_a_loader_without_batches_is_refused() -> None:
    with pytest.raises(ValueError, match="found no batch"):
        evaluate(nn.Linear(3, 3), [])
