"""Moving averages: 10 points, of which a person gives one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from grader.checks.answers import FreeText, StatedNumber
from grader.checks.calls import Group
from grader.checks.functions import FunctionMatches
from grader.checks.misconception import Misconception
from grader.domain.assignment import Assignment, Problem
from grader.domain.limits import MIB, Limits
from grader.domain.question import Question


def moving_average(x: NDArray[Any], width: NDArray[Any]) -> NDArray[Any]:
    return np.convolve(x, np.ones(int(width)) / int(width), mode="valid")


def sums(x: NDArray[Any], width: NDArray[Any]) -> NDArray[Any]:
    return np.convolve(x, np.ones(int(width)), mode="valid")


def calls(_: np.random.Generator) -> tuple[Group, ...]:
    """The same for every notebook, so that evidence recorded once answers for all of them."""
    rng = np.random.default_rng(7)
    pairs = tuple((rng.normal(size=n), np.array(width)) for n, width in ((20, 3), (15, 4)))
    return (Group(id="usual", title="usual widths", calls=pairs, share=1),)


def question(name: str, title: str, anchor: str) -> Question:
    return Question(id=name, title=title, anchors=(anchor,))


AVERAGE = Problem(
    id="average",
    title="Moving average",
    points=6,
    checks=(
        FunctionMatches(
            name="moving_average",
            reference=moving_average,
            groups=calls,
            misconceptions=(
                Misconception(
                    id="sum_not_mean",
                    sentence="These are sums: what makes a mean of them?",
                    share=0.5,
                    build=sums,
                ),
            ),
        ),
    ),
)
COUNT = Problem(
    id="count",
    title="How many numbers come out",
    points=3,
    checks=(StatedNumber(question=question("count", "Count", r"how many numbers"), expected=96),),
)
MEANING = Problem(
    id="meaning",
    title="What it is for",
    points=1,
    checks=(FreeText(question=question("meaning", "Meaning", r"what is it for")),),
)

assignment = Assignment(
    id="averages",
    title="Averages",
    problems=(AVERAGE, COUNT, MEANING),
    limits=Limits(threads=1, wall_seconds=60, memory_bytes=512 * MIB),
    trains_by=("train_model",),
)
