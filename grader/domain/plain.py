"""Markdown and LaTeX -> one line of plain arithmetic per statement, for `grader.domain.numbers`."""

import html
import re
import unicodedata

MAX_CHARACTERS = 40_000
"""What is read; one character may become eighteen."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_DROPPED_COMMANDS = (
    "text|textbf|textit|texttt|mathbf|mathrm|mathit|mathsf|boxed|fbox|underline|underbrace|"
    "overbrace|left|right|bigl|bigr|big|Big|displaystyle|operatorname|hline|quad|qquad|"
    "thinspace|limits"
)

_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.MULTILINE | re.IGNORECASE if flag else re.MULTILINE), replacement)
    for pattern, replacement, flag in (
        # Markdown and HTML that is not read as text.
        (r"^\s{0,9}(?:`{3,}|~{3,}).*$", "", False),
        (r"^[ \t>#]+", "", False),
        (r"<br\s{0,3}/?>", "\n", True),
        (r"</?[a-z][^<>\n]{0,200}>", "", True),
        (r"!?\[([^\[\]\n]{0,300})\]\((?:https?:|www|attachment:|#)[^()\s]{0,1000}\)", r"\1 ", True),
        (r"https?://\S+", " ", True),
        (r"`", "", False),
        # LaTeX: spaces, line breaks, operators, fractions.
        (r"\\\\(?:\[[^\]\n]{0,20}\])?", "\n", False),
        (r"\\(?:begin|end)\s?\{[^{}\n]{0,30}\}(?:\{[^{}\n]{0,30}\})?", "\n", False),
        (r"\{([,.])\}", r"\1", False),
        (r"\{(?:\\[,;: !]|[ ~])\}|\\[,;:! ]|(?<=\d)~(?=\d)", " ", False),
        (r"\\[dt]?frac\s?\{([^{}]{0,200})\}\s?\{([^{}]{0,200})\}", r"(\1)/(\2)", False),
        (r"\\(?:cdot|times|ast|star)(?![a-zA-Z])|[·⋅∙\u2217\u2a2f✕]", "×", False),
        (r"\\div(?![a-zA-Z])|÷|\u2044", "/", False),
        (r"\\(?:approx|simeq|sim|cong)(?![a-zA-Z])|[≅≃\u223c]", "≈", False),
        (
            r"\\(?:[Ll]?ong)?(?:to|[Rr]ightarrow|implies)(?![a-zA-Z])|-{1,2}>|[=:]=+|=>|[→⇒⟹⟶≡]",
            "=",
            False,
        ),
        (rf"\\(?:{_DROPPED_COMMANDS})(?![a-zA-Z])", " ", False),
        (r"(?<=[A-Za-z)}\]])_\{[^{}\n]{0,50}\}", "", False),
        (r"\^\s?\{([^{}\n]{0,50})\}", r"^\1", False),
        (r"\\([%$#&_*+\-.])", r" \1", False),
        (r"\\([A-Za-z]+)", r" \1 ", False),
        (r"[${}&\\]", " ", False),
        # Lists.
        (r"^ *(?:[-+•*]|\d{1,2}[.)])[ \t]+(?=\S)", "", False),
        # Products and powers, and emphasis, which is written with the same star.
        (r"(?<=[\d)])\*\*(?=[\d(])", "^", False),
        (r"\*\*", "", False),
        (r"(?<=[\w)\]%])(?:\*|[ \t]+\*[ \t]+)(?=[\w(\[])", "×", False),
        (r"\*", "", False),
        (r"(?<!\w)_+|_+(?!\w)", "", False),
        (r"(?<=[\d)])[ \t]*[xX][ \t]*(?=[\d(])", "×", False),
        (r"~(?=[ \t]*\d)", "≈", False),
    )
)


def plain(text: str) -> str:
    """The text without markup, its digits ASCII, its operators ``+ - × / ^ = ≈``."""
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+", lambda m: f"^{m[0].translate(_SUPERSCRIPTS)}", text)
    text = unicodedata.normalize("NFKC", html.unescape(text))[:MAX_CHARACTERS]
    text = re.sub(r"[^\S\n]", " ", text)
    text = "".join(_ascii(char) for char in text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def _ascii(char: str) -> str:
    if char in "\u2212\u2013\u2014\u2010\u2011":
        return "-"
    if char > "\x7f" and unicodedata.category(char) == "Nd":
        return str(unicodedata.digit(char))
    return char
