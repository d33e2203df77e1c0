"""A small exercise without torch, and a sandbox that plays it: for tests of the service.

`assignment.py` is loaded by its path, as any assignment is; `notebooks` makes submissions to it,
`sandbox` pretends to run them, `worker_app` is the Celery app of workers that use it.
"""

from pathlib import Path

HERE = Path(__file__).parent
ASSIGNMENT = HERE / "assignment.py"
"""What `GRADER_ASSIGNMENTS` names."""
ASSIGNED = "averages"
"""Its id."""
