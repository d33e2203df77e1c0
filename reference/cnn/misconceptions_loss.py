"""Named mistakes in the loss."""

from torch.nn import functional

from grader.checks.misconception import Misconception

IN_LOSS = (
    Misconception(
        id="sum_not_mean",
        sentence="It adds the losses of a batch up, so that steps depend on the batch's size.",
        brief="added the losses of a batch up",
        share=0.5,
        build=lambda logits, labels: functional.cross_entropy(logits, labels, reduction="sum"),
    ),
    Misconception(
        id="no_log_softmax",
        sentence="It expects the logarithms of probabilities, and the model gives logits.",
        brief="took a loss that expects logarithms of probabilities",
        share=0.25,
        build=functional.nll_loss,
    ),
    Misconception(
        id="softmax_twice",
        sentence="A softmax is applied before a loss that applies its own.",
        brief="applied a softmax before the loss",
        share=0.5,
        build=lambda logits, labels: functional.cross_entropy(logits.softmax(1), labels),
    ),
    Misconception(
        id="smoothed_labels",
        sentence="It smooths the labels: part of each goes to the other classes.",
        brief="smoothed the labels",
        share=0.5,
        build=lambda logits, labels: functional.cross_entropy(logits, labels, label_smoothing=0.1),
    ),
    Misconception(
        id="mean_squared_error",
        sentence="It is the squared error, which compares numbers; labels are classes, and one "
        "number for each image does not fit ten logits.",
        brief="took the squared error as the loss",
        share=0,
        build=lambda logits, labels: ((logits - labels) ** 2).mean(),
    ),
)
