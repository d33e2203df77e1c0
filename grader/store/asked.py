"""What a run was asked, by digest: answers to another question say nothing about today's.

Hidden arrays are drawn from the stored seed by the checks of the day. A changed rubric may draw
others, and old answers judged by new inputs would all look wrong.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from grader.domain.check import Questions
from grader.domain.evidence import Answered, Evidence, Unanswered

AskedDigests = Mapping[str, str]
"""Probe id to hex SHA-256 of the probe's JSON and of the arrays that it names."""


def digests(asked: Questions) -> dict[str, str]:
    """The digest of each probe: its JSON, and bytes, dtype and shape of the arrays it names."""
    found = {}
    for probe in asked.probes:
        digest = hashlib.sha256(probe.model_dump_json().encode())
        for key in sorted(asked.arrays.keys() & set(_texts(probe.model_dump()))):
            array = np.ascontiguousarray(asked.arrays[key])
            digest.update(f"\n{key} {array.dtype.str} {asked.arrays[key].shape}\n".encode())
            digest.update(array.tobytes())
        found[probe.id] = digest.hexdigest()
    return found


def _texts(value: object) -> Iterator[str]:
    """Every text in a JSON value: the keys of arrays are among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _texts(part)


@dataclass(frozen=True)
class StillValid:
    """Evidence without the answers to questions that were changed since.

    Attributes:
        changed: ids of the probes that today are other ones or new ones.
    """

    evidence: Evidence
    changed: frozenset[str]


def still_valid(evidence: Evidence, then: AskedDigests, now: AskedDigests) -> StillValid:
    """Drop the answers to changed probes; each becomes one `Unanswered("asked_differently")`."""
    changed = frozenset(probe for probe, digest in now.items() if then.get(probe) != digest)
    kept = [item for item in evidence.answers if item.answer.probe not in changed]
    for probe in sorted(changed):
        unanswered = Unanswered(probe=probe, cell=-1, reason="asked_differently", message="")
        kept.append(Answered(unanswered))
    return StillValid(replace(evidence, answers=tuple(kept)), changed)
