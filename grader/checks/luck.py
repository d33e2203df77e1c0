"""How rare an accuracy is for right code: seeds make networks better and worse.

Accuracies are compared as logits, ``log(a / (1 - a))``: error rates are positive and skewed, and
on this scale a network that errs twice as often is as far off at 98 % as at 90 %. What right code
reaches with a new seed is predicted from ``n`` calibrated ones, whose logits have mean ``m`` and
standard deviation ``s``, by a Student-t distribution around ``m`` with the scale

    sqrt(s² (1 + 1/n) + 1 / (N p (1 - p)))

- ``s² (1 + 1/n)`` is the predictive variance of a normal sample (Gelman et al., Bayesian Data
  Analysis, 3rd ed., section 3.2);
- ``1 / (N p (1 - p))`` is the binomial variance of an accuracy ``p`` over ``N`` images, carried to
  logits (divided by the square of the logit's slope). It is also a floor: ten seeds that happen to
  agree do not make every other seed implausible.

That formula would have n - 1 degrees of freedom were the logits normal. They are not: LeNet-5 once
reached 0.951 in 17 seeds whose mean is 0.977 and sd 0.006. With `FREEDOM` = 4 the rule also holds
where the truth itself has tails as heavy as a t distribution of 4 degrees or Laplace's, which
`tests/unit/checks/test_checks_luck.py` simulates; with 9 it takes points in 4 of 1,000 such runs.
"""

import math
from statistics import fmean, stdev
from typing import Self

from grader.domain.base import Frozen
from grader.domain.calibration import Calibration
from grader.errors import AssignmentError

FREEDOM = 4
"""Degrees of freedom; `below` and `quantile` are closed forms for this number."""
RARE = 1 / 1000
"""What right code reaches less often than this is implausible for it."""
LEAST_SEEDS = 5
MANY = 1_000_000
"""No rarity beyond it is claimed: no calibration shows that much."""


class Luck(Frozen):
    """What right code reached, seed by seed."""

    runs: tuple[tuple[float, ...], ...] = ()
    """For each seed the accuracy on the test set after each epoch, 0 to 1."""

    @classmethod
    def of(cls, calibration: Calibration, name: str) -> Self:
        """Of one training of a calibration; empty where it was never run."""
        return cls(runs=tuple(run.accuracy for run in calibration.trainings.get(name, ())))

    @property
    def epochs(self) -> int:
        """Epochs that the exercise asks for; 0 where nothing is known."""
        return min(map(len, self.runs), default=0)

    @property
    def usual(self) -> float:
        """Accuracy in the middle of what right code reaches."""
        return _share(self._logits(MANY)[0])

    def after(self, epochs: int) -> float:
        """Mean accuracy of right code after so many epochs, from 1 on."""
        return fmean(run[epochs - 1] for run in self.runs)

    def scale(self, images: int) -> float:
        """Of the predictive distribution, in logits, for an accuracy over so many images."""
        centre, seeds = self._logits(images)
        share = _share(centre)
        return math.sqrt(seeds**2 * (1 + 1 / len(self.runs)) + 1 / (images * share * (1 - share)))

    def chance(self, accuracy: float, images: int) -> float:
        """Share of runs of right code that reach this accuracy or less."""
        centre, _ = self._logits(images)
        return below((logit(accuracy, images) - centre) / self.scale(images))

    def chance_of_more(self, accuracy: float, images: int) -> float:
        """Share of runs of right code that reach this accuracy or more."""
        centre, _ = self._logits(images)
        return below((centre - logit(accuracy, images)) / self.scale(images))

    def threshold(self, images: int) -> float:
        """The accuracy that right code misses in `RARE` of its runs."""
        centre, _ = self._logits(images)
        return _share(centre + quantile(RARE) * self.scale(images))

    def _logits(self, images: int) -> tuple[float, float]:
        """Mean and standard deviation of the seeds' logits. Raises AssignmentError."""
        if len(self.runs) < LEAST_SEEDS:
            raise AssignmentError(
                f"calibration: found {len(self.runs)} seeds, expected at least {LEAST_SEEDS}: "
                "run `grader assignment calibrate`"
            )
        found = [logit(run[-1], images) for run in self.runs]
        return fmean(found), stdev(found)


def chance_of_gap(mine: float, theirs: float, scales: tuple[float, float], images: int) -> float:
    """How often a model comes out so far behind an equally good one, by luck alone.

    The difference of two independent logits is taken as a t distribution as well, with the root of
    the summed squares as its scale: far out that overstates the chance, since tails of power -4 add
    up as fourth powers.

    Args:
        mine: accuracy of the model that is behind.
        theirs: accuracy of the other.
        scales: of both, see `Luck.scale`.
        images: of the test set.
    """
    gap = logit(mine, images) - logit(theirs, images)
    return below(gap / math.hypot(*scales))


def rarity(chance: float) -> str:
    """A chance in words, such as ``fewer than 1 of 4,000 runs``, rounded to the careful side."""
    runs = 1 / max(chance, 1 / MANY)
    if chance >= RARE:
        return f"about 1 of {runs:,.0f} runs"
    step = 10 ** math.floor(math.log10(runs))
    return f"fewer than 1 of {math.floor(runs / step) * step:,} runs"


def logit(accuracy: float, images: int) -> float:
    """``log(a / (1 - a))``; all right or all wrong counts as half an image short of it."""
    edge = 0.5 / images
    share = min(max(accuracy, edge), 1 - edge)
    return math.log(share / (1 - share))


def below(t: float) -> float:
    """Distribution function of Student's t with 4 degrees of freedom.

    In closed form (W. T. Shaw, Sampling Student's T distribution, Journal of Computational Finance
    9(4), 2006): ``1/2 + 3/8 u (1 - u² / 12)``, where ``u = t / sqrt(1 + t² / 4)``.
    """
    u = t / math.sqrt(1 + t * t / 4)
    return 0.5 + 0.375 * u * (1 - u * u / 12)


def quantile(chance: float) -> float:
    """Inverse of `below`, for a chance between 0 and 1; in closed form (Shaw 2006)."""
    root = math.sqrt(4 * chance * (1 - chance))
    return math.copysign(2 * math.sqrt(math.cos(math.acos(root) / 3) / root - 1), chance - 0.5)


def _share(logit_: float) -> float:
    return 1 / (1 + math.exp(-logit_))
