"""Builds the adapters from the settings; nothing else does.

`services`, for the service alone, is imported by name: a database costs time at every start.
"""

from grader.wiring.benches import (
    bench,
    course_secret,
    data_findings,
    data_store,
    full_store,
    lab,
    limits,
    rehearsal_bench,
    rehearsal_store,
    require,
)
from grader.wiring.sandboxes import (
    SANDBOXES,
    gpus,
    no_sandbox,
    sandbox,
    sandbox_findings,
)

__all__ = [
    "SANDBOXES",
    "bench",
    "course_secret",
    "data_findings",
    "data_store",
    "full_store",
    "gpus",
    "lab",
    "limits",
    "no_sandbox",
    "rehearsal_bench",
    "rehearsal_store",
    "require",
    "sandbox",
    "sandbox_findings",
]
