"""Every limit that a run met is told to its reader, also those that ended nothing."""

import pytest
from reports_examples import full_marks
from reports_golden import terminal

from grader import reports
from grader.domain.report import LimitHit, ScoreReport

PRINTED = LimitHit(
    code="output", cell=3, message="Cell 3 printed more than 1 MiB; the rest was cut."
)
FORKED = LimitHit(code="processes", cell=None, message="More than 256 processes were wanted.")


def met(*hits: LimitHit) -> ScoreReport:
    report = full_marks()
    return report.model_copy(update={"run": report.run.model_copy(update={"limits_hit": hits})})


def printed(report: ScoreReport) -> str:
    return terminal(lambda console: reports.print_table(report, console), 120)


@pytest.mark.parametrize("form", ["html", "markdown", "terminal"])
@pytest.mark.parametrize("hit", [PRINTED, FORKED], ids=lambda hit: hit.code)
def test_a_limit_that_ended_nothing_is_told(hit: LimitHit, form: str) -> None:
    def shown(report: ScoreReport) -> str:
        text = printed(report) if form == "terminal" else reports.render(report, form)
        return " ".join(text.replace("\\", "").split())

    assert hit.message in shown(met(hit))
    assert hit.message not in shown(met())


def test_the_limit_stands_among_the_facts_of_the_run() -> None:
    assert "limit hit: output" in printed(met(PRINTED))
    assert "limit hit: none" in printed(met())
