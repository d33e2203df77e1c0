"""Our training loop with one mistake each."""

from grader.domain.variant import Variant
from reference.cnn.variants.making import flaw
from reference.cnn.variants.solution_text import LINES


def _loop(name: str, misconception: str | None, **changes: str) -> Variant:
    changed = {LINES[key]: new for key, new in changes.items()}
    return flaw("train_model", name, misconception, changed)


def _line(problem: str, name: str, misconception: str | None, old: str, new: str) -> Variant:
    return flaw(problem, name, misconception, {old: new})


TRAINING = (
    _loop("no_zero_grad", "gradients_not_zeroed", zero=""),
    _loop(
        "zeroes_before_step",
        "zeroed_before_step",
        step=LINES["zero"] + LINES["step"],
        zero="",
    ),
    _loop("no_step", "no_step", step=""),
    _loop("no_backward", "no_backward", backward=""),
    _loop(
        "steps_before_backward_after_zeroing",
        "step_before_backward",
        forward=LINES["zero"] + LINES["forward"],
        backward=LINES["step"] + LINES["backward"],
        step="",
        zero="",
    ),
    _loop(
        "steps_after_the_batches",
        "last_batch_only",
        backward="",
        step="",
        zero="",
        eval="".join(LINES[name][4:] for name in ("backward", "step", "zero")) + LINES["eval"],
    ),
    _loop(
        "train_mode_set_once",
        "train_mode_set_once",
        epochs="    model.train()\n" + LINES["epochs"],
        model="",
    ),
    _loop(
        "own_optimizer",
        "own_optimizer",
        epochs="    opt = torch.optim.SGD(model.parameters(), lr=learning_rate)\n"
        + LINES["epochs"],
    ),
    _loop(
        "optimizer_recreated",
        "optimizer_recreated",
        epochs=LINES["epochs"]
        + "        opt = torch.optim.SGD(model.parameters(), lr=opt.defaults['lr'],\n"
        + "                              momentum=opt.defaults['momentum'])\n",
    ),
    _loop(
        "no_zero_grad_in_train_mode",
        "evaluates_in_train_mode+gradients_not_zeroed",
        zero="",
        eval="",
    ),
    _loop("global_loader", "global_loader", loop=LINES["loop"].replace("dl_tr", "dl_fc_tr")),
    _loop(
        "step_before_backward",
        "step_before_backward",
        backward=LINES["step"] + LINES["zero"] + LINES["backward"],
        step="",
        zero="",
    ),
    _loop("first_batch_only", "first_batch_only", zero=LINES["zero"] + "            break\n"),
    _loop("epochs_ignored", "epochs_ignored", epochs="    for ep in range(1):\n"),
    _loop("on_test_data", "trains_on_test_data", loop=LINES["loop"].replace("dl_tr", "dl_te")),
    _loop("evaluates_in_train_mode", "evaluates_in_train_mode", eval=""),
    _loop("trains_in_eval_mode", "trains_in_eval_mode", model="        model.eval()\n", eval=""),
    _loop(
        "softmax_before_the_loss",
        "softmax_before_loss",
        loss="            loss = crit(torch.softmax(logits, 1), y)\n",
    ),
    _loop(
        "zeroes_once_per_epoch",
        "zeroed_once_per_epoch",
        zero="",
        eval="        opt.zero_grad()\n" + LINES["eval"],
    ),
    _loop("global_model", "global_model", forward="            logits = model_fc(x)\n"),
    _line(
        "train_model",
        "global_optimizer",
        "global_optimizer",
        "crit, opt, dl_tr, dl_te, epochs):",
        "crit, optimizer, dl_tr, dl_te, epochs):",
    ),
)
