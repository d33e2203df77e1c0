"""The page of codes, as docs/codes.md keeps it.

After a mistake was added or worded anew, write it again::

    .venv/bin/python tests/unit/reference/reference_codes.py
"""

from pathlib import Path

from grader import reports, scoring

PAGE = Path(__file__).parents[3] / "docs" / "codes.md"


def page() -> str:
    assignment = scoring.load("cnn")
    return reports.to_codes_page(scoring.catalogue(assignment), assignment.title)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
