"""A report in the terminal: between 60 and 200 columns, with colour or without.

Everything is printed as `rich.text.Text`, which reads no markup, after `text.line` has taken out
what acts on a terminal.
"""

from collections.abc import Iterator, Sequence

from rich.console import Console, Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from grader.domain.report import CheckReport, ProblemReport, ScoreReport
from grader.reports import facts
from grader.reports.numbers import points, seconds, size
from grader.reports.text import line, words

MESSAGES_BESIDE = 100
"""Columns from which on a message stands beside its problem; below it otherwise."""
SHOWN = 20
"""Cell errors, flags and comparisons of one kind that are shown; the other forms show all."""


def print_table(report: ScoreReport, console: Console) -> None:
    """Problems, what lost points, the run, flags, warnings; the score in the last line."""
    console.print(_bold(f"{line(report.title)}: {line(report.submission.name)}"))
    console.print()
    console.print(_problems(report.problems, beside=console.width >= MESSAGES_BESIDE))
    for title, said in (
        ("What lost points", [text for p in report.problems for text in _lost(p)]),
        ("Run", list(_run(report))),
        ("For teaching assistants", list(_flags(report))),
    ):
        if said:
            console.print()
            console.print(_bold(title))
            for text in said:
                console.print(text)
    for alarm in facts.alarms(report):
        console.print()
        console.print(Text(f"WARNING: {alarm}", style="bold yellow"))
    console.print()
    if late := facts.late(report):
        console.print(Text(late))
    console.print(_score(report))


def _bold(text: str) -> Text:
    return Text(text, style="bold")


def _under(text: str, depth: int = 1, style: str = "") -> Padding:
    return Padding(Text(text, style=style), (0, 0, 0, 2 * depth), expand=False)


def _problems(problems: Sequence[ProblemReport], *, beside: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    table.add_column("Problem", overflow="fold", max_width=36 if beside else None)
    table.add_column("Points", justify="right", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    if beside:
        table.add_column("Message", overflow="fold", ratio=1)
    for problem in problems:
        mark, word, style = facts.STATUSES[problem.status]
        title, message = Text(line(problem.title)), line(problem.message)
        row = [
            title if beside else Group(title, _under(message, style="dim")),
            Text(f"{points(problem.earned)} / {points(problem.possible)}"),
            Text(f"{mark} {word}", style=style),
        ]
        table.add_row(*row, *([Text(message)] if beside else []))
    return table


def _lost(problem: ProblemReport) -> Iterator[Text | Padding]:
    """The checks that did not pass, as far as they say more than the problem's message."""
    told = [check for check in problem.checks if check.status not in {"passed", "pending"}]
    said = [(check, list(_evidence(check, problem))) for check in told]
    if not any(evidence for _, evidence in said):
        return
    yield Text(f"  {line(problem.title)}")
    for check, evidence in said:
        if evidence:
            lost = points(max(0.0, check.possible - check.earned))
            mark, word, style = facts.STATUSES[check.status]
            yield _under(f"{mark} {words(check.id)}: {word}, -{lost}", 2, style)
            yield from (_under(text, 3) for text in evidence)


def _evidence(check: CheckReport, problem: ProblemReport) -> Iterator[str]:
    if check.message != problem.message:
        yield line(check.message)
    if check.misconception:
        yield f"recognised mistake: {facts.recognised(check)}"
    for detail in check.details[:SHOWN]:
        match detail.kind:
            case "comparison":
                yield (
                    f"{line(detail.label)}: expected {line(detail.expected)}, "
                    f"found {line(detail.found)}"
                )
            case "layers":
                for row in [row for row in detail.rows if not row.matches][:SHOWN]:
                    expected, found = line(row.reference or "none"), line(row.student or "none")
                    yield f"layer: expected {expected}, found {found}"
            case "note":
                yield line(detail.text)
            case _:
                pass  # plots, matrices and texts are for the HTML report


def _run(report: ScoreReport) -> Iterator[Padding]:
    run = report.run
    peak = "not measured" if run.peak_memory_bytes is None else size(run.peak_memory_bytes)
    cpu = "" if run.cpu_seconds is None else f" ({seconds(run.cpu_seconds)} of CPU time)"
    yield _under(
        f"sandbox {line(run.sandbox)}, {seconds(run.seconds)}{cpu}, peak memory {peak}, "
        f"limit hit: {facts.limit_hit(run)}"
    )
    failed = [(cell.index, cell.error) for cell in run.cells if cell.error is not None]
    for index, error in failed[:SHOWN]:
        because = f": {line(error.message)}" if line(error.message) else ""
        yield _under(f"cell {index}: {line(error.name)}{because}")
    if len(failed) > SHOWN:
        yield _under(f"and {len(failed) - SHOWN} more cells with an error")


def _flags(report: ScoreReport) -> Iterator[Padding]:
    for flag in report.flags[:SHOWN]:
        yield _under(f"⚑ {words(flag.code)}: {line(flag.message)}")
    if len(report.flags) > SHOWN:
        yield _under(f"and {len(report.flags) - SHOWN} more flags")


def _score(report: ScoreReport) -> Text:
    pending = f" ({points(report.pending)} pending)" if report.pending else ""
    final = "" if report.status == "graded" else ", not final"
    return _bold(f"Score: {points(report.earned)} / {points(report.possible)}{pending}{final}")
