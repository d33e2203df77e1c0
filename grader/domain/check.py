"""Check: a probe inside and a judgement outside."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray
from pydantic import PositiveFloat

from grader.domain.base import Frozen
from grader.domain.codes import Named, named_within
from grader.domain.evidence import Evidence
from grader.domain.hidden import Hidden
from grader.domain.job import Retraining
from grader.domain.outcome import Outcome
from grader.domain.probe import Probe
from grader.domain.question import Question
from grader.domain.submission import Submission

Made = TypeVar("Made")


@dataclass(frozen=True)
class Labelled:
    """Images with their labels.

    Attributes:
        images: uint8, shape (n, height, width).
        labels: int64, shape (n,).
        digest: hex digest of the files they were read from.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    digest: str


class Memo(Protocol):
    """Keeps measurements that cost seconds, by content: a regrade measures nothing twice."""

    def get(self, key: str) -> dict[str, Any] | None:
        """What was put under the key, or None."""

    def put(self, key: str, value: dict[str, Any]) -> None:
        """Keep a JSON object under the key."""


class DictMemo:
    """A memo that forgets with the process."""

    def __init__(self, values: Mapping[str, dict[str, Any]] | None = None) -> None:
        self.values: dict[str, dict[str, Any]] = dict(values or {})

    def get(self, key: str) -> dict[str, Any] | None:
        """See `Memo`."""
        return self.values.get(key)

    def put(self, key: str, value: dict[str, Any]) -> None:
        """See `Memo`."""
        self.values[key] = value


@dataclass(frozen=True)
class Lab:
    """What judgements may use besides the evidence; all of it ours and deterministic.

    Attributes:
        dataset: reads a data set by name, such as ``mnist/test``. Raises DataError.
        memo: keeps measurements by content.
    """

    dataset: Callable[[str], Labelled]
    memo: Memo = field(default_factory=DictMemo)


@dataclass(frozen=True)
class Case:
    """Everything that one judgement sees.

    Attributes:
        shared: what one check computed and another one needs as well; lives as long as the case,
            and nobody's outcome depends on whether something is in it.
    """

    submission: Submission
    evidence: Evidence
    hidden: Hidden
    lab: Lab
    shared: dict[Hashable, object] = field(default_factory=dict, compare=False, repr=False)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` gives, computed at the first call with this key; nothing must alter it.

        A key always stands for values of one type: it begins with the name of what makes them.
        """
        if key not in self.shared:
            self.shared[key] = make()
        return cast("Made", self.shared[key])

    def dataset(self, name: str) -> Labelled:
        """A data set of the lab, read once a case: it is verified whenever it is read.

        Raises:
            DataError: it is missing or altered.
        """
        return self.once(("data", name), lambda: self.lab.dataset(name))

    @property
    def datasets(self) -> dict[str, str]:
        """Name to digest of the data sets that judgements have read so far."""
        read = {
            str(key[1]): value.digest
            for key, value in self.shared.items()
            if isinstance(key, tuple) and isinstance(value, Labelled)
        }
        return dict(sorted(read.items()))


@dataclass(frozen=True)
class Questions:
    """What a check asks inside: probes, and the arrays that they name.

    Two checks may ask the same probe (same id, equal fields, equal arrays): it is asked once.
    """

    probes: tuple[Probe, ...] = ()
    arrays: Mapping[str, NDArray[np.generic]] = field(default_factory=dict)


class Check(Frozen, ABC):
    """One thing that is checked, with its share of the problem's points."""

    weight: PositiveFloat = 1
    """Share of the problem's points, relative to the problem's other checks."""

    @property
    @abstractmethod
    def id(self) -> str:
        """Unique within its problem; stable, since reports and class statistics refer to it."""

    def questions(self, hidden: Hidden) -> Questions:  # noqa: ARG002 - for those that ask
        """What to ask inside. Nothing by default: some checks read only the submission."""
        return Questions()

    def written(self) -> tuple[Question, ...]:
        """Questions of the markdown that it reads; two checks may share an equal one."""
        return ()

    @abstractmethod
    def judge(self, case: Case) -> Outcome:
        """Compare the answers with the reference; pure, and never raises for bad evidence."""

    def ready(self, case: Case) -> bool:  # noqa: ARG002 - for those that wait
        """Whether the evidence so far is worth judging while the notebook still runs."""
        return True

    def named(self) -> tuple[Named, ...]:
        """The mistakes that it can name: those in its fields; more where it names some itself."""
        return tuple(
            found
            for field in type(self).model_fields
            for found in named_within(getattr(self, field))
        )

    def again(self, case: Case) -> Retraining | None:  # noqa: ARG002 - for those that depend on luck
        """What a second run could still change about the outcome; None where nothing."""
        return None

    def mistakes(self) -> tuple[str, ...]:
        """Fields that are wrong together, in words; empty where the check is well defined."""
        return ()
