import json
import subprocess
import sys

import jsonschema
import pytest
from reports_examples import EXAMPLES, full_marks
from reports_golden import GOLDEN, SCHEMA, files, schema

from grader import reports
from grader.domain.report import ScoreReport

FILES = files()


@pytest.mark.parametrize("name", FILES)
def test_a_format_is_as_its_golden_file_keeps_it(name: str) -> None:
    assert FILES[name].encode() == (GOLDEN / name).read_bytes()


def test_every_golden_file_belongs_to_an_example() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == set(FILES)


def test_the_published_schema_is_the_one_of_the_code() -> None:
    assert SCHEMA.read_text() == schema()


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(reports.schema())


@pytest.mark.parametrize("name", EXAMPLES)
def test_reports_keep_to_the_schema(name: str) -> None:
    data = json.loads(reports.render(EXAMPLES[name](), "json"))
    jsonschema.Draft202012Validator(reports.schema()).validate(data)


def test_the_schema_refuses_a_field_that_is_not_declared() -> None:
    data = json.loads(reports.render(full_marks(), "json")) | {"more": 1}
    assert not jsonschema.Draft202012Validator(reports.schema()).is_valid(data)


@pytest.mark.parametrize("name", EXAMPLES)
def test_json_holds_the_whole_report(name: str) -> None:
    report = EXAMPLES[name]()
    assert ScoreReport.model_validate_json(reports.render(report, "json")) == report


def test_an_unknown_form_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match="found 'pdf', expected one of json, html"):
        reports.render(full_marks(), "pdf")


def test_importing_the_renderers_loads_neither_jinja_nor_torch() -> None:
    code = "import sys, grader.reports; print({'jinja2', 'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in {"set()", "{'numpy'}"}
