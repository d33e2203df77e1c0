"""JUnit XML, for the CI of a course: each check is a test case."""

import xml.etree.ElementTree as ET
from typing import assert_never

from grader.domain.report import CheckReport, ProblemReport, ScoreReport
from grader.reports.numbers import points
from grader.reports.text import block, line


def to_junit(report: ScoreReport) -> str:
    """One suite; a check that lost points is a failure, a pending one skipped, ours an error."""
    checks = [check for problem in report.problems for check in problem.checks]
    suite = ET.Element(
        "testsuite",
        name=line(report.assignment),
        tests=str(len(checks)),
        failures=str(sum(c.status in {"partial", "failed", "not_graded"} for c in checks)),
        errors=str(sum(c.status == "check_broke" for c in checks)),
        skipped=str(sum(c.status == "pending" for c in checks)),
        time=f"{report.run.seconds:.3f}",
    )
    _properties(suite, report)
    for problem in report.problems:
        for check in problem.checks:
            _case(suite, report, problem, check)
    root = ET.Element("testsuites", name=line(report.title))
    root.append(suite)
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _properties(suite: ET.Element, report: ScoreReport) -> None:
    properties = ET.SubElement(suite, "properties")
    late = report.late
    for name, value in (
        ("submission", line(report.submission.name)),
        ("sha256", line(report.submission.sha256)),
        ("assignment_version", line(report.assignment_version)),
        ("status", report.status),
        ("earned", points(report.earned)),
        ("possible", points(report.possible)),
        ("pending", points(report.pending)),
        *(
            (("late_points", points(late.points)), ("late_percent", points(late.percent)))
            if late
            else ()
        ),
    ):
        ET.SubElement(properties, "property", name=name, value=value)


def _case(
    suite: ET.Element, report: ScoreReport, problem: ProblemReport, check: CheckReport
) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"{line(report.assignment)}.{line(problem.id)}",
        name=line(check.id),
        time="0",
    )
    said = line(check.message)
    match check.status:
        case "passed":
            return
        case "pending":
            ET.SubElement(case, "skipped", message=said)
            return
        case "check_broke":
            result = ET.SubElement(case, "error", message=said, type="check_broke")
        case "partial" | "failed" | "not_graded":
            result = ET.SubElement(case, "failure", message=said, type=line(" ".join(check.codes)))
        case _:
            assert_never(check.status)
    result.text = _told(check)


def _told(check: CheckReport) -> str:
    said = [block(check.message), f"{points(check.earned)} of {points(check.possible)} points"]
    for detail in check.details:
        if detail.kind == "comparison":
            said.append(
                f"{line(detail.label)}: expected {block(detail.expected)}, "
                f"found {block(detail.found)}"
            )
        elif detail.kind == "note":
            said.append(block(detail.text))
    return "\n".join(said)
