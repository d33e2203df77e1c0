"""Realistic score reports, for every test that needs one."""
# ruff: noqa: E501 - rows of a table read best as one line

from datetime import UTC, datetime, timedelta

from reports_parts import (
    CNN_LAYERS,
    CODE_CELLS,
    FC_LAYERS,
    LENET_LAYERS,
    X,
    check,
    confusion,
    convolution_plot,
    convolve,
    layers,
    pending,
    problem,
    right,
    run,
    score,
    training_plot,
)

from grader.domain.detail import Comparison, Note
from grader.domain.late import LatePolicy
from grader.domain.report import CellErrorReport, CellReport, ProblemReport, ScoreReport
from grader.domain.submission import Flag
from grader.scoring.late import apply


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


def late() -> ScoreReport:
    """As with losses, but a day and an hour late: a fifth of every point is taken off."""
    due = datetime(2026, 11, 20, 22, 59, 59, tzinfo=UTC)
    policy = LatePolicy(grace_seconds=600, percent=10, most=50)
    return apply(with_losses(), policy.lateness(due, due + timedelta(hours=25)))


EXAMPLES = {
    "full_marks": full_marks,
    "with_losses": with_losses,
    "late": late,
    "our_fault": our_fault,
    "never_ran": never_ran,
}
