"""Two audiences: the sentence for the student comes first, the evidence for the TA below it."""

import re

import pytest
from reports_golden import terminal
from reports_parts import check, problem, run, score

from grader import reports
from grader.domain.detail import Comparison, Detail, LayerRow, LayerTable, Note, StudentText
from grader.domain.report import CheckStatus, ScoreReport

SENTENCE = "Say what it is."
ROW = LayerRow(
    student="SHOWN", student_parameters=1, reference="other", reference_parameters=1, matches=False
)
EVIDENCE: dict[str, Detail] = {
    "comparison": Comparison(label="SHOWN", expected="1", found="2"),
    "layers": LayerTable(rows=(ROW,), student_total=1, reference_total=1),
    "note": Note(text="SHOWN"),
    "text": StudentText(label="SHOWN", text="mine"),
}
TELLS_ALL = ("html", "markdown")
IN_SHORT = {"terminal": {"comparison", "layers", "note"}, "junit": {"comparison", "note"}}
SHOWS = [(form, kind) for form in TELLS_ALL for kind in EVIDENCE]
SHOWS += [(form, kind) for form, kinds in IN_SHORT.items() for kind in sorted(kinds)]


def report(detail: Detail, status: CheckStatus = "failed", checks: int = 1) -> ScoreReport:
    mistake = None if status == "passed" else "some_mistake+another_one"
    right = check("right", "passed", 1, 1, "Right.")
    found = check(
        "found", status, float(status == "passed"), 1, SENTENCE, detail, misconception=mistake
    )
    return score((problem("p", "Problem", *[found, right][:checks]),), run())


def shown(made: ScoreReport, form: str) -> str:
    if form == "terminal":
        return terminal(lambda console: reports.print_table(made, console), 100)
    return re.sub(r"\\(.)|<style>.*?</style>", r"\1", reports.render(made, form), flags=re.DOTALL)


@pytest.mark.parametrize("checks", [1, 2])
@pytest.mark.parametrize(("form", "kind"), SHOWS)
def test_the_sentence_stands_above_the_evidence(form: str, kind: str, checks: int) -> None:
    text = shown(report(EVIDENCE[kind], checks=checks), form)
    assert text.index(SENTENCE) < text.index("SHOWN")


@pytest.mark.parametrize("form", ["html", "markdown", "terminal"])
def test_the_names_of_mistakes_stand_between_them_in_words(form: str) -> None:
    text = shown(report(EVIDENCE["comparison"]), form)
    named = text.index("some mistake, another one")
    assert text.index(SENTENCE) < named < text.index("SHOWN")


def test_junit_gives_the_codes_as_the_type_of_the_failure() -> None:
    text = shown(report(EVIDENCE["note"]), "junit")
    assert 'type="some_mistake another_one"' in text


def test_evidence_of_a_right_answer_is_folded_away_without_a_script() -> None:
    text = shown(report(EVIDENCE["note"], "passed"), "html")
    opened = text[text.index("<article") : text.index("SHOWN")]
    assert opened.index(SENTENCE) < opened.index("<details")
    assert "<script" not in text


def test_evidence_of_a_wrong_answer_lies_open() -> None:
    text = shown(report(EVIDENCE["note"]), "html")
    assert "<details" not in text[text.index("<article") : text.index("SHOWN")]
