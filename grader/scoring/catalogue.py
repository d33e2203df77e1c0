"""What every code of an assignment's reports means: gathered from its checks, never kept twice."""

from collections.abc import Iterator

from grader.domain.assignment import Assignment, Problem
from grader.domain.codes import Catalogue, Code, Named
from grader.scoring.general_codes import GENERAL


def catalogue(assignment: Assignment) -> Catalogue:
    """The mistakes that the assignment's checks can name, problem by problem; then `GENERAL`.

    A code that means the same in several problems stands once.
    """
    merged: dict[Code, tuple[str, ...]] = {}
    for problem in assignment.problems:
        for code in _codes(problem):
            merged[code] = (*merged.get(code, ()), problem.id)
    named = (code.model_copy(update={"problems": ids}) for code, ids in merged.items())
    return Catalogue(codes=(*named, *GENERAL))


def contradictions(problem: Problem) -> Iterator[str]:
    """Mistakes of one problem that share an id, and that a class report would call otherwise."""
    for id_, found in _by_id(problem).items():
        briefs = _briefs(found)
        if len(briefs) > 1:
            yield f"mistake {id_!r}: found the briefs {', '.join(map(repr, briefs))}, expected one"


def _codes(problem: Problem) -> Iterator[Code]:
    for id_, found in _by_id(problem).items():
        sentences = tuple(dict.fromkeys(mistake.sentence for mistake in found))
        yield Code(id=id_, sentences=sentences, brief=next(iter(_briefs(found)), ""))


def _briefs(found: list[Named]) -> list[str]:
    return list(dict.fromkeys(mistake.brief for mistake in found if mistake.brief))


def _by_id(problem: Problem) -> dict[str, list[Named]]:
    found: dict[str, list[Named]] = {}
    for check in problem.checks:
        for mistake in check.named():
            found.setdefault(mistake.id, []).append(mistake)
    return found
