"""Finds an assignment by name or by path, and says everything that is wrong with it at once."""

import importlib.util
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from grader.domain.assignment import Assignment
from grader.domain.hidden import Hidden
from grader.errors import AssignmentError
from grader.scoring.ask import questions, written
from grader.scoring.catalogue import contradictions
from grader.scoring.points import CENTS

GROUP = "grader.assignments"


def load(spec: str) -> Assignment:
    """The assignment of that name, or of that path to a .py file that defines `assignment`.

    Raises:
        AssignmentError: there is none, it cannot be imported, or it is wrong; every wrong field of
            what could be built is named, one a line.
    """
    found = _from_file(Path(spec)) if spec.endswith(".py") else _from_entry_point(spec)
    if not isinstance(found, Assignment):
        raise AssignmentError(
            f"assignment {spec!r}: found {type(found).__name__}, expected an Assignment"
        )
    wrong = list(mistakes(found))
    if wrong:
        raise AssignmentError("\n".join([f"assignment {spec!r} is wrong:", *_bullets(wrong)]))
    return found


def installed() -> tuple[str, ...]:
    """Names of all assignments that are installed here."""
    return tuple(sorted(entry_points(group=GROUP).names))


def mistakes(assignment: Assignment) -> Iterator[str]:
    """Everything that is wrong with an assignment whose fields are each valid."""
    yield from _repeated("problem", [problem.id for problem in assignment.problems])
    for problem in assignment.problems:
        where = f"problem {problem.id!r}"
        yield from _repeated(f"{where}: check", [check.id for check in problem.checks])
        if Decimal(str(problem.points)) * CENTS % 1:
            yield f"{where}: points are {problem.points}, expected at most two decimals"
        for check in problem.checks:
            yield from (f"{where}, check {check.id!r}: {text}" for text in check.mistakes())
        yield from (f"{where}: {text}" for text in contradictions(problem))
    for name in ("files", "release", "solution"):
        path = getattr(assignment, name)
        if path is not None and not path.exists():
            yield f"{name}: there is no {path}"
    yield from _variants(assignment)
    yield from _clashes(assignment)


def _variants(assignment: Assignment) -> Iterator[str]:
    known = {problem.id for problem in assignment.problems}
    rows = [variant.name for variant in assignment.variants]
    yield from _repeated("variant", [*rows, "solution", "release"])  # rows of the matrix as well
    named = [(f"problem {p.id!r} rests on", p.rests_on) for p in assignment.problems]
    named += [(f"variant {v.name!r} concerns", tuple(v.concerns)) for v in assignment.variants]
    for what, names in named:
        if unknown := sorted(set(names) - known):
            yield f"{what} {', '.join(unknown)}: found no such problem"
    if _proven(assignment.rehearsed) != _proven(assignment):
        yield "rehearsal: found other problems, points or variants than the assignment's"


def _proven(assignment: Assignment) -> tuple[object, ...]:
    """What a rehearsal must have in common with the assignment to prove anything about it."""
    problems = [(p.id, p.points, p.rests_on) for p in assignment.problems]
    return problems, assignment.variants, assignment.solution, assignment.release


def _clashes(assignment: Assignment) -> Iterator[str]:
    try:
        questions(assignment, Hidden(seed="00"))
    except AssignmentError as error:
        yield str(error)
    try:
        asked = written(assignment)
    except AssignmentError as error:
        yield str(error)
        return
    for question in asked:
        for anchor in question.anchors:
            try:
                re.compile(anchor)
            except re.error as error:
                yield f"question {question.id!r}: anchor {anchor!r} is no pattern: {error}"


def _repeated(what: str, ids: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(ids).items():
        if count > 1:
            yield f"{what} id {name!r}: found {count} times, expected once"


def _from_entry_point(name: str) -> Any:
    known = entry_points(group=GROUP)
    if name not in known.names:
        listed = ", ".join(sorted(known.names)) or "none"
        raise AssignmentError(
            f"assignment {name!r}: found none of that name (installed: {listed}), expected one of "
            "these or a path to a .py file"
        )
    try:
        return known[name].load()
    except Exception as error:
        raise _unreadable(name, error) from error


def _from_file(path: Path) -> Any:
    if not path.is_file():
        raise AssignmentError(f"assignment {str(path)!r}: there is no such file")
    name = f"grader_assignment_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where pydantic looks up the annotations of classes in the file
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise _unreadable(str(path), error) from error
    return getattr(module, "assignment", None)


def _unreadable(spec: str, error: Exception) -> AssignmentError:
    if isinstance(error, ValidationError):
        wrong = [_line(error.title, item) for item in error.errors()]
        return AssignmentError("\n".join([f"assignment {spec!r} is wrong:", *_bullets(wrong)]))
    return AssignmentError(
        f"assignment {spec!r}: cannot be imported: {type(error).__name__}: {error}"
    )


def _line(title: str, item: Any) -> str:
    where = ".".join(str(part) for part in (title, *item["loc"]))
    return f"{where}: found {str(item['input'])[:80]!r}; {item['msg']}"


def _bullets(lines: Iterable[str]) -> list[str]:
    return [f"  - {line}" for line in lines]
