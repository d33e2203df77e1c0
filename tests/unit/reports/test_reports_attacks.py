"""No text of a student's changes what a report is made of, in any format."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from unicodedata import category

import pytest
from defusedxml.ElementTree import fromstring
from markdown_it import MarkdownIt
from reports_attacks import ATTACKS, attacked, texts
from reports_examples import our_fault, with_losses
from reports_golden import rows, terminal
from rich.cells import cell_len

from grader import reports
from grader.domain.codes import Catalogue
from grader.domain.report import ScoreReport

VOID = {"meta", "br", "img", "link", "input", "hr"}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section"),
    *("article", "footer", "div", "p", "span", "h1", "h2", "h3", "h4", "ul", "ol", "li", "a"),
    *("strong", "code", "pre", "blockquote", "figure", "figcaption", "details", "summary", "dl"),
    *("dt", "dd", "table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
    *("svg", "symbol", "use", "circle", "path", "line", "text", "g"),
}
STYLE = re.compile(r"(--shade|width):\d+(\.\d+)?%")
BOTH = [with_losses, our_fault]
NOTHING = Catalogue(codes=())


class Outline(HTMLParser):
    """Tags with their attributes in order, and whether they are balanced."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.shown: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.shown.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data[:80]}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"a processing instruction: {data[:80]}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data[:80]}")


def outline(report: ScoreReport) -> Outline:
    parsed = Outline()
    parsed.feed(reports.render(report, "html"))
    parsed.close()
    assert parsed.open == []
    return parsed


def harmless(text: str) -> bool:
    return not any(
        category(c) in {"Cc", "Cs", "Co"} or (category(c) == "Cf" and c not in "\u200c\u200d\u2060")
        for c in text.replace("\n", "")
    )


def test_the_walker_reaches_every_string_but_the_codes_of_closed_sets() -> None:
    changed = texts(attacked(with_losses(), "ATTACK").model_dump())
    assert changed.count("ATTACK") > 200
    assert set(changed) - {"ATTACK", "ATTACK!"} == {
        *("passed", "partial", "failed", "not_graded", "pending", "graded"),
        *("comparison", "layers", "plot", "confusion", "text", "note", "line", "stem"),
    }


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("make", BOTH)
def test_html_holds_only_our_tags_whatever_the_text_says(make: Any, name: str) -> None:
    parsed = outline(attacked(make(), ATTACKS[name]))
    for tag, attributes in parsed.tags:
        assert tag in TAGS
        assert not [key for key in attributes if key.startswith("on")]
        assert not {"src", "srcset", "srcdoc", "action", "xlink:href", "ping"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
        assert STYLE.fullmatch(attributes.get("style") or "width:0%")
        assert all(harmless(value or "") for value in attributes.values())
    assert harmless("".join(parsed.shown))


@pytest.mark.parametrize("name", sorted(set(ATTACKS) - {"empty", "blank", "return", "tab"}))
@pytest.mark.parametrize("make", BOTH)
def test_html_has_the_same_tags_for_any_text(make: Any, name: str) -> None:
    plain = [(t, sorted(a)) for t, a in outline(attacked(make(), "plain")).tags]
    assert [(t, sorted(a)) for t, a in outline(attacked(make(), ATTACKS[name])).tags] == plain


def test_html_shows_an_attack_as_text() -> None:
    shown = "".join(outline(attacked(with_losses(), ATTACKS["script"])).shown)
    assert shown.count(ATTACKS["script"]) > 100


def test_html_forbids_everything_but_its_own_style() -> None:
    metas = [a for t, a in outline(with_losses()).tags if t == "meta"]
    policy = next(a["content"] for a in metas if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert {"default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"} <= set(
        policy.split("; ")
    )
    html = reports.render(with_losses(), "html")
    assert not re.search(r"url\(|@import|https?:|<script|<link|<img|<iframe", html)


def kinds(report: ScoreReport) -> list[str]:
    return [token.type for token in tokens(report) if token.type != "text"]


def tokens(report: ScoreReport) -> Iterator[Any]:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for token in parser.parse(reports.render(report, "markdown")):
        yield token
        yield from token.children or ()


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("make", BOTH)
def test_markdown_holds_no_html_link_or_mention(make: Any, name: str) -> None:
    text = reports.render(attacked(make(), ATTACKS[name]), "markdown")
    assert len(text) < 65_536
    assert harmless(text)
    for token in tokens(attacked(make(), ATTACKS[name])):
        assert token.type not in {"html_inline", "html_block", "link_open", "image", "s_open"}
        assert token.type not in {"code_inline", "em_open", "hardbreak", "code_block"}
        if token.type == "text":
            assert not re.search(r"[@#]\w|\bGH-\d|\bwww\.", token.content)
    unfenced = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", text)
    assert "://" not in unfenced


@pytest.mark.parametrize("name", sorted(set(ATTACKS) - {"empty", "blank", "long", "long_words"}))
@pytest.mark.parametrize("make", BOTH)
def test_markdown_is_made_of_the_same_parts_for_any_text(make: Any, name: str) -> None:
    assert kinds(attacked(make(), ATTACKS[name])) == kinds(attacked(make(), "plain"))


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("make", BOTH)
def test_junit_parses_and_has_the_same_elements(make: Any, name: str) -> None:
    text = reports.render(attacked(make(), ATTACKS[name]), "junit")
    assert harmless(text)
    plain = fromstring(reports.render(attacked(make(), "plain"), "junit").encode())
    found = fromstring(text.encode())
    assert [e.tag for e in found.iter()] == [e.tag for e in plain.iter()]
    assert [sorted(e.attrib) for e in found.iter()] == [sorted(e.attrib) for e in plain.iter()]


@pytest.mark.parametrize("name", ATTACKS)
def test_no_cell_of_the_csv_is_a_formula_under_any_separator(name: str) -> None:
    changed = [attacked(row, ATTACKS[name]) for row in rows()]
    text = reports.to_csv(changed)
    assert len(only_text(text)) == len(changed) + 1
    mistakes = only_text(reports.to_mistakes_csv(changed, NOTHING))
    assert len(mistakes) == 1 + sum(
        len(check.codes)
        for row in changed
        for problem in (row.report.problems if row.report else ())
        for check in problem.checks
    )


def only_text(text: str) -> list[list[str]]:
    """The table, where no cell acts on a terminal or a spreadsheet, and all rows are as long."""
    assert harmless(text.replace("\r\n", "\n"))
    for separator in ",;|":
        for row in csv.reader(io.StringIO(text), delimiter=separator):
            for cell in row:
                assert not re.match(r"[\s\"]*[=+\-@\uff1d\uff0b\uff0d\uff20]", cell)
    table = list(csv.reader(io.StringIO(text)))
    assert len({len(row) for row in table}) == 1
    return table


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("width", [60, 100, 200])
def test_the_terminal_gets_no_control_character_and_no_long_line(width: int, name: str) -> None:
    report = attacked(with_losses(), ATTACKS[name])
    text = terminal(lambda console: reports.print_table(report, console), width)
    row = reports.GradeRow(name=ATTACKS[name], report=report, error="")
    text += terminal(lambda console: reports.print_class([row, row], NOTHING, console), width)
    assert harmless(text)
    assert max(map(cell_len, text.splitlines())) <= width


@pytest.mark.parametrize("name", ATTACKS)
def test_with_colour_the_terminal_gets_only_our_styles(name: str) -> None:
    def sent(text: str) -> str:
        report = attacked(with_losses(), text)
        return terminal(lambda console: reports.print_table(report, console), 100, colour=True)

    escapes = re.compile(r"\x1b\[[\d;]*m")
    assert harmless(escapes.sub("", sent(ATTACKS[name])))
    assert set(escapes.findall(sent(ATTACKS[name]))) <= set(escapes.findall(sent("plain")))


def test_the_terminal_shows_markup_as_text() -> None:
    report = attacked(with_losses(), "[bold red]x[/] :smile:")
    text = terminal(lambda console: reports.print_table(report, console), 200)
    assert text.count("[bold red]x[/] :smile:") > 50


@pytest.mark.parametrize("name", ATTACKS)
def test_json_parses_strictly_and_is_ascii(name: str) -> None:
    text = reports.render(attacked(with_losses(), ATTACKS[name]), "json")
    assert text.isascii()
    ScoreReport.model_validate_json(text)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_class_as_json_parses_strictly_and_is_ascii(name: str) -> None:
    text = reports.to_class_json([attacked(row, ATTACKS[name]) for row in rows()], NOTHING)
    assert text.isascii()
    assert json.loads(text)["notebooks"] == len(rows())
