"""Grades the solution, the release and all variants: does the rubric do what staff think?

Many variants share a notebook, so that the whole takes minutes. Each flaw still shows alone: no two
in a notebook concern one problem, none can cost points where another one is looked for
(`Problem.rests_on`), and no two change one line. Right variants share more freely: full points
everywhere are full points for each. What packing leaves open is whether a flaw also harms a problem
in which another flaw of its notebook costs points (the mark is ``taken``); `alone` leaves nothing.

Where a shared notebook is off, the variants under suspicion are graded again, each alone: what the
matrix says is then true of each one.
"""

import logging
from collections.abc import Generator, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial

from grader.domain.assignment import Assignment
from grader.domain.variant import Variant
from grader.errors import AssignmentError, GraderError
from grader.matrix.judge import apart, release_row, rows, shadows, solution_row
from grader.matrix.marks import Kind, Row
from grader.notebook.variants import Pack, Solution, to_bytes
from grader.pipeline import grade, read
from grader.running import Bench

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sheet:
    """One notebook of the matrix.

    Attributes:
        kind: of all its rows.
        pack: its variants; none for the solution and the release.
    """

    kind: Kind
    pack: Pack = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Of its rows."""
        return tuple(variant.name for variant in self.pack) or (self.kind,)


@dataclass(frozen=True)
class Proof:
    """What is graded and where.

    Attributes:
        assignment: with its solution.
        bench: of all notebooks.
    """

    assignment: Assignment
    bench: Bench

    def grade(self, sheet: Sheet) -> tuple[Row, ...]:
        """Grade one notebook; a failure of ours is a row that is off."""
        try:
            return self._graded(sheet)
        except GraderError as error:
            wrong = str(error)
        except Exception as error:  # noqa: BLE001 - ours; the others are graded all the same
            _log.exception("grading %s broke", ", ".join(sheet.names))
            wrong = f"{type(error).__name__}: {error}"
        return tuple(Row(name=name, kind=sheet.kind, wrong=wrong) for name in sheet.names)

    def _graded(self, sheet: Sheet) -> tuple[Row, ...]:
        data = notebook_of(self.assignment, sheet)
        submission = read(self.assignment, data, f"{sheet.kind}.ipynb")
        report = grade(self.assignment, submission, self.bench).report
        if sheet.kind == "solution":
            return (solution_row(report),)
        if sheet.kind == "release":
            return (release_row(report, self.assignment),)
        return rows(sheet.pack, report, self.assignment)


def sheets(
    assignment: Assignment, only: Sequence[str] = (), *, alone: bool = False
) -> tuple[Sheet, ...]:
    """The notebooks to grade; the same assignment gives the same ones.

    Args:
        assignment: without a solution there are none.
        only: names of rows or of problems; empty: all.
        alone: a notebook for each variant.

    Raises:
        AssignmentError: a variant does not fit the solution, or a name is unknown.
    """
    if assignment.solution is None:
        return ()
    chosen = _chosen(assignment, only)
    fixed: dict[Kind, object] = {"solution": assignment.solution, "release": assignment.release}
    made = [Sheet(kind) for kind, path in fixed.items() if path and (not only or kind in only)]
    over = shadows(assignment)
    solution = Solution.read(assignment.solution.read_bytes())
    for kind in ("right", "flaw"):
        same = [variant for variant in chosen if variant.right is (kind == "right")]
        rule = partial(apart, over=over) if kind == "flaw" else _together
        packs = [(v,) for v in same] if alone else solution.packed(same, rule)
        made += [Sheet(kind, pack) for pack in packs]
    return tuple(made)


def misfits(assignment: Assignment) -> list[str]:
    """Variants that cannot be made from the solution, with the reason."""
    if assignment.solution is None:
        return [f"variants: found {len(assignment.variants)}, expected a solution as well"] * bool(
            assignment.variants
        )
    solution = Solution.read(assignment.solution.read_bytes())
    wrong = []
    for variant in assignment.variants:
        try:
            solution.with_variants((variant,))
        except AssignmentError as error:
            wrong.append(f"variant {variant.name!r}: {error}")
    return wrong


def notebook_of(assignment: Assignment, sheet: Sheet) -> bytes:
    """The bytes that are graded. Raises AssignmentError where a variant does not fit."""
    path = assignment.release if sheet.kind == "release" else assignment.solution
    assert path is not None
    data = path.read_bytes()
    return to_bytes(Solution.read(data).with_variants(sheet.pack)) if sheet.pack else data


def prove(todo: Iterable[Sheet], proof: Proof, workers: int) -> Generator[tuple[Row, ...]]:
    """Grade all, `workers` at once; yields rows as they are final.

    Closing the iterator early starts no further notebook.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="prove")
    running: dict[Future[tuple[Row, ...]], Sheet] = {}
    try:
        running.update({pool.submit(proof.grade, sheet): sheet for sheet in todo})
        while running:
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                sheet, graded = running.pop(future), future.result()
                again = suspects(sheet, graded)
                running.update({pool.submit(proof.grade, each): each for each in again})
                names = {each.names for each in again}
                yield tuple(row for row in graded if (row.name,) not in names)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def suspects(sheet: Sheet, graded: Sequence[Row]) -> tuple[Sheet, ...]:
    """Variants of a shared notebook that must be graded alone before anything is said of them."""
    if len(sheet.pack) < 2:
        return ()
    off = {row.name for row in graded if row.off}
    return tuple(Sheet(sheet.kind, (v,)) for v in sheet.pack if v.name in off)


def _chosen(assignment: Assignment, only: Sequence[str]) -> tuple[Variant, ...]:
    names = {variant.name for variant in assignment.variants}
    problems = {problem.id for problem in assignment.problems}
    if unknown := [n for n in only if n not in names | problems | {"solution", "release"}]:
        raise AssignmentError(
            f"{', '.join(unknown)}: found no such variant or problem, expected names of variants, "
            f"solution, release or one of {', '.join(p.id for p in assignment.problems)}"
        )
    wanted = set(only)
    return tuple(
        variant
        for variant in assignment.variants
        if not only or variant.name in wanted or wanted & variant.concerns.keys()
    )


def _together(_: Variant, __: Variant) -> bool:
    return False
