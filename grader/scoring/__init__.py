"""Outcomes to points, points to a report; and the assignments that they are scored under."""

from grader.scoring.ask import probes_of, questions, written
from grader.scoring.catalogue import catalogue
from grader.scoring.registry import load
from grader.scoring.score import score, score_problem
from grader.scoring.second_run import retrainings

__all__ = [
    "catalogue",
    "load",
    "probes_of",
    "questions",
    "retrainings",
    "score",
    "score_problem",
    "written",
]
