"""What a model of the exercise is: a name in the notebook and a reference for any shapes."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveInt
from torch import nn

from grader.checks.misconception import Misconception
from grader.domain.base import Frozen
from grader.domain.check import Questions
from grader.domain.hidden import Hidden
from grader.domain.probe import DescribeModule

Shapes = tuple[tuple[int, ...], ...]
"""Shapes of the parameters that a student's model uses, in the order in which they are used."""

SIDE = 28
_BUMPS = 8


def fixed(reference: Callable[[], nn.Module]) -> Callable[[Shapes], nn.Module]:
    """A builder for a reference that has one form, whatever the student's shapes are."""
    return lambda _: reference()


class Images(Frozen):
    """Random images that look like digits to a network: smooth bright bumps on black."""

    count: PositiveInt = 64
    flat: bool = False
    """(count, 784) rather than (count, 1, 28, 28)."""

    def draw(self, rng: np.random.Generator) -> NDArray[np.float32]:
        """float32 in [0, 1], shape (count, 1, 28, 28) or (count, 784)."""
        centre = rng.uniform(3, SIDE - 3, (self.count, _BUMPS, 2, 1))
        height = rng.uniform(0.4, 1, (self.count, _BUMPS, 1, 1))
        width = rng.uniform(1, 2.5, (self.count, _BUMPS, 1))
        bells = np.exp(-((np.arange(SIDE) - centre) ** 2) / (2 * width[:, :, None] ** 2))
        bumps = height * bells[:, :, 0, :, None] * bells[:, :, 1, None, :]
        images: NDArray[np.float32] = np.clip(bumps.sum(axis=1), 0, 1).astype(np.float32)
        return images.reshape(self.count, -1) if self.flat else images[:, None]


class Model(Frozen):
    """A model that students define, and what theirs is compared with.

    The reference registers its parameters in the order in which they run, and holds no buffers.
    """

    name: str
    """Variable in the notebook, such as ``model_fc``."""
    class_name: str | None = None
    """Class in the notebook, such as ``FC``."""
    reference: Callable[[Shapes], nn.Module]
    """Builds the reference, for the student's sizes where these are the student's choice."""
    images: Images = Images()
    outputs: PositiveInt = 10
    """Columns of a right output."""
    misconceptions: tuple[Misconception, ...] = ()
    """Their `build` takes what `reference` takes."""

    def questions(self, hidden: Hidden) -> Questions:
        """The one probe that all checks of this model share."""
        key = f"{self.name}.images"
        probe = DescribeModule(
            id=self.name,
            name=self.name,
            class_name=self.class_name,
            inputs=key,
            outputs=self.outputs,
            seed=self.seed(hidden),
        )
        return Questions((probe,), {key: self.inputs(hidden)})

    def seed(self, hidden: Hidden) -> int:
        """Seed of the hidden weights; see `hidden_weights`."""
        return int(hidden.rng(f"{self.name}.weights").integers(2**63))

    def inputs(self, hidden: Hidden) -> NDArray[np.float32]:
        """The hidden images; see `Images.draw`. Read-only."""
        return _drawn(self.images, hidden, f"{self.name}.images")


@lru_cache(maxsize=8)
def _drawn(images: Images, hidden: Hidden, label: str) -> NDArray[np.float32]:
    """Each check of a model asks for them, and so does each judgement."""
    drawn = images.draw(hidden.rng(label))
    drawn.flags.writeable = False
    return drawn
