"""The report for programs: JSON, and the JSON Schema that it keeps to."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from grader.domain.report import ScoreReport

_SURROGATE = re.compile(r"[\ud800-\udfff]")


def to_json(report: ScoreReport, indent: int | None = 2) -> str:
    """The whole report as JSON, the same bytes for the same report; one line without an indent.

    Text stays as it is, except that lone surrogates become U+FFFD (strict parsers refuse them).
    Only ASCII is written, so that no character of a student's acts on a terminal that shows the
    file or depends on an encoding; the second ``#`` of two is escaped (see `written`).

    Raises:
        ValueError: a number is NaN or infinite, which no validated report holds.
    """
    return written(report.model_dump(mode="python"), indent)


def written(data: Any, indent: int | None) -> str:
    """Plain data as JSON: ASCII, no lone surrogate, nothing that a system of CI obeys in a log.

    Some obey ``##vso[...]`` anywhere in a line. In JSON ``##`` stands only in texts.
    """
    text = json.dumps(_encodable(data), indent=indent, allow_nan=False)
    return text.replace("##", "#\\u0023") + "\n"


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of what `to_json` writes; published as docs/report.schema.json."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:notebook-grader:score-report:1",
        **ScoreReport.model_json_schema(mode="serialization"),
    }


def _encodable(value: Any) -> Any:
    """The value with U+FFFD for each lone surrogate of its texts, and moments in ISO 8601, UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, str):
        return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encodable(item) for item in value]
    return value
