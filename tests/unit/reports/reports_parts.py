"""What the examples of reports are put together from."""
# ruff: noqa: E501 - rows of a table read best as one line

import math

from grader.domain.codes import DIFFERS
from grader.domain.detail import (
    Confusion,
    Detail,
    LayerRow,
    LayerTable,
    Plot,
    Series,
    StudentText,
)
from grader.domain.limits import Limits
from grader.domain.report import (
    CellReport,
    CheckReport,
    CheckStatus,
    ProblemReport,
    RunReport,
    ScoreReport,
    SubmissionLine,
)
from grader.domain.submission import Flag

CODE_CELLS = (3, 4, 5, 8, 11, 15, 18, 20, 22, 25, 28, 31, 32, 34, 35, 38, 41, 43, 46, 48)

FC_LAYERS = (
    ("Linear(784, 512)", 401_920),
    ("Linear(512, 256)", 131_328),
    ("Linear(256, 128)", 32_896),
    ("Linear(128, 10)", 1_290),
)
LENET_LAYERS = (
    ("Conv2d(1, 6, 3×3, padding 1)", 60),
    ("MaxPool2d(2)", 0),
    ("Conv2d(6, 16, 3×3, padding 1)", 880),
    ("MaxPool2d(2)", 0),
    ("Linear(784, 120)", 94_200),
    ("Linear(120, 84)", 10_164),
    ("Linear(84, 10)", 850),
)
CNN_LAYERS = (
    ("Conv2d(1, 16, 3×3, padding 1)", 160),
    ("MaxPool2d(2)", 0),
    ("Conv2d(16, 32, 3×3, padding 1)", 4_640),
    ("MaxPool2d(2)", 0),
    ("Conv2d(32, 64, 3×3, padding 1)", 18_496),
    ("MaxPool2d(2)", 0),
    ("Linear(576, 128)", 73_856),
    ("Linear(128, 10)", 1_290),
)
X = (2, 2, 2, 2, 2, 2, 2, 10, 10, 10, 10, 10, 1, 1, 1, 1, 1, 1, 1, 1, 5, 5, 5, 5, 5)


def check(
    id_: str,
    status: CheckStatus,
    earned: float,
    possible: float,
    message: str,
    *details: Detail,
    misconception: str | None = None,
    reason: str | None = None,
) -> CheckReport:
    """One check, its details last."""
    lost = status in {"partial", "failed"}
    return CheckReport(
        id=id_,
        status=status,
        earned=earned,
        possible=possible,
        message=message,
        details=details,
        misconception=misconception,
        codes=tuple((misconception or reason or (DIFFERS if lost else status)).split("+")),
        reason=reason,
    )


def problem(id_: str, title: str, *checks: CheckReport, message: str = "") -> ProblemReport:
    """Checks added up as the scoring does it."""
    order: tuple[CheckStatus, ...] = (
        "check_broke", "pending", "not_graded", "failed", "partial", "passed",
    )  # fmt: skip
    status = min((c.status for c in checks), key=order.index)
    if status in {"not_graded", "failed"} and any(c.earned for c in checks):
        status = "partial"
    worst = min(checks, key=lambda c: order.index(c.status))
    return ProblemReport(
        id=id_,
        title=title,
        earned=sum(c.earned for c in checks),
        possible=sum(c.possible for c in checks),
        pending=sum(c.possible for c in checks if c.status == "pending"),
        status=status,
        message=message or worst.message,
        checks=checks,
    )


def right(id_: str, title: str, points: float, message: str, *details: Detail) -> ProblemReport:
    """A problem with one check that passed."""
    return problem(id_, title, check(id_, "passed", points, points, message, *details))


def pending(id_: str, title: str, points: float, question: str, text: str) -> ProblemReport:
    """A question that a person grades."""
    message = "A person reads this answer and gives the points."
    answer = StudentText(label=question, text=text)
    return problem(id_, title, check(id_, "pending", 0, points, message, answer))


def layers(
    reference: tuple[tuple[str, int], ...], student: tuple[tuple[str | None, int | None], ...] = ()
) -> LayerTable:
    """The student's layers beside the reference's; the same ones where none are given."""
    seen = student or reference
    return LayerTable(
        rows=tuple(
            LayerRow(
                student=a[0],
                student_parameters=a[1],
                reference=b[0],
                reference_parameters=b[1],
                matches=a == b,
            )
            for a, b in zip(seen, reference, strict=True)
        ),
        student_total=sum(n or 0 for _, n in seen),
        reference_total=sum(n for _, n in reference),
    )


def convolve(x: tuple[int, ...], h: tuple[int, ...]) -> tuple[float, ...]:
    """Same-size convolution with three taps and zero padding."""
    padded = (0, *x, 0)
    return tuple(float(sum(padded[i + j] * h[2 - j] for j in range(3))) for i in range(len(x)))


def convolution_plot(yours: tuple[float | None, ...], expected: tuple[float, ...]) -> Plot:
    """The student's convolution over the reference's."""
    at = tuple(float(i) for i in range(len(expected)))
    return Plot(
        title="Convolution of the exercise's x and h",
        x_label="index i",
        y_label="y[i]",
        series=(
            Series(label="yours", style="stem", x=at, y=yours),
            Series(label="reference", style="stem", x=at, y=expected),
        ),
    )


def training_plot(*curves: tuple[str, float, float]) -> Plot:
    """Test accuracy per epoch, as printed: name, first epoch, last epoch."""
    epochs = tuple(float(e) for e in range(1, 6))
    return Plot(
        title="Test accuracy while training, as printed by the notebook",
        x_label="epoch",
        y_label="accuracy",
        series=tuple(
            Series(
                label=name,
                x=epochs,
                y=tuple(round(b - (b - a) * math.exp(-0.9 * (e - 1)), 4) for e in epochs),
            )
            for name, a, b in curves
        ),
    )


def confusion(errors: int) -> Confusion:
    """A plausible matrix over the MNIST test set: `errors` scales what is taken for another."""
    per_class = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    likely = {(4, 9): 9, (9, 4): 7, (7, 2): 6, (3, 5): 6, (5, 3): 5, (8, 3): 4, (7, 9): 5, (2, 7): 4,
              (6, 0): 3, (8, 9): 3, (1, 7): 2, (9, 7): 3, (5, 6): 2, (0, 6): 1, (8, 2): 2}  # fmt: skip
    rows = []
    for true, total in enumerate(per_class):
        row = [likely.get((true, predicted), 0) * errors for predicted in range(10)]
        row[true] = total - sum(row)
        rows.append(tuple(row))
    return Confusion(
        title="What the model takes each digit for (10,000 test images)", counts=tuple(rows)
    )


def run(
    cells: tuple[CellReport, ...] | None = None,
    *,
    stopped: str = "finished",
    stopped_message: str = "",
    seconds: float = 187.4,
    warnings: tuple[str, ...] = (),
) -> RunReport:
    """A run in bubblewrap; all cells well unless told."""
    well = tuple(CellReport(index=i, status="ok", seconds=0.2 + i % 3) for i in CODE_CELLS)
    return RunReport(
        sandbox="bubblewrap",
        seconds=seconds,
        cpu_seconds=1.9 * seconds,
        peak_memory_bytes=1_312_817_152,
        limits=Limits(threads=2),
        stopped=stopped,
        stopped_message=stopped_message,
        protections=("network_namespace", "seccomp", "cgroup_v1_memory", "cgroup_v1_pids"),
        warnings=warnings,
        python="3.11.2",
        libraries={"torch": "2.14.1", "torchvision": "0.29.1", "numpy": "2.3.4"},
        device="cpu",
        threads=2,
        cells=well if cells is None else cells,
    )


def score(
    problems: tuple[ProblemReport, ...],
    how: RunReport,
    *,
    name: str = "exercise09_lovelace.ipynb",
    flags: tuple[Flag, ...] = (),
) -> ScoreReport:
    """The points added up."""
    broke = any(c.status == "check_broke" for p in problems for c in p.checks)
    return ScoreReport(
        assignment="cnn",
        assignment_version="1",
        title="Exercise 09: Convolutional neural networks",
        submission=SubmissionLine(
            name=name, sha256="9f2c41d07ab3e6588d1f0c9be2a7734516d8e09f5bc3a2471e6d90f8c5b7a3e1"
        ),
        status="not_graded" if broke else "graded",
        earned=sum(p.earned for p in problems),
        possible=sum(p.possible for p in problems),
        pending=sum(p.pending for p in problems),
        problems=problems,
        run=how,
        flags=flags,
    )
