from collections.abc import Callable

import pytest

from grader.domain.submission import Cell
from grader.notebook import code_digest, parse, trains

Build = Callable[..., bytes]
BY = ("train_model", "backward")
DEFINED = "def train_model(model):\n    loss(model).backward()\n    train_model"


def trained(build: Build, *sources: str, by: tuple[str, ...] = BY) -> bool:
    return trains(parse(build([("code", s) for s in sources]), "n.ipynb").cells, by)


def test_the_solution_trains_and_is_fast_for_an_assignment_that_names_no_calls(
    solution: bytes,
) -> None:
    cells = parse(solution, "solution.ipynb").cells
    assert trains(cells, BY)
    assert not trains(cells, ())


@pytest.mark.parametrize(
    "source",
    [
        "train_model(model_fc)",
        "t = train_model",
        "for model in models:\n    accuracy = train_model(model)",
        "def all_of_them():\n    train_model(model_fc)",
        "def fit():\n    loss.backward()",
        "getattr(loss, 'backward')()",
        "import course.train_model as t\nt(model)",
        "%time train_model(model_fc)",
        "train_model(model_fc",
    ],
)
def test_a_notebook_that_calls_what_trains_is_found(build: Build, source: str) -> None:
    assert trained(build, DEFINED, source)


@pytest.mark.parametrize(
    "source", ["print('backward')", "# train_model(model)", "model_fc = Net()", "backwards(x)"]
)
def test_a_notebook_that_only_defines_its_training_is_fast(build: Build, source: str) -> None:
    assert not trained(build, DEFINED, source)


def test_markdown_about_training_is_no_training(build: Build) -> None:
    data = build([("markdown", "train_model(model)"), ("code", "x = 1")])
    assert not trains(parse(data, "n.ipynb").cells, BY)


def test_more_code_than_is_searched_counts_by_its_text(build: Build) -> None:
    long = "x = 1\n" * 60_000
    assert trained(build, f"{long}train_model(m)")
    assert not trained(build, long)


def cells(*pairs: tuple[str, str]) -> list[Cell]:
    return [Cell(index=i, kind=k, source=s) for i, (k, s) in enumerate(pairs)]  # type: ignore[arg-type]


def test_the_digest_of_code_sees_code_and_its_order_alone() -> None:
    one = code_digest(cells(("code", "a"), ("code", "b")))
    assert one == code_digest(
        cells(("markdown", "words"), ("code", "a"), ("raw", ""), ("code", "b"))
    )
    assert one != code_digest(cells(("code", "b"), ("code", "a")))


def test_no_two_lists_of_sources_share_a_digest() -> None:
    lists = [("ab",), ("a", "b"), ("a1:b",), ("a", "", "b"), ("",), (), ("1:a1:b",), ("\ud800",)]
    assert len({code_digest(cells(*(("code", s) for s in found))) for found in lists}) == len(lists)
