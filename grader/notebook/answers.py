"""Answers in the markdown, by position: what the student wrote after the paragraph that asks."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.domain.question import Question
from grader.domain.submission import Cell
from grader.notebook.markdown import Block, blocks, fold, is_answer, is_question, unmarked, visible
from grader.notebook.release import Release, words

MAX_ANSWER = 20_000
"""Characters; longer answers are cut with a visible mark."""

MAX_TEXT = 1_000_000
"""Characters of all markdown that is read, without images: thirty times a real notebook's. What
stands beyond is no answer."""

MAX_BLOCKS = 20_000
"""Paragraphs that are read; a real notebook has hundreds."""

_MAX_SEARCHED = 10_000
_ENOUGH_LETTERS = 40
_ASKS = re.compile(r"\?[*_)\"'”`]*$")


@dataclass(frozen=True)
class _Code:
    """A code cell between the texts."""

    given: bool
    """It is the exercise's, maybe with its gaps filled in."""


@dataclass(frozen=True)
class _Notebook:
    items: tuple[Block | _Code, ...]
    release: Release
    from_release: bool
    """It was made from this release: what does not stand there is the student's, headings too."""


def read_answers(
    cells: Sequence[Cell], questions: Sequence[Question], release: Sequence[Cell] = ()
) -> dict[str, str]:
    """What was written below each question.

    An answer is what follows the question, in its paragraph, its cell or the next ones, up to the
    next question, a heading, or, once something was written, the exercise's next code cell. Texts
    of the release, quoted questions and copies of the question are left out.

    Args:
        cells: the student's.
        questions: what to look for. One that matches nothing has an empty answer.
        release: cells of the notebook that was handed out.

    Returns:
        Question id to text, for every question.
    """
    if not questions:
        return {}
    notebook = _read(cells, Release(release))
    starts = {question.id: _find(question, notebook) for question in questions}
    ends: dict[int, str] = {}
    for question in questions:
        for index, asked in starts[question.id].items():
            ends[index] = asked
            notebook.release.know(asked)
    return {q.id: _answer(q, starts[q.id], ends, notebook) for q in questions}


def _read(cells: Sequence[Cell], release: Release) -> _Notebook:
    room = MAX_TEXT
    texts = {}
    for cell in (cell for cell in cells if cell.kind != "code"):
        text = visible(cell.source)[:room]
        room -= len(text)
        texts[cell.index] = blocks(text, cell.index)
    from_release = release.is_ancestor(b for found in texts.values() for b in found)
    items: list[Block | _Code] = []
    for cell in cells:
        if cell.kind != "code":
            items.extend(texts[cell.index])
        elif cell.source.strip():
            items.append(_Code(given=not from_release or release.gave_code(cell.source)))
    return _Notebook(tuple(items[:MAX_BLOCKS]), release, from_release)


def _find(question: Question, notebook: _Notebook) -> dict[int, str]:
    """Where the question stands: position to the text that asks (without what follows it).

    The student's own sentence may repeat the question's words, so a marked paragraph is preferred
    to one of the release, and that to the first that matches.
    """
    anchors = [re.compile(anchor, re.IGNORECASE) for anchor in question.anchors]
    found: dict[int, str] = {}
    for index, item in enumerate(notebook.items):
        if isinstance(item, Block) and item.kind != "quote" and not is_answer(item.text):
            text = fold(item.text[:_MAX_SEARCHED])
            match = next((m for anchor in anchors if (m := anchor.search(text))), None)
            if match is not None:
                count = len(text[: match.end()].split())
                found[index] = _asking(item.text, count, notebook.release)
    marked = {i: asked for i, asked in found.items() if is_question(asked)}
    given = {i: asked for i, asked in found.items() if notebook.release.begins(asked)}
    first = dict(list(found.items())[:1])
    return marked or given or first


def _asking(text: str, count: int, release: Release) -> str:
    """The part of a paragraph that is the question, of which the first `count` words are known."""
    if release.begins(text):
        return text[: len(text) - len(release.written(text))] if not release.has(text) else text
    spans = list(re.finditer(r"\S+", text))
    last = spans[count - 1]
    end = text.find("\n", last.end())
    end = len(text) if end < 0 else end
    line = [m for m in spans[count - 1 :] if m.start() < end]
    asks = [m.end() for m in line if _ASKS.search(m[0])]
    if not asks:
        return text[:end]
    for later in asks[1:]:
        if re.search(r"\d", text[asks[0] : later]):
            break
        asks[0] = later
    return text[: asks[0]]


def _answer(
    question: Question, starts: Mapping[int, str], ends: Mapping[int, str], notebook: _Notebook
) -> str:
    parts: list[str] = []
    for index, asked in starts.items():
        item = notebook.items[index]
        assert isinstance(item, Block)
        parts += _below(index, item.text[len(asked) :], ends, notebook)
    if not starts and notebook.from_release:
        parts += _in_section(question, ends, notebook)
    text = "\n\n".join(parts)
    return text if len(text) <= MAX_ANSWER else f"{text[:MAX_ANSWER]} … (cut)"


def _below(index: int, rest: str, ends: Mapping[int, str], notebook: _Notebook) -> list[str]:
    """What was written after one position."""
    first = notebook.release.written(rest)
    parts = [first] if first.strip() else []
    for position in range(index + 1, len(notebook.items)):
        item = notebook.items[position]
        if isinstance(item, _Code):
            if item.given and _says_enough(parts):
                break
        elif position in ends or _is_border(item, notebook):
            break
        else:
            parts.extend(_written(item, notebook))
    return parts


def _written(item: Block, notebook: _Notebook) -> Iterator[str]:
    """Nothing for a copy of a question: the release knows it."""
    text = notebook.release.written(item.text)
    if is_question(text) or not text.strip():
        return
    yield unmarked(text).strip("\n") if is_answer(text) else text


def _is_border(item: Block, notebook: _Notebook) -> bool:
    """Whether an answer ends here: at a heading or a question that the student did not write."""
    own = notebook.from_release and not notebook.release.begins(item.text)
    if item.kind == "heading":
        return not own and not _is_answer_heading(item.text)
    return item.kind == "text" and is_question(item.text) and not own


def _is_answer_heading(text: str) -> bool:
    """``## A: 567434`` and ``# 567434``: some write their answers large."""
    return is_answer(text) or not re.search(r"[^\W\d_]", text)


def _says_enough(parts: Sequence[str]) -> bool:
    """More than *see below*: what follows the exercise's next code cell is about that cell."""
    text = " ".join(parts)
    if len(text) >= MAX_ANSWER:
        return True
    letters = sum(char.isalpha() for char in text)
    return letters >= _ENOUGH_LETTERS or any(char.isdigit() for char in text)


def _in_section(question: Question, ends: Mapping[int, str], notebook: _Notebook) -> list[str]:
    """The question was deleted: what was written in the section where the release asks it."""
    anchors = [re.compile(anchor, re.IGNORECASE) for anchor in question.anchors]
    heading: Block | None = None
    for block in notebook.release.blocks:
        if block.kind == "heading":
            heading = block
        elif is_question(block.text) and any(a.search(fold(block.text)) for a in anchors):
            break
    else:
        return []
    for index, item in enumerate(notebook.items):
        if heading and isinstance(item, Block) and words(item.text) == words(heading.text):
            return _below(index, "", ends, notebook)
    return []
