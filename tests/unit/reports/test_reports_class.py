import csv
import io

from reports_examples import full_marks, never_ran, our_fault, with_losses
from reports_golden import rows, terminal

from grader.domain.report import ScoreReport
from grader.reports import GradeRow, print_class, to_csv


def summed(*reports: ScoreReport) -> dict[str, str]:
    """Each line by its first words."""
    text = terminal(lambda console: print_class(reports, console), 100)
    return {line.split("  ")[0].strip(): line for line in text.splitlines() if line}


def test_a_problem_shows_its_mean_and_how_many_have_all_or_nothing() -> None:
    row = summed(full_marks(), with_losses(), never_ran())["Training loop"]
    assert row.split()[-5:] == ["44", "%", "1", "1", "-"]


def test_points_that_wait_for_a_person_are_no_zeros() -> None:
    row = summed(full_marks(), with_losses())["Sobel filters"]
    assert row.split()[-4:] == ["-", "0", "0", "2"]


def test_a_check_that_broke_counts_for_nobody() -> None:
    lines = summed(full_marks(), our_fault())
    assert lines["Accuracy of LeNet-5"].split()[-5:] == ["100", "%", "1", "0", "-"]
    assert lines["Scores of 1: mean 89, median 89, lowest 89, highest 89, of 100"]
    assert lines["Not final, since a check of ours broke: 1"]


def test_a_misconception_is_counted_once_a_notebook() -> None:
    report = with_losses()
    lenet = next(problem for problem in report.problems if problem.id == "lenet")
    twice = lenet.model_copy(update={"checks": (lenet.checks[0], lenet.checks[0])})
    changed = report.model_copy(update={"problems": (twice,)})
    text = terminal(lambda console: print_class([changed, report, full_marks()], console), 100)
    assert "LeNet-5: five by five kernels (2)" in text


def test_a_class_without_reports_says_so() -> None:
    assert terminal(lambda c: print_class([], c), 80) == "No report to sum up.\n"


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_cell_is_empty_where_points_are_not_decided() -> None:
    found = {row["name"]: row for row in table(to_csv(rows()))}
    assert found["full_marks"]["sobel"] == ""
    assert found["our_fault"]["lenet_accuracy"] == ""
    assert found["with_losses"]["conv1d"] == "0"
    assert found["broken"]["earned"] == found["broken"]["fc"] == ""


def test_an_error_is_told_only_where_there_is_no_report() -> None:
    found = {row["name"]: row for row in table(to_csv(rows()))}
    assert found["full_marks"]["error"] == ""
    assert found["broken"]["error"] == "not_json: line 1 is no JSON"
    assert found["broken"]["status"] == "no_report"


def test_codes_of_flags_and_misconceptions_stand_in_one_cell() -> None:
    found = {row["name"]: row for row in table(to_csv(rows()))}["with_losses"]
    assert found["flags"] == "shortcut_call outputs_dropped"
    assert found["misconceptions"].split()[-1] == "conv1d:kernel_not_flipped"


def test_a_name_that_begins_as_a_formula_gets_an_apostrophe() -> None:
    row = GradeRow(name="=HYPERLINK(1)", report=None, error="")
    assert table(to_csv([row]))[0]["name"] == "'=HYPERLINK(1)"
