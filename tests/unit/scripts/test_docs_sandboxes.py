"""The page on sandboxes tells every setting, backend and known difference."""

from pathlib import Path

import pytest
from gvisor_differences import DIFFERENCES

from grader.sandbox.backends import NAMES

PAGE = (Path(__file__).parents[3] / "docs" / "sandboxes.md").read_text()


@pytest.mark.parametrize("name", sorted(DIFFERENCES))
def test_a_known_difference_of_gvisor_is_told_with_its_reason(name: str) -> None:
    assert f"| `{name}` | {DIFFERENCES[name].reason} |" in PAGE


@pytest.mark.parametrize("name", [*NAMES, "GRADER_OCI_RUNTIME", "GRADER_IMAGE", "GRADER_WAITING"])
def test_what_can_be_chosen_is_on_the_page(name: str) -> None:
    assert f"`{name}`" in PAGE
