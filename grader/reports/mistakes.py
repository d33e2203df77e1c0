"""What went wrong in a class: each mistake of each submission, and how often each was made."""

from collections import Counter
from collections.abc import Iterator, Sequence

from grader.domain.base import Frozen
from grader.domain.codes import Catalogue
from grader.domain.report import CheckReport, ScoreReport
from grader.reports.text import words

NO_MISTAKE = {"passed", "pending"}
"""Codes of answers that are right, or that a person has yet to read."""


class GradeRow(Frozen):
    """One notebook of a class."""

    name: str
    """How the class calls it, such as its path below the folder."""
    report: ScoreReport | None
    """None where the notebook has none."""
    error: str
    """Why there is no report; not shown where there is one."""


class Mistake(Frozen):
    """One code of one check of one submission."""

    submission: str
    problem: str
    check: str
    code: str
    lost: float | None
    """Points; mistakes that one check names together have equal parts. None: not decided."""
    message: str


class Tally(Frozen):
    """How often a mistake was made in a problem."""

    problem: str
    title: str
    code: str
    count: int
    """Submissions that show it, each once."""
    of: int
    """Submissions whose report has the problem."""
    brief: str
    """See `grader.domain.codes.Named`."""
    submissions: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Such as ``31 of 120 forgot to flip the kernel``."""
        told = f" {self.brief}" if self.brief else f": {words(self.code)}"
        return f"{self.count} of {self.of}{told}"


def mistakes(rows: Sequence[GradeRow]) -> Iterator[Mistake]:
    """Every mistake, in the order of the rows and of their problems."""
    for row in rows:
        for problem in row.report.problems if row.report else ():
            for check in problem.checks:
                for number, code in enumerate(check.codes):
                    if code not in NO_MISTAKE:
                        yield Mistake(
                            submission=row.name,
                            problem=problem.id,
                            check=check.id,
                            code=code,
                            lost=_part(check, number),
                            message=check.message,
                        )


def _part(check: CheckReport, number: int) -> float | None:
    """What a check lost, divided by its codes to the cent; the first has what is left over."""
    if check.status == "check_broke":
        return None
    cents = round(100 * max(0.0, check.possible - check.earned))
    each, rest = divmod(cents, len(check.codes))
    return (each + rest * (number == 0)) / 100


def tallies(rows: Sequence[GradeRow], catalogue: Catalogue) -> tuple[Tally, ...]:
    """Each code of each problem: problems by first appearance, the most frequent code first."""
    reports = [row.report for row in rows if row.report is not None]
    titles = {problem.id: problem.title for report in reports for problem in report.problems}
    have = Counter(problem.id for report in reports for problem in report.problems)
    who: dict[tuple[str, str], dict[str, None]] = {}
    for found in mistakes(rows):
        who.setdefault((found.problem, found.code), {})[found.submission] = None
    order = {problem: number for number, problem in enumerate(titles)}
    found_in_order = sorted(
        who.items(), key=lambda item: (order[item[0][0]], -len(item[1]), item[0][1])
    )
    return tuple(
        Tally(
            problem=problem,
            title=titles[problem],
            code=code,
            count=len(names),
            of=have[problem],
            brief=catalogue.brief(problem, code),
            submissions=tuple(names),
        )
        for (problem, code), names in found_in_order
    )
