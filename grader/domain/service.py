"""What the service says of a submission: where it stands, in which lane, and who may see it."""

from typing import Literal

State = Literal["queued", "running", "graded", "not_graded", "cancelled"]
"""There is no state before ``queued``: a row is written once its notebook is kept and its lane is
known, so what was received waits. ``not_graded`` and ``cancelled`` have no report."""
FINAL: tuple[State, ...] = ("graded", "not_graded", "cancelled")

Lane = Literal["fast", "cpu", "gpu", "regrade"]
"""A queue of its own: ``fast`` for what does not train, ``regrade`` for what runs nothing."""
LANES: tuple[Lane, ...] = ("fast", "cpu", "gpu", "regrade")

Role = Literal["student", "ta", "staff", "ci"]
"""What a person is in a course, and the most that a token may be used as."""
