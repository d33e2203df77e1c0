"""What a worker does with a submission: claim it, grade it, keep what came out, exactly once."""

from grader.work.benches import Benches, Equipment
from grader.work.desk import Desk, Looked
from grader.work.look import look

__all__ = ["Benches", "Desk", "Equipment", "Looked", "look"]
