"""A report whose every text is hostile is made of the same parts as one whose texts are plain."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from defusedxml.ElementTree import ParseError, fromstring
from hostile_text import ALPHABET, SHEETS, TEXTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reports_attacks import attacked
from reports_examples import our_fault, with_losses
from reports_golden import rows, terminal
from scanners import STYLES, Skeleton, acting, formulas, markdown_parts, terminal_acts

from grader import reports
from grader.domain.codes import Catalogue
from grader.domain.report import ScoreReport
from grader.reports import csv_report, html, json_report, junit, markdown, text

NOTHING = Catalogue(codes=())
LOSSES, OURS = with_losses(), our_fault()
MADE = st.lists(st.sampled_from(ALPHABET), max_size=40).map(lambda parts: f"a{''.join(parts)}")
FUZZ = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
every = pytest.mark.parametrize("said", TEXTS.values(), ids=TEXTS)
PLAIN = "plain text"


def page(said: str, report: ScoreReport = LOSSES) -> Skeleton:
    return Skeleton(reports.render(attacked(report, said), "html"))


def assert_html_is_ours(said: str) -> None:
    for report in (LOSSES, OURS):
        found = page(said, report)
        assert found.parts == page(PLAIN, report).parts
        assert acting("".join(found.shown + found.labels)) == set()


@every
def test_html_has_our_elements_and_attributes_alone(said: str) -> None:
    assert_html_is_ours(f"a{said}")


@FUZZ
@given(MADE)
def test_html_has_our_elements_whatever_is_put_together(said: str) -> None:
    assert_html_is_ours(said)


@pytest.mark.parametrize(
    "said", ["&lt;b&gt;", "&amp;lt;b", "&#x3c;b&#x3e;", "&#60b", "&colon;", "&NewLine;x", "&nbsp;"]
)
def test_html_decodes_no_entity_of_a_text(said: str) -> None:
    shown = "".join(page(said).shown)
    assert shown.count(said) > 100


def assert_markdown_is_ours(said: str) -> None:
    made = reports.render(attacked(LOSSES, said), "markdown")
    plain = reports.render(attacked(LOSSES, PLAIN), "markdown")
    assert markdown_parts(made) == markdown_parts(plain)
    assert acting(made) == set()


@every
def test_markdown_has_our_blocks_and_spans_alone(said: str) -> None:
    assert_markdown_is_ours(f"a{said}")


@FUZZ
@given(MADE)
def test_markdown_has_our_blocks_whatever_is_put_together(said: str) -> None:
    assert_markdown_is_ours(said)


def assert_junit_is_ours(said: str) -> None:
    def parts(content: str) -> list[tuple[str, tuple[str, ...]]]:
        root = fromstring(reports.render(attacked(OURS, content), "junit").encode())
        return [(element.tag, tuple(element.attrib)) for element in root.iter()]

    assert parts(said) == parts(PLAIN)
    assert acting(reports.render(attacked(OURS, said), "junit")) == set()


@every
def test_junit_has_our_elements_alone(said: str) -> None:
    assert_junit_is_ours(f"a{said}")


@FUZZ
@given(MADE)
def test_junit_has_our_elements_whatever_is_put_together(said: str) -> None:
    assert_junit_is_ours(said)


def shown(said: str, width: int, *, colour: bool) -> str:
    report = attacked(LOSSES, said)
    row = reports.GradeRow(name=said, report=report, error=said)
    return terminal(
        lambda console: reports.print_table(report, console), width, colour=colour
    ) + terminal(
        lambda console: reports.print_class([row, row], NOTHING, console), width, colour=colour
    )


def assert_terminal_is_ours(said: str) -> None:
    for width in (60, 100, 200):
        assert terminal_acts(shown(said, width, colour=True), STYLES) == set()
    styles = set(STYLES.findall(shown(said, 100, colour=True)))
    assert styles <= set(STYLES.findall(shown(PLAIN, 100, colour=True)))


@every
def test_a_terminal_or_a_log_is_told_nothing_but_text(said: str) -> None:
    assert_terminal_is_ours(said)


@FUZZ
@given(MADE)
def test_a_terminal_is_told_text_whatever_is_put_together(said: str) -> None:
    assert_terminal_is_ours(said)


def tables(said: str) -> tuple[str, str]:
    changed = [attacked(row, said) for row in rows()]
    return reports.to_csv(changed), reports.to_mistakes_csv(changed, NOTHING)


def assert_sheets_are_ours(said: str) -> None:
    for table, plain in zip(tables(said), tables(PLAIN), strict=True):
        assert formulas(table) == []
        assert acting(table.replace("\r\n", "\n")) == set()
        assert table.count("\r\n") == plain.count("\r\n")
        assert "\n" not in table.replace("\r\n", "")


@every
def test_no_cell_of_a_sheet_is_computed(said: str) -> None:
    assert_sheets_are_ours(said)


@FUZZ
@given(MADE)
def test_no_cell_is_computed_whatever_is_put_together(said: str) -> None:
    assert_sheets_are_ours(said)


def assert_json_is_ours(said: str) -> None:
    written = reports.render(attacked(LOSSES, said), "json")
    assert written.isascii()
    assert terminal_acts(written, STYLES) == set()
    kept = said.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    title = json.loads(written)["title"]
    assert title == kept or "\ufffd" in title
    ScoreReport.model_validate_json(written)
    whole = reports.to_class_json([attacked(row, said) for row in rows()], NOTHING)
    assert whole.isascii()
    assert terminal_acts(whole, STYLES) == set()
    assert json.loads(whole)["notebooks"] == len(rows())


@every
def test_json_is_ascii_and_gives_the_text_back(said: str) -> None:
    assert_json_is_ours(said)


def _raw(value: Any, *_: Any) -> Any:
    return value


WEAKER: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], Callable[[], None]]] = {
    "HTML without escaping": (
        lambda patch: patch.setattr(html._ENVIRONMENT, "autoescape", False),
        lambda: assert_html_is_ours("a" + TEXTS["html: elements"]),
    ),
    "HTML with texts as they are": (
        lambda patch: patch.setattr(html, "block", _raw),
        lambda: assert_html_is_ours("a" + TEXTS["unicode: bidi"]),
    ),
    "Markdown without escaping": (
        lambda patch: patch.setattr(markdown, "_escaped", text.line),
        lambda: assert_markdown_is_ours("a" + TEXTS["markdown: links"]),
    ),
    "Markdown with fences of three": (
        lambda patch: patch.setattr(markdown, "_fenced", lambda said: f"```text\n{said}\n```"),
        lambda: assert_markdown_is_ours("a\n" + TEXTS["markdown: fence in a block"]),
    ),
    "JUnit with texts as they are": (
        lambda patch: (patch.setattr(junit, "line", _raw), patch.setattr(junit, "block", _raw)),
        lambda: assert_junit_is_ours("a" + TEXTS["terminal: controls"]),
    ),
    "a terminal with texts as they are": (
        lambda patch: patch.setattr(reports.terminal, "line", _raw),
        lambda: assert_terminal_is_ours(TEXTS["terminal: clipboard"]),
    ),
    "JSON with orders": (
        lambda patch: patch.setattr(json_report, "written", lambda data, _: json.dumps(data)),
        lambda: assert_json_is_ours(TEXTS["logs: Azure"]),
    ),
    "a log with orders": (
        lambda patch: patch.setattr(text, "_parted", _raw),
        lambda: assert_terminal_is_ours(TEXTS["logs: GitHub"]),
    ),
    "sheets with texts as they are": (
        lambda patch: patch.setattr(csv_report, "defused", text.line),
        lambda: assert_sheets_are_ours(SHEETS["equals"]),
    ),
}


@pytest.mark.parametrize("name", WEAKER)
def test_a_renderer_without_its_defence_is_caught(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    weaken, attack = WEAKER[name]
    attack()
    weaken(monkeypatch)
    html._ENVIRONMENT.cache.clear() if html._ENVIRONMENT.cache is not None else None
    with pytest.raises((AssertionError, ParseError)):
        attack()
    html._ENVIRONMENT.cache.clear() if html._ENVIRONMENT.cache is not None else None
