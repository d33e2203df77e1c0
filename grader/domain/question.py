"""A question that is answered in the notebook's markdown."""

from pydantic import Field

from grader.domain.base import Frozen


class Question(Frozen):
    """Where an answer is to be looked for.

    Answers are read by position: what the student wrote after the paragraph that asks.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    """How the report calls it."""
    anchors: tuple[str, ...] = Field(min_length=1)
    """Regular expressions (case ignored, white space folded); a markdown paragraph that any of them
    finds is the question. Distinct enough to find no other question, also in the course's own
    wording."""
