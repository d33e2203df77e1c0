"""What `/openapi.json` shows of each answer is an example that the answer's own model takes."""

from collections.abc import Iterator
from typing import Any

import pytest
from api_house import House

from grader.domain.base import Frozen
from grader.domain.card import Card
from grader.service.health import Health
from grader.service.problems import ProblemDetails
from grader.service.ready import Readiness
from grader.service.shapes import Listing, Me, Offered, RegradeStatus, Status

JSON = ("application/json", "application/problem+json")
MODELS: tuple[type[Frozen], ...] = (
    *(Card, Health, Listing, Me, Offered, ProblemDetails, Readiness, RegradeStatus, Status),
)


def answers(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each JSON answer: where it stands, and its content."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                for media, content in answer.get("content", {}).items():
                    if media in JSON and status != "422":
                        yield f"{method} {path} {status}", content


def shown(content: dict[str, Any], schemas: dict[str, Any]) -> object:
    schema = content.get("schema", {})
    schema = schema.get("items", schema)
    named = schemas.get(schema.get("$ref", "").rpartition("/")[2], {})
    return content.get("example") or schema.get("examples") or named.get("examples")


def test_each_json_answer_has_an_example(house: House) -> None:
    document = house.client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    found = {place: shown(content, schemas) for place, content in answers(document)}
    assert len(found) > 30
    assert [place for place, example in found.items() if not example] == []


@pytest.mark.parametrize("model", MODELS)
def test_an_example_is_one_that_the_model_takes(model: type[Frozen]) -> None:
    extra = model.model_config["json_schema_extra"]
    assert isinstance(extra, dict)
    [example] = extra["examples"]  # type: ignore[misc,union-attr]  # a list of one
    assert model.model_validate(example)
