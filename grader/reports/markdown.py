"""Markdown for pull requests and learning platforms.

Texts that may hold student text are escaped so that they are read as text: no markup, HTML, link,
table cell, mention or reference to an issue. Blocks stand in fences longer than any run of
backticks inside. One comment on GitHub takes 65,536 characters, so that long evidence is cut and
evidence beyond the budget is left out, which the report says.
"""

import re
from collections.abc import Iterator

from grader.domain.detail import Detail
from grader.domain.report import CheckReport, ProblemReport, ScoreReport
from grader.reports import facts
from grader.reports.numbers import count, points
from grader.reports.text import block, cut, line, words

BUDGET = 60_000
"""Characters, about: no section begins beyond."""
BLOCK = 2_000
"""Characters of one block."""
ROWS = 60
"""Rows of a table of layers."""
_JOINER = "\N{WORD JOINER}"
_PUNCTUATION = re.compile(r"([\\`*_{}\[\]<>()|~@#$:&!\"'])")
_REFERENCE = re.compile(r"(\\[@#](?=\w)|\\:(?=//)|\bGH-(?=\d)|\bwww(?=\.))", re.IGNORECASE)


def to_markdown(report: ScoreReport) -> str:
    """A table of the problems, then the evidence of what is not passed, the run and the flags."""
    text = "\n".join(_head(report))
    left_out = 0
    for section in _sections(report):
        if len(text) + len(section) > BUDGET:
            left_out += 1
        else:
            text += section
    if left_out:
        text += f"\nLeft out for its length: {left_out} more sections; the HTML report has all.\n"
    return text


def _escaped(text: str) -> str:
    """One line that is read as text.

    A word joiner, which is invisible, parts ``@`` from a name and a scheme from its ``//``: some
    platforms look for mentions and links after the rendering, where a backslash is gone.
    """
    return _REFERENCE.sub(rf"\1{_JOINER}", _PUNCTUATION.sub(r"\\\1", line(text)))


def _fenced(text: str) -> str:
    """A block of code; nothing inside is read."""
    kept = cut(block(text), BLOCK)
    longest = max((len(run) for run in re.findall(r"`+", kept)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{kept}\n{fence}"


def _head(report: ScoreReport) -> Iterator[str]:
    yield f"## {points(report.earned)} of {points(report.possible)} points"
    yield ""
    yield f"**{_escaped(report.title)}**, {_escaped(report.submission.name)}"
    yield ""
    if report.pending:
        yield f"Up to {points(report.pending)} more points wait for a person. "
    yield facts.summary(report)
    yield ""
    if late := facts.late(report):
        yield _escaped(late)
        yield ""
    for alarm in facts.alarms(report):
        yield f"> **Warning:** {_escaped(alarm)}"
        yield ""
    yield "| | Problem | Points | Message |"
    yield "| --- | --- | ---: | --- |"
    for problem in report.problems:
        mark, word, _ = facts.STATUSES[problem.status]
        yield (
            f"| {mark} {word} | {_escaped(problem.title)} | {points(problem.earned)} / "
            f"{points(problem.possible)} | {_escaped(problem.message)} |"
        )
    yield ""


def _sections(report: ScoreReport) -> Iterator[str]:
    for problem in report.problems:
        if problem.status != "passed":
            yield "\n".join(_problem(problem))
    yield "\n".join(_run(report))
    if report.flags:
        yield "\n".join(
            [
                "\n### For teaching assistants\n",
                *(f"- **{_escaped(words(f.code))}** {_escaped(f.message)}" for f in report.flags),
                "",
            ]
        )


def _problem(problem: ProblemReport) -> Iterator[str]:
    yield f"\n### {_escaped(problem.title)}\n"
    for check in problem.checks:
        if check.status != "passed":
            yield from _check(check)


def _check(check: CheckReport) -> Iterator[str]:
    mark, word, _ = facts.STATUSES[check.status]
    yield (
        f"{mark} **{_escaped(words(check.id))}**, {word}, {points(check.earned)} / "
        f"{points(check.possible)}: {_escaped(check.message)}"
    )
    yield ""
    if check.misconception:
        yield f"Recognised mistake: {_escaped(facts.recognised(check))}\n"
    for detail in check.details:
        yield from _detail(detail)


def _detail(detail: Detail) -> Iterator[str]:
    match detail.kind:
        case "comparison":
            yield f"{_escaped(detail.label)}, expected:\n"
            yield f"{_fenced(detail.expected)}\n"
            yield "found:\n"
            yield f"{_fenced(detail.found)}\n"
        case "layers":
            yield "| Yours | Parameters | Reference | Parameters | |"
            yield "| --- | ---: | --- | ---: | --- |"
            for row in detail.rows[:ROWS]:
                yield (
                    f"| {_escaped(row.student or 'none')} | {_count(row.student_parameters)} "
                    f"| {_escaped(row.reference or 'none')} | {_count(row.reference_parameters)} "
                    f"| {'same' if row.matches else '**differs**'} |"
                )
            yield (
                f"| **total** | {count(detail.student_total)} | | "
                f"{count(detail.reference_total)} | |\n"
            )
        case "text":
            yield f"{_escaped(detail.label)}:\n"
            yield f"{_fenced(detail.text)}\n"
        case "note":
            yield f"Note: {_escaped(detail.text)}\n"
        case "plot" | "confusion":
            yield f"The HTML report shows: {_escaped(detail.title)}\n"


def _count(value: int | None) -> str:
    return "-" if value is None else count(value)


def _run(report: ScoreReport) -> Iterator[str]:
    yield "\n### How the notebook ran\n"
    for fact in facts.run_facts(report.run):
        yield f"- {fact.label}: {_escaped(fact.value)}"
    yield ""
    for cell in report.run.cells:
        if cell.error is not None:
            yield (
                f"Cell {cell.index}: {_escaped(cell.error.name)} {_escaped(cell.error.message)}\n"
            )
            yield f"{_fenced(cell.error.traceback)}\n"
