"""Puts text that wants to do harm into every string of a report."""
# ruff: noqa: E501 - an attack stands in one line

from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel

from grader.domain.report import ProblemReport

ATTACKS = {
    "script": "<script>alert(1)</script>",
    "style": "</style></title><style>body{display:none}</style>",
    "svg": "<svg onload=alert(1)><img src=x onerror=alert(1)>",
    "attribute": "\" onmouseover='alert(1)' x=\"",
    "link": "[click](javascript:alert(1)) <javascript:alert(1)> https://evil.example/ www.evil.example",
    "image": "![x](https://evil.example/x.png) <a href=//evil.example>x</a>",
    "ansi": "\x1b[31mred\x1b[2J\x1b]0;title\x07\x1b]8;;https://evil.example\x1b\\x\x9b1A\r\b\x07",
    "bidi": "a\u202egnp.exe\u202c\u2066b\u2069\u200f\u061c",
    "cdata": "]]> --> <![CDATA[ <!-- &amp; &#x3C;b&#x3E; &lt;",
    "table": "| a | b |\n| --- | --- |\n| c | d |\n\n# heading\n\n- list\n\n> quote\n\n    code",
    "fence": "```\n~~~\n`````\n`code` ``more``\n---\n===",
    "mention": "@everyone @here/x #1 GH-2 org/repo#3 mail@evil.example",
    "markup": "[bold red]x[/] [link=https://evil.example]y[/link] :smile: [@click=app.bell]z",
    "formula": "=cmd|'/C calc'!A0;=1+1,@SUM(1)\t-2",
    "plus": "+1", "minus": "-1+1", "at": "@SUM(A1)", "tab": "\t=1", "return": "\r=1", "wide": "\uff1d1",
    "jinja": "{{ 7*7 }}{% raw %}{# x #}",
    "invalid": "\x00\x0b\ud800 \udfff\ufffe\uffff\ufdd0\x7f\x85\u2028\ue000",
    "zalgo": "z" + "\u0301" * 500,
    "empty": "",
    "blank": " \n\t ",
    "long": "x" * 100_000,
    "long_words": "<b>&| `@a` " * 9_000,
}  # fmt: skip

Model = TypeVar("Model", bound=BaseModel)


def attacked(value: Model, text: str) -> Model:
    """A copy in which every string but those of closed sets is `text`, Nones as well."""
    changed = {
        name: _attacked(getattr(value, name), field.annotation, text)
        for name, field in type(value).model_fields.items()
    }
    if isinstance(value, ProblemReport):  # told twice where it equals the message of a check
        changed["message"] = f"{text}!"
    return value.model_copy(update=changed)


def texts(value: Any) -> list[str]:
    """All strings of plain data, keys left out."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in texts(item)]
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in texts(item)]
    return [value] if isinstance(value, str) else []


def _attacked(value: Any, annotation: Any, text: str) -> Any:
    if isinstance(value, BaseModel):
        return attacked(value, text)
    if isinstance(value, dict):
        return {_attacked(key, None, text): _attacked(v, None, text) for key, v in value.items()}
    if isinstance(value, tuple):
        return tuple(_attacked(item, None, text) for item in value)
    if isinstance(value, NoneType) and str in get_args(annotation):
        return text
    closed = get_origin(annotation) is Literal
    return text if isinstance(value, str) and not closed else value
