"""What of a text the student wrote: the rest stands in the release notebook or in the question."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from grader.domain.submission import Cell
from grader.notebook.markdown import Block, blocks, is_answer, unmarked, visible

Words = tuple[str, ...]

_WORD = re.compile(r"[^\s*_`>#]+")
_PLACEHOLDER = re.compile(
    r"\W*(?:(?:type|write|put|enter) )?(?:your|deine|ihre) (?:answer|antwort)"
    r"(?: goes)?(?: here| hier)?\W*",
    re.IGNORECASE,
)
_FILE_IMAGE = re.compile(r"\s*<img\b[^>]{0,500}>\s*(?:</img>\s*)?", re.IGNORECASE)
_SHORTEST_PREFIX = 3
_LONGEST_BLANK = 60
_LONGEST_FILLED = 400
_MAX_PREFIXES = 20


def words(text: str) -> Words:
    """What is compared: words with their punctuation, in lower case, without emphasis."""
    return tuple(found[0].lower() for found in _WORD.finditer(unmarked(text)))


class Release:
    """The texts and the code that students were given.

    Args:
        cells: of the release notebook; none where there is no release.
    """

    def __init__(self, cells: Sequence[Cell]) -> None:
        given = [b for c in cells if c.kind != "code" for b in blocks(visible(c.source), c.index)]
        self.blocks = tuple(given)
        self._texts: set[Words] = set()
        self._prefixes: dict[Words, list[Words]] = {}
        self._blanks: set[Words] = set()
        self._lines = {line for c in cells if c.kind == "code" for line in _telling(c.source)}
        for block in given:
            self.know(block.text)
            if is_answer(block.text) and 0 < len(words(block.text)) <= _LONGEST_BLANK:
                self._blanks.add(words(block.text))

    def know(self, text: str) -> None:
        """From now on this text is not the student's either."""
        known = words(text)
        if known and known not in self._texts:
            self._texts.add(known)
            if len(known) >= _SHORTEST_PREFIX:
                self._prefixes.setdefault(known[:_SHORTEST_PREFIX], []).append(known)

    def has(self, text: str) -> bool:
        """Whether exactly this text was given."""
        return words(text) in self._texts

    def begins(self, text: str) -> bool:
        """Whether the text is a given one, or a given one with something after it."""
        return self.has(text) or self._after_given(text) is not None

    def is_ancestor(self, written: Iterable[Block]) -> bool:
        """Whether a notebook was made from this release: it has half of its headings or more."""
        headings = {words(b.text) for b in self.blocks if b.kind == "heading"}
        there = {words(b.text) for b in written if b.kind == "heading"}
        return bool(headings) and len(headings & there) * 2 >= len(headings)

    def gave_code(self, source: str) -> bool:
        """Whether a code cell is the exercise's, maybe with its gaps filled in."""
        lines = _telling(source)
        return sum(line in self._lines for line in lines) * 10 >= len(lines) * 3

    def written(self, text: str) -> str:
        """The part of a text that is the student's; empty where none is."""
        for _ in range(_MAX_PREFIXES):
            if self.has(text):
                return ""
            rest = self._after_given(text)
            if rest is None:
                break
            text = rest
        if is_answer(text):
            text = self._filled(unmarked(text))
        if _PLACEHOLDER.fullmatch(text) or _FILE_IMAGE.fullmatch(text):
            return ""
        return text.strip("\n").rstrip()

    def after(self, text: str, known: Words) -> str | None:
        """What follows the known words at a text's beginning; None where they are not there."""
        start = len(text) - len(unmarked(text))
        end = start
        matches = _WORD.finditer(text, start)
        for index, word in enumerate(known):
            found = next(matches, None)
            if found is None:
                return None
            last = index == len(known) - 1
            if found[0].lower() != word and not (
                last and not word[-1].isalnum() and found[0].lower().startswith(word)
            ):
                return None
            end = found.start() + len(word)
        return text[end:].lstrip("*_`")

    def _after_given(self, text: str) -> str | None:
        start = words(text[:2000])[:_SHORTEST_PREFIX]
        candidates = sorted(self._prefixes.get(start, ()), key=len, reverse=True)
        return next((r for k in candidates if (r := self.after(text, k)) is not None), None)

    def _filled(self, text: str) -> str:
        """What was added to the blank that the release had for an answer."""
        found = list(_WORD.finditer(text))
        given = tuple(match[0].lower() for match in found)
        blanks = sorted(self._blanks, key=len, reverse=True)
        for blank in blanks:
            size = len(blank)
            at = next((i for i in range(len(given)) if given[i : i + size] == blank), None)
            if at is not None:
                return text[: found[at].start()] + text[found[at + size - 1].end() :]
            if size > _SHORTEST_PREFIX and len(given) <= _LONGEST_FILLED:
                matcher = SequenceMatcher(None, blank, given, autojunk=False)
                kept = sum(block.size for block in matcher.get_matching_blocks())
                if kept * 5 >= size * 3:
                    return " ".join(
                        text[found[j1].start() : found[j2 - 1].end()]
                        for tag, _, _, j1, j2 in matcher.get_opcodes()
                        if tag in ("insert", "replace")
                    )
        return text


def _telling(source: str) -> list[str]:
    """Lines that are long enough to recognise a cell by."""
    return [line.strip() for line in source.split("\n") if len(line.strip()) >= 8]
