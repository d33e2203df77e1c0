"""Our training loop with one mistake each."""

from grader.domain.variant import Variant
from reference.cnn.variants.making import flaw
from reference.cnn.variants.solution_text import LINES

_EPOCHS = "    for ep in range(epochs):\n"
_TRAIN_MODE = "        model.train()\n"
_EVAL_MODE = "        model.eval()\n"
_LOOP = "        for it, batch in enumerate(dl_tr):\n"


def _loop(name: str, misconception: str | None, **changes: str) -> Variant:
    lines = {**LINES, "model": _TRAIN_MODE, "epochs": _EPOCHS, "eval": _EVAL_MODE, "loop": _LOOP}
    changed = {lines[key]: new for key, new in changes.items()}
    return flaw("train_model", name, misconception, changed)


def _line(problem: str, name: str, misconception: str | None, old: str, new: str) -> Variant:
    return flaw(problem, name, misconception, {old: new})


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
