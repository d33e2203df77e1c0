import csv
import io

from reports_examples import full_marks, never_ran, our_fault, with_losses
from reports_golden import CATALOGUE, rows, terminal

from grader.domain.report import ScoreReport
from grader.reports import GradeRow, print_class, to_csv


def shown(*reports: ScoreReport) -> str:
    made = [GradeRow(name=f"{n}", report=report, error="") for n, report in enumerate(reports)]
    return terminal(lambda console: print_class(made, CATALOGUE, console), 100)


def summed(*reports: ScoreReport) -> dict[str, str]:
    """Each line by its first words; of equal ones the first."""
    lines = [line for line in shown(*reports).splitlines() if line]
    return {line.split("  ")[0].strip(): line for line in reversed(lines)}


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
    text = shown(changed, report, full_marks())
    assert "\n  LeNet-5\n    2 of 3: five by five kernels\n" in text


def test_a_mistake_is_told_as_the_catalogue_has_it() -> None:
    text = shown(with_losses(), full_marks(), with_losses(), never_ran())
    told = text[text.index("Convolution in one dimension", text.index("Mistakes")) :]
    assert told.splitlines()[1:3] == [
        "    2 of 4 forgot to flip the kernel",
        "    1 of 4 ended Python before it was reached",
    ]


def test_a_class_that_made_no_mistake_gets_no_list_of_them() -> None:
    assert "Mistakes" not in shown(full_marks())


def test_of_many_mistakes_in_a_problem_the_rarest_are_only_counted() -> None:
    report = with_losses()
    train = next(problem for problem in report.problems if problem.id == "train_model")
    check = train.checks[0].model_copy(update={"codes": tuple(f"mistake_{n}" for n in range(11))})
    changed = report.model_copy(
        update={"problems": (train.model_copy(update={"checks": (check,)}),)}
    )
    assert shown(changed).endswith("    1 of 1: mistake 6\n    and 3 more\n")


def test_a_class_without_reports_says_so() -> None:
    assert shown() == "No report to sum up.\n"


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


def test_mistakes_that_one_check_shows_together_are_listed_one_by_one() -> None:
    report = with_losses()
    train = next(problem for problem in report.problems if problem.id == "train_model")
    shows = {"misconception": "no_bias+tanh", "codes": ("no_bias", "tanh")}
    both = train.model_copy(update={"checks": (train.checks[0].model_copy(update=shows),)})
    row = GradeRow(name="ada", report=report.model_copy(update={"problems": (both,)}), error="")
    (found,) = table(to_csv([row]))
    assert found["misconceptions"] == "train_model:no_bias train_model:tanh"


def test_a_name_that_begins_as_a_formula_gets_an_apostrophe() -> None:
    row = GradeRow(name="=HYPERLINK(1)", report=None, error="")
    assert table(to_csv([row]))[0]["name"] == "'=HYPERLINK(1)"
