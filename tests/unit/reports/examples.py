"""Realistic score reports, for every test that needs one."""
# ruff: noqa: E501 - rows of a table read best as one line

import math

from grader.domain.detail import (
    Comparison,
    Confusion,
    Detail,
    LayerRow,
    LayerTable,
    Note,
    Plot,
    Series,
    StudentText,
)
from grader.domain.limits import Limits
from grader.domain.report import (
    CellErrorReport,
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
    return CheckReport(
        id=id_,
        status=status,
        earned=earned,
        possible=possible,
        message=message,
        details=details,
        misconception=misconception,
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


def _fully_connected() -> tuple[ProblemReport, ...]:
    return (
        problem(
            "fc",
            "Fully connected network",
            check("model", "passed", 8, 8, "model_fc computes the network that was asked for.", layers(FC_LAYERS)),
            check("count", "passed", 2, 2, "model_fc has 567,434 parameters, as expected."),
            message="model_fc computes the network that was asked for.",
        ),
        right("fc_count", "Number of its parameters", 3, "567,434 is right.",
              Comparison(label="parameters", expected="567,434", found="567434")),
        right("criterion", "Loss function", 3, "criterion is the cross-entropy of logits."),
        right("optimizer", "Optimizer", 4, "opt is SGD with lr 0.1 over all parameters of model_fc."),
        right("train_model", "Training loop", 12,
              "train_model moves the weights as the reference does, on 7 hidden batches and 2 epochs.",
              training_plot(("FC", 0.921, 0.969), ("LeNet", 0.938, 0.979), ("CNN", 0.962, 0.986))),
        right("fc_accuracy", "Accuracy of the fully connected network", 8,
              "model_fc reaches 0.968 on the test set; 0.955 was asked for.", confusion(4)),
    )  # fmt: skip


def _convolutional() -> tuple[ProblemReport, ...]:
    return (
        right("lenet", "LeNet-5", 8, "model_lenet computes the network that was asked for.",
              layers(LENET_LAYERS)),
        right("lenet_count", "Number of its parameters", 3, "106,154 is right."),
        right("lenet_accuracy", "Accuracy of LeNet-5", 8,
              "model_lenet reaches 0.978 on the test set; 0.945 was asked for.", confusion(3)),
        right("cnn", "CNN with three convolutions", 8,
              "model_cnn computes the network that was asked for, with filters (16, 32, 64).",
              layers(CNN_LAYERS)),
        right("cnn_accuracy", "Accuracy of the CNN", 8,
              "model_cnn reaches 0.986 on the test set, more than your LeNet (0.978).", confusion(2)),
        pending("cnn_findings", "Findings on the filters", 3, "Your findings",
                "More filters help up to (32, 64, 128): 0.987 after 5 epochs.\n"
                "With (4, 8, 16) it stays at 0.974, and is a third faster."),
    )  # fmt: skip


def _convolution() -> tuple[ProblemReport, ...]:
    expected = convolve(X, (-1, 0, 1))
    return (
        right("conv1d", "Convolution in one dimension", 10,
              "Equal to the reference on 24 hidden pairs of arrays, odd and even filters.",
              convolution_plot(expected, expected)),
        pending("conv1d_by_hand", "Convolution by hand", 2, "Your calculation",
                "y[0] = 0·1 + 2·0 + 2·(-1) = -2\ny[1] = 2·1 + 2·0 + 2·(-1) = 0\ny[2] = 0"),
        pending("conv1d_meaning", "What the filter does", 2, "Your answer",
                "It reacts where the signal jumps: it detects edges."),
        pending("gaussian", "Larger σ", 2, "Your answer",
                "A larger σ spreads the weights, so the image gets blurrier."),
        right("threshold", "Thresholded result", 4,
              "thresholded_result is 1 exactly where result exceeds its mean."),
        pending("sobel", "Sobel filters", 2, "Your answer",
                "One finds horizontal edges, its transpose the vertical ones."),
    )  # fmt: skip


def full_marks() -> ScoreReport:
    """All 18 problems: 89 points earned, 11 pending."""
    return score((*_fully_connected(), *_convolutional(), *_convolution()), run())


def _lossy_problems() -> dict[str, ProblemReport]:
    expected = convolve(X, (-1, 0, 1))
    unpadded: tuple[tuple[str | None, int | None], ...] = (
        ("Conv2d(1, 6, 5×5, padding 2)", 156), LENET_LAYERS[1], LENET_LAYERS[2], LENET_LAYERS[3],
        LENET_LAYERS[4], LENET_LAYERS[5], LENET_LAYERS[6],
    )  # fmt: skip
    changed = (
        problem(
            "train_model", "Training loop",
            check("one_epoch", "failed", 0, 8,
                  "Your weights equal those of a loop that never zeroes the gradients: each step adds "
                  "the gradients of all batches before it. Call opt.zero_grad() for every batch.",
                  Comparison(label="change of the weights after 7 batches", expected="0.1934", found="1.2071"),
                  training_plot(("FC", 0.704, 0.912), ("LeNet", 0.938, 0.972)),
                  misconception="gradients_not_zeroed"),
            check("modes", "passed", 4, 4, "Trains in train mode and evaluates in eval mode."),
        ),
        problem(
            "fc_accuracy", "Accuracy of the fully connected network",
            check("fc_accuracy", "partial", 4, 8, "model_fc reaches 0.912 on the test set; 0.955 was asked for.",
                  Comparison(label="accuracy", expected="at least 0.955", found="0.912"),
                  confusion(14)),
        ),
        problem(
            "lenet", "LeNet-5",
            check("model", "failed", 0, 6,
                  "The first convolution of model_lenet has 5×5 kernels; the exercise asks for 3×3.",
                  layers(LENET_LAYERS, unpadded), misconception="five_by_five_kernels"),
            check("count", "failed", 0, 2, "model_lenet has 106,250 parameters; 106,154 were expected.",
                  Comparison(label="parameters", expected="106,154", found="106,250")),
        ),
        problem(
            "cnn_accuracy", "Accuracy of the CNN",
            check("cnn_accuracy", "not_graded", 0, 8,
                  "model_cnn was not trained: its cell was interrupted after 30 minutes.",
                  Note(text="The weights found are those of the initialisation."), reason="timed_out"),
        ),
        problem(
            "conv1d", "Convolution in one dimension",
            check("conv1d", "failed", 0, 10,
                  "Your results equal those of a sliding product without flipping the filter: this is the "
                  "cross-correlation. Convolution reads h backwards, h[::-1].",
                  Comparison(label="x = [1, 2, 3], h = [0, 1, 2]", expected="[1.0, 4.0, 7.0]", found="[5.0, 8.0, 3.0]"),
                  convolution_plot((*convolve(X, (1, 0, -1))[:-1], None), expected),
                  Note(text="The last value of your result is not a number."),
                  misconception="kernel_not_flipped"),
        ),
    )  # fmt: skip
    return {p.id: p for p in changed}


def with_losses() -> ScoreReport:
    """Points lost in five problems; two cells failed and one hit its limit."""
    traceback = (
        "---------------------------------------------------------------------------\n"
        "TypeError                                 Traceback (most recent call last)\n"
        "Cell In[14], line 4\n"
        "      1 plt.figure(figsize=(6, 3))\n"
        "      2 plt.subplot(1, 2, 1)\n"
        "----> 4 plt.stem(x, colour='red')\n\n"
        "TypeError: stem() got an unexpected keyword argument 'colour'"
    )
    failures = {
        34: CellReport(index=34, status="error", seconds=0.1, error=CellErrorReport(
            name="TypeError", message="stem() got an unexpected keyword argument 'colour'", traceback=traceback)),
        32: CellReport(index=32, status="timed_out", seconds=1800.3, error=CellErrorReport(
            name="KeyboardInterrupt", message="", traceback="KeyboardInterrupt")),
    }  # fmt: skip
    changed = _lossy_problems()
    base = full_marks()
    return score(
        tuple(changed.get(p.id, p) for p in base.problems),
        run(
            tuple(failures.get(cell.index, cell) for cell in base.run.cells),
            seconds=2143.0,
            warnings=("the number of processes is limited by rlimits only",),
        ),
        name="exercise09_babbage.ipynb",
        flags=(
            Flag(code="shortcut_call", message="convolution_one_dimensional calls np.correlate."),
            Flag(code="outputs_dropped", message="Saved outputs of 62 MB were dropped."),
        ),
    )


def our_fault() -> ScoreReport:
    """One of our checks broke: the report is not final."""
    broken = problem(
        "lenet_accuracy",
        "Accuracy of LeNet-5",
        check(
            "lenet_accuracy",
            "check_broke",
            0,
            8,
            "The test set could not be read: t10k-images is cut off.",
        ),
    )
    base = full_marks()
    return score(tuple(broken if p.id == broken.id else p for p in base.problems), base.run)


def never_ran() -> ScoreReport:
    """The first cell killed the kernel: nothing could be asked."""
    message = "The kernel ended in cell 3, before this was defined."
    problems = tuple(
        problem(
            p.id, p.title, check(p.id, "not_graded", 0, p.possible, message, reason="kernel_died")
        )
        for p in full_marks().problems
    )
    cells = tuple(
        CellReport(index=i, status="killed" if i == 3 else "not_run", seconds=0) for i in CODE_CELLS
    )
    how = run(
        cells,
        stopped="kernel_died",
        stopped_message="the kernel ended in cell 3 (os._exit)",
        seconds=4.1,
    )
    return score(problems, how, name="exercise09_empty.ipynb")


EXAMPLES = {
    "full_marks": full_marks,
    "with_losses": with_losses,
    "our_fault": our_fault,
    "never_ran": never_ran,
}
