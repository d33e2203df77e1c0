"""What a hostile notebook makes the command line say, and write into every format."""

import io
import re
from pathlib import Path

import pytest
from defusedxml.ElementTree import fromstring
from hostile_notebook import notebook
from hostile_text import ALPHABET, TERMINAL, TEXTS
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from scanners import LIVE, STYLES, Skeleton, acting, formulas, markdown_parts, terminal_acts
from terminals import Ended, on_terminal

from grader import reports, scoring
from grader.cli import live_view, output
from grader.cli.live_view import LiveView
from grader.domain.codes import Catalogue
from grader.domain.job import CellFinished, CellStarted, Hello, Progress
from grader.domain.report import ProblemReport, ScoreReport
from grader.domain.run import CellRun, Environment
from grader.domain.submission import Cell, Submission

ASSIGNMENT = scoring.load("cnn")
every = pytest.mark.parametrize("said", TEXTS.values(), ids=TEXTS)
LINKS = re.compile(r"(src|srcset|srcdoc|action|formaction|ping|data|xlink:href)$|on")


def watched(said: str) -> str:
    """All that a terminal is sent while a run says this everywhere."""
    console = Console(file=io.StringIO(), force_terminal=True, width=110, height=60)
    short = said[:500].encode(errors="replace").decode()  # no record holds half a character
    problem = ProblemReport(
        id=ASSIGNMENT.problems[0].id, title=said, earned=1, possible=2, status="failed",
        message=said, checks=(),
    )  # fmt: skip
    cell = Cell(index=1, kind="code", source=f"{said}\n{said}")
    with LiveView(console, ASSIGNMENT) as view:
        view.on_submission(Submission(name=said, sha256=said, cells=(cell,)))
        view.on_record(Hello(environment=Environment(python=short)))
        view.on_record(CellStarted(index=1))
        view.on_record(Progress(index=1, text=short))
        view.on_problem(problem)
        view._live.refresh()
        view.on_record(CellFinished(cell=CellRun(index=1, status="ok", output=said)))
    return console.file.getvalue()


@every
def test_live_progress_shows_text_and_nothing_acts(said: str) -> None:
    assert terminal_acts(watched(said), LIVE) == set()


def test_live_progress_of_texts_as_they_are_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_view, "_plain", lambda text, _: text)
    assert terminal_acts(watched(TERMINAL["clipboard"]), LIVE) != set()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([*ALPHABET, "epoch ", "9" * 400, "/", "it ", "loss: ", "nan",
                                 "1e999", "acc ", "%", "\u0663", "-", "Ep 1/5"])))  # fmt: skip
def test_no_line_that_a_cell_prints_breaks_the_picture(parts: list[str]) -> None:
    assert terminal_acts(watched("".join(parts)), LIVE) == set()


def complained(said: str, monkeypatch: pytest.MonkeyPatch) -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    monkeypatch.setattr(output, "err", console)
    output.complain(f"{said}: {said}")
    return console.file.getvalue()


@every
def test_an_error_is_said_in_text(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal_acts(complained(said, monkeypatch), STYLES) == set()


def test_an_error_said_as_it_is_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "clean", lambda text: text)
    assert terminal_acts(complained(TERMINAL["title"], monkeypatch), STYLES) != set()


@pytest.fixture(scope="module")
def graded(needs_bubblewrap: None, mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with every format of the hostile notebook's report, and what was said."""
    folder = tmp_path_factory.mktemp("graded")
    file = folder / "=1+1<img src=x>[red]\x1b]0;t\x07\u202e::error::.ipynb"
    file.write_bytes(notebook())
    ended = on_terminal(
        "grade", file, "-a", "cnn", "--sandbox", "bubblewrap", "--limits", "threads=1",
        "--json", folder / "r.json", "--html", folder / "r.html", "--markdown", folder / "r.md",
        "--junit", folder / "r.xml", "--evidence", folder / "evidence",
    )  # fmt: skip
    (folder / "said").write_text(ended.sent, encoding="utf-8")
    assert ended.code == 0, ended.sent
    return folder


def read(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def report(folder: Path) -> ScoreReport:
    return ScoreReport.model_validate_json(read(folder, "r.json"))


def test_the_hostile_notebook_ran_and_its_texts_reached_the_report(graded: Path) -> None:
    made = report(graded)
    assert made.status == "graded"
    errors = [cell.error for cell in made.run.cells if cell.error is not None]
    assert errors
    assert "<script>alert(1)</script>" in "".join(error.message for error in errors)
    told = made.model_dump_json()
    assert told.count("<script>") > 8


def test_the_terminal_is_sent_text_and_our_styles(graded: Path) -> None:
    assert terminal_acts(read(graded, "said"), LIVE) == set()


def test_its_html_has_our_elements_alone(graded: Path) -> None:
    ours = {part[0] for part in Skeleton(reports.render(report(graded), "html")).parts}
    found = Skeleton(read(graded, "r.html"))
    assert {"comment", "instruction", "unknown", "script", "img", "iframe"} & ours == set()
    for part in found.parts:
        if isinstance(part, tuple) and part[0] != "declaration":
            assert not [name for name, _ in part[1] if LINKS.match(name)]
            assert all((value or "").startswith("#") for name, value in part[1] if name == "href")
    assert acting("".join(found.shown + found.labels)) == set()


def test_its_markdown_has_no_html_and_no_link(graded: Path) -> None:
    kinds = {kind for kind, _ in markdown_parts(read(graded, "r.md"))}
    assert kinds & {"html_inline", "html_block", "link_open", "image"} == set()
    assert acting(read(graded, "r.md")) == set()


def test_its_junit_has_our_elements_alone(graded: Path) -> None:
    tags = {element.tag for element in fromstring(read(graded, "r.xml").encode()).iter()}
    assert tags <= {
        *("testsuites", "testsuite", "properties", "property", "testcase"),
        *("failure", "skipped", "error"),
    }
    assert acting(read(graded, "r.xml")) == set()


def test_its_row_of_the_gradebook_computes_nothing(graded: Path) -> None:
    row = reports.GradeRow(name=report(graded).submission.name, report=report(graded), error="")
    known = Catalogue(codes=())
    for table in (reports.to_csv([row]), reports.to_mistakes_csv([row], known)):
        assert formulas(table) == []
        assert acting(table.replace("\r\n", "\n")) == set()


def test_its_json_is_ascii(graded: Path) -> None:
    assert read(graded, "r.json").isascii()


def test_a_regrade_of_its_evidence_says_the_same(graded: Path) -> None:
    ended: Ended = on_terminal("regrade", graded / "evidence", "--json", graded / "again.json")
    assert ended.code == 0, ended.sent
    assert terminal_acts(ended.sent, LIVE) == set()
    again = ScoreReport.model_validate_json(read(graded, "again.json"))
    assert again.problems == report(graded).problems


@pytest.mark.parametrize("content", ["\x1b]0;t\x07{", '{"nbformat": "\x1b[2J", "cells": []}'])
def test_a_file_that_cannot_be_read_says_so_in_text(tmp_path: Path, content: str) -> None:
    file = tmp_path / "\x1b]0;t\x07[red]\nerror: forged.ipynb"
    file.write_text(content)
    ended = on_terminal("grade", file, "-a", "cnn")
    assert ended.code == 3
    assert "Traceback" not in ended.sent
    assert terminal_acts(ended.sent, LIVE) == set()
