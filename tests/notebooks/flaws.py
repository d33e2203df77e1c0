"""Our solution with one mistake each: the problem that must lose points, and the mistake's name."""

from notebooks.edit import Edit
from notebooks.flaws_models import CNN, FC, LENET
from notebooks.solution_text import (
    CRITERION,
    FC_ANSWER,
    FUNCTION,
    LENET_ANSWER,
    LINES,
    OPTIMIZER,
    THRESHOLD,
)


def _line(problem: str, name: str, misconception: str | None, old: str, new: str) -> Edit:
    return Edit(f"{problem}_{name}", {problem: misconception}, {old: new})


def _loop(name: str, misconception: str | None, **changes: str) -> Edit:
    lines = {**LINES, "model": _TRAIN_MODE, "epochs": _EPOCHS, "eval": _EVAL_MODE, "loop": _LOOP}
    changed = {lines[key]: new for key, new in changes.items()}
    return Edit(f"train_model_{name}", {"train_model": misconception}, changed)


def _convolution(name: str, misconception: str | None, body: str) -> Edit:
    source = f"def convolution_one_dimensional(x, h):\n{body.strip(chr(10))}"
    return Edit(f"conv1d_{name}", {"conv1d": misconception}, {FUNCTION: source})


_EPOCHS = "    for ep in range(epochs):\n"
_TRAIN_MODE = "        model.train()\n"
_EVAL_MODE = "        model.eval()\n"
_LOOP = "        for it, batch in enumerate(dl_tr):\n"

TRAINING = (
    _loop("no_zero_grad", "gradients_not_zeroed", zero=""),
    _loop(
        "zeroes_before_step",
        "weights_never_change",
        step=LINES["zero"] + LINES["step"],
        zero="",
    ),
    _loop("no_step", "weights_never_change", step=""),
    _loop("no_backward", "weights_never_change", backward=""),
    _loop(
        "step_before_backward",
        "step_before_backward",
        backward=LINES["step"] + LINES["zero"] + LINES["backward"],
        step="",
        zero="",
    ),
    _loop("first_batch_only", "first_batch_only", zero=LINES["zero"] + "            break\n"),
    _loop("epochs_ignored", "epochs_ignored", epochs="    for ep in range(1):\n"),
    _loop("on_test_data", "trains_on_test_data", loop=_LOOP.replace("dl_tr", "dl_te")),
    _loop("evaluates_in_train_mode", "evaluates_in_train_mode", eval=""),
    _loop("trains_in_eval_mode", "trains_in_eval_mode", model="        model.eval()\n", eval=""),
    _loop(
        "softmax_before_the_loss",
        "softmax_before_loss",
        loss="            loss = crit(torch.softmax(logits, 1), y)\n",
    ),
    _loop("zeroes_once_per_epoch", None, zero="", eval="        opt.zero_grad()\n" + _EVAL_MODE),
    _loop("global_model", None, forward="            logits = model_fc(x)\n"),
    _line(
        "train_model",
        "global_optimizer",
        "weights_never_change",
        "crit, opt, dl_tr, dl_te, epochs):",
        "crit, optimizer, dl_tr, dl_te, epochs):",
    ),
)

OBJECTS = (
    _line(
        "optimizer",
        "adam",
        "other_optimizer",
        OPTIMIZER,
        "opt = torch.optim.Adam(model_fc.parameters(), lr=learning_rate)",
    ),
    _line(
        "optimizer",
        "small_rate",
        "other_learning_rate",
        OPTIMIZER,
        "opt = torch.optim.SGD(model_fc.parameters(), lr=0.01)",
    ),
    _line(
        "optimizer",
        "momentum",
        "momentum",
        OPTIMIZER,
        "opt = torch.optim.SGD(model_fc.parameters(), lr=learning_rate, momentum=0.9)",
    ),
    _line(
        "optimizer",
        "weight_decay",
        "weight_decay",
        OPTIMIZER,
        "opt = torch.optim.SGD(model_fc.parameters(), lr=learning_rate, weight_decay=0.01)",
    ),
    _line(
        "optimizer",
        "another_model",
        "parameters_of_another_model",
        OPTIMIZER,
        "opt = torch.optim.SGD(FC().parameters(), lr=learning_rate)",
    ),
    _line(
        "optimizer",
        "one_layer",
        "some_parameters",
        OPTIMIZER,
        "opt = torch.optim.SGD(list(model_fc.parameters())[-2:], lr=learning_rate)",
    ),
    _line("criterion", "mse", None, CRITERION, "criterion = nn.MSELoss()"),
    _line("criterion", "nll", "no_log_softmax", CRITERION, "criterion = nn.NLLLoss()"),
    _line(
        "criterion",
        "sum",
        "sum_not_mean",
        CRITERION,
        'criterion = nn.CrossEntropyLoss(reduction="sum")',
    ),
    _line(
        "criterion",
        "softmax_twice",
        "softmax_twice",
        CRITERION,
        "criterion = lambda z, y: F.cross_entropy(F.softmax(z, 1), y)",
    ),
    _line("criterion", "class_not_called", None, CRITERION, "criterion = nn.CrossEntropyLoss"),
    _line(
        "criterion",
        "smoothed",
        None,
        CRITERION,
        "criterion = nn.CrossEntropyLoss(label_smoothing=0.1)",
    ),
)

_FLIPPED = "    flipped = h[::-1]\n"
_PADDED = "    padded = add_padding_1d(x, filter_size)\n"

CONVOLUTIONS = (
    _line("conv1d", "no_flip", "kernel_not_flipped", _FLIPPED, "    flipped = h\n"),
    _convolution("full", "full_length", "    return np.convolve(x, h)"),
    _convolution("valid", "valid_length", '    return np.convolve(x, h, "valid")'),
    _convolution(
        "shifted",
        "shifted",
        """
    p = np.pad(x, len(h))
    return np.array([p[i + 1:i + 1 + len(h)] @ h[::-1] for i in range(len(x))])
""",
    ),
    _line(
        "conv1d",
        "edge_padding",
        "edge_padding",
        _PADDED,
        '    padded = np.pad(x, filter_size // 2, mode="edge")\n',
    ),
    _line(
        "conv1d",
        "wrap_padding",
        "wrap_padding",
        _PADDED,
        '    padded = np.pad(x, filter_size // 2, mode="wrap")\n',
    ),
    _line(
        "conv1d",
        "cuts_to_integers",
        None,
        "    y = np.zeros(len(x))\n",
        "    y = np.zeros(len(x), dtype=int)\n",
    ),
    _convolution(
        "answers_the_sheet",
        None,
        """
    return np.array([-2] + [0] * 5 + [-8, -8, 0, 0, 0, 9, 9] + [0] * 6 + [-4, -4, 0, 0, 0, 5])
""",
    ),
    _line("conv1d", "three_only", None, "    filter_size = len(h)\n", "    filter_size = 3\n"),
    _line("conv1d", "misses_the_last", None, "range(len(x)):\n", "range(len(x) - 1):\n"),
)

THRESHOLDS = (
    _line(
        "threshold",
        "inverted",
        "inverted",
        "result > np.mean(result), 1.0, 0.0",
        "result > np.mean(result), 0.0, 1.0",
    ),
    _line(
        "threshold",
        "half_of_maximum",
        "half_of_maximum",
        "result > np.mean(result)",
        "result > result.max() / 2",
    ),
    _line(
        "threshold",
        "absolute_value",
        "absolute_value",
        THRESHOLD,
        THRESHOLD.replace("result > np.mean(result)", "abs(result) > abs(result).mean()"),
    ),
    _line("threshold", "scaled", "scaled", "np.mean(result), 1.0, 0.0", "np.mean(result), 255, 0"),
    _line(
        "threshold",
        "first_filter",
        None,
        THRESHOLD,
        THRESHOLD.replace("    thresholded", '    if name == "filter_4":\n        thresholded'),
    ),
    _line("threshold", "keeps_the_value", None, "np.mean(result), 1.0", "np.mean(result), result"),
    _line(
        "threshold",
        "of_the_image",
        None,
        "result > np.mean(result)",
        "true_logo > np.mean(true_logo)",
    ),
)

COUNTS = (
    _line("fc_count", "no_biases", "no_biases", FC_ANSWER, "**A:** 566,528"),
    _line("fc_count", "other_model", "other_model", FC_ANSWER, "**A:** 106154"),
    _line("fc_count", "rounded", None, FC_ANSWER, "**A:** about 0.57 million"),
    _line(
        "fc_count", "formula_only", None, FC_ANSWER, "**A:** 785*512 + 513*256 + 257*128 + 129*10"
    ),
    _line("lenet_count", "no_biases", "no_biases", LENET_ANSWER, "**A:** 105918"),
    _line("lenet_count", "classic", "classic_lenet", LENET_ANSWER, "**A:** $61{,}706$"),
    _line("lenet_count", "other_model", "other_model", LENET_ANSWER, "**A:** 567 434"),
    _line("lenet_count", "left_empty", None, LENET_ANSWER, "**A:** *your answer*"),
)

FLAWS = {
    edit.name: edit
    for edit in (*TRAINING, *FC, *LENET, *CNN, *OBJECTS, *CONVOLUTIONS, *THRESHOLDS, *COUNTS)
}
