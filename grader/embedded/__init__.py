"""The service on one machine: starts Redis, upkeep, a worker and the API, and ends them together.

`Supervisor` keeps programs running and ends them; `redis` says how its private Redis runs; `left`
ends what a killed `grader serve` could not.
"""

from grader.embedded.program import Program
from grader.embedded.supervise import Supervisor

__all__ = ["Program", "Supervisor"]
