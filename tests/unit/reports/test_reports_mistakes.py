"""Mistakes of a class, counted and named."""

import csv
import io
import json
from collections import Counter

import pytest
from reports_examples import full_marks, our_fault, with_losses
from reports_golden import CATALOGUE, rows

from grader.domain.report import CheckReport, ScoreReport
from grader.reports import GradeRow, to_class_json, to_mistakes_csv
from grader.reports.mistakes import mistakes, tallies


def changed(report: ScoreReport, problem: str, **fields: object) -> ScoreReport:
    """The report with fields of the problem's first check changed."""

    def first(check: CheckReport) -> CheckReport:
        return check.model_copy(update=fields)

    problems = tuple(
        p.model_copy(update={"checks": (first(p.checks[0]), *p.checks[1:])})
        if p.id == problem
        else p
        for p in report.problems
    )
    return report.model_copy(update={"problems": problems})


def row(report: ScoreReport, name: str = "ada") -> GradeRow:
    return GradeRow(name=name, report=report, error="")


def table(made: list[GradeRow]) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_mistakes_csv(made, CATALOGUE))))


def test_two_mistakes_of_one_check_are_two_lines_that_share_its_points() -> None:
    report = changed(with_losses(), "conv1d", codes=("average_pooling", "no_bias"), possible=5.01)
    found = [line for line in table([row(report)]) if line["problem"] == "conv1d"]
    assert [(line["code"], line["points_lost"]) for line in found] == [
        ("average_pooling", "2.51"),
        ("no_bias", "2.5"),
    ]


def test_the_points_lost_add_up_to_those_of_the_report() -> None:
    report = with_losses()
    lost = sum(float(line["points_lost"]) for line in table([row(report)]))
    assert lost == pytest.approx(report.possible - report.earned - report.pending)


def test_what_was_not_reached_is_counted_by_its_reason() -> None:
    report = with_losses()
    found = {line["problem"]: line["code"] for line in table([row(report)])}
    assert found["cnn_accuracy"] == "timed_out"
    assert found["fc_accuracy"] == "differs"


def test_where_a_check_of_ours_broke_no_points_are_called_lost() -> None:
    (found,) = table([row(our_fault())])
    assert (found["code"], found["points_lost"]) == ("check_broke", "")


def test_right_answers_and_those_that_a_person_grades_are_no_mistakes() -> None:
    assert list(mistakes([row(full_marks())])) == []


def test_a_mistake_that_costs_nothing_is_counted() -> None:
    report = changed(full_marks(), "train_model", codes=("evaluates_with_gradients",))
    assert [m.lost for m in mistakes([row(report)])] == [0]


def test_the_most_frequent_mistake_of_a_problem_comes_first() -> None:
    other = changed(with_losses(), "conv1d", codes=("full_length",))
    made = [row(other, "ada"), row(with_losses(), "bob"), row(with_losses(), "eve")]
    found = [tally for tally in tallies(made, CATALOGUE) if tally.problem == "conv1d"]
    assert [(t.sentence, t.submissions) for t in found] == [
        ("2 of 3 forgot to flip the kernel", ("bob", "eve")),
        ("1 of 3: full length", ("ada",)),
    ]


def test_problems_keep_the_order_of_the_assignment() -> None:
    order = [problem.id for problem in full_marks().problems]
    found = [tally.problem for tally in tallies(rows(), CATALOGUE)]
    assert found == sorted(found, key=order.index)


def test_a_problem_that_a_report_lacks_is_not_counted_in_it() -> None:
    shorter = full_marks().model_copy(update={"problems": full_marks().problems[:3]})
    found = tallies([row(shorter, "ada"), row(with_losses(), "bob")], CATALOGUE)
    assert {tally.of for tally in found} == {1}


def test_json_counts_what_the_csv_lists() -> None:
    data = json.loads(to_class_json(rows(), CATALOGUE))
    assert (data["notebooks"], data["reports"]) == (6, 5)
    listed = {(line["problem"], line["code"], line["submission"]) for line in table(rows())}
    counted = Counter((problem, code) for problem, code, _ in listed)
    assert {(m["problem"], m["code"]): m["count"] for m in data["mistakes"]} == counted
    for mistake in data["mistakes"]:
        assert len(mistake["submissions"]) == mistake["count"]
