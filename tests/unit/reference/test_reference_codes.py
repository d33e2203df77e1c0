"""The codes of the course's reports: all of them have a meaning, on the page as well."""

import pytest
from reference_codes import PAGE, page

from grader import scoring
from grader.domain.codes import Code
from grader.domain.variant import Variant
from reference.cnn.assignment import assignment
from reference.cnn.variants import FLAWS

CODES = scoring.catalogue(assignment).codes


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.name)
def test_what_a_variant_must_be_named_is_in_the_catalogue(flaw: Variant) -> None:
    for problem, named in flaw.concerns.items():
        for code in named.split("+") if named else ():
            assert any(c.id == code and problem in c.problems for c in CODES), (problem, code)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.id)
def test_every_code_of_the_course_completes_the_sentence_of_a_class_report(code: Code) -> None:
    assert code.brief, f"{code.id} has no brief"
    assert code.brief[0].islower() or code.brief.startswith("ReLU")
    assert not code.brief.endswith(".")
    assert len(code.brief) <= 70


def test_the_published_page_of_codes_is_the_one_of_the_assignment() -> None:
    assert PAGE.read_text() == page()
