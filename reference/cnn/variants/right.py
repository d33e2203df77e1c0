"""Right ways to solve the exercise that are not ours: none may cost a point."""

from grader.domain.variant import Variant
from reference.cnn.variants.making import convolution, right
from reference.cnn.variants.right_models import MODELS
from reference.cnn.variants.solution_text import (
    CLASS,
    CRITERION,
    FC_ANSWER,
    LENET_ANSWER,
    LINES,
    OPTIMIZER,
    THRESHOLD,
)


def _convolution(name: str, body: str) -> Variant:
    return right("conv1d", name, convolution(body))


def _loop(name: str, **changes: str) -> Variant:
    """`changes`: what stands for the lines of the training loop, see `LINES`."""
    return right("train_model", name, {LINES[key]: new for key, new in changes.items()})


def _line(name: str, problem: str, old: str, new: str) -> Variant:
    return right(problem, name, {old: new})


LOSSES = (
    _line("criterion_functional", "criterion", CRITERION, "criterion = F.cross_entropy"),
    _line(
        "criterion_lambda", "criterion", CRITERION, "criterion = lambda z, y: F.cross_entropy(z, y)"
    ),
    _line(
        "criterion_function",
        "criterion",
        CRITERION,
        "def criterion(logits, labels):\n"
        "    return -F.log_softmax(logits, dim=1)[torch.arange(len(labels)), labels].mean()",
    ),
    _line(
        "criterion_one_hot",
        "criterion",
        CRITERION,
        "def criterion(z, y):\n"
        "    return -(F.one_hot(y, 10) * torch.log_softmax(z, 1)).sum(1).mean()",
    ),
    _line(
        "optimizer_literal",
        "optimizer",
        OPTIMIZER,
        "opt = torch.optim.SGD(list(model_fc.parameters()), 1e-1, momentum=0)",
    ),
    _line(
        "optimizer_groups",
        "optimizer",
        OPTIMIZER,
        "opt = torch.optim.SGD(\n"
        "    [{'params': [p for p in model_fc.parameters() if p.ndim == n]} for n in (1, 2)],\n"
        "    lr=learning_rate,\n)",
    ),
)

LOOPS = (
    _loop(
        "zeroes_at_the_start", forward="            opt.zero_grad()\n" + LINES["forward"], zero=""
    ),
    _loop("zeroes_the_model", zero="            model.zero_grad()\n"),
    _loop(
        "zeroes_before_backward",
        backward="            opt.zero_grad(set_to_none=False)\n" + LINES["backward"],
        zero="",
    ),
    _loop("zeroes_to_none", zero="            opt.zero_grad(set_to_none=True)\n"),
    _loop(
        "zeroes_by_hand",
        zero="            for p in model.parameters():\n                p.grad = None\n",
    ),
    _loop(
        "steps_with_a_closure",
        forward="",
        loss="",
        backward="",
        step="            def closure():\n"
        "                nonlocal logits\n"
        "                opt.zero_grad()\n"
        "                logits = model(x)\n"
        "                loss = crit(logits, y)\n"
        "                loss.backward()\n"
        "                return loss\n"
        "            logits = None\n"
        "            loss = opt.step(closure)\n",
        zero="",
    ),
    _loop("batches_by_zip", loop="        for it, batch in zip(range(10**9), dl_tr):\n"),
    _loop(
        "batches_by_tqdm",
        loop="        from tqdm import tqdm\n        for it, batch in enumerate(tqdm(dl_tr)):\n",
    ),
    _loop("set_grad_enabled", evaluation="        with torch.set_grad_enabled(False):\n"),
    _loop("returns_the_model", end=LINES["end"] + "\n    return model"),
    _loop(
        "accuracy_inline",
        right="                right += (model(x).argmax(1) == y).sum().item()\n",
    ),
    _loop(
        "other_argument_names",
        **{
            "def": "def train_model(net, loss_function, optimizer, training, testing, count):\n"
            "    model, crit, opt = net, loss_function, optimizer\n"
            "    dl_tr, dl_te, epochs = training, testing, count\n"
        },
    ),
)

CONVOLUTIONS = (
    _convolution(
        "np_dot",
        """
    p = add_padding_1d(x, h.shape[0])
    h = np.flip(h)
    return np.array([np.dot(p[i:i + h.shape[0]], h) for i in range(x.shape[0])])
""",
    ),
    _convolution(
        "sum_of_slices",
        """
    p = np.pad(x, len(h) // 2)
    return sum(h[len(h) - 1 - k] * p[k:k + len(x)] for k in range(len(h)))
""",
    ),
    _convolution(
        "toeplitz",
        """
    n, k = len(x), len(h)
    T = np.zeros((n, n + 2 * (k // 2)))
    for i in range(n):
        T[i, i:i + k] = h[::-1]
    return T @ add_padding_1d(x, k)
""",
    ),
    _convolution(
        "python_lists",
        """
    x, h = list(x), list(h)
    half, y = len(h) // 2, []
    for i in range(len(x)):
        s = 0
        for m in range(len(h)):
            j = i - half + m
            if 0 <= j < len(x):
                s += x[j] * h[len(h) - 1 - m]
        y.append(s)
    return np.array(y)
""",
    ),
    _convolution(
        "sliding_windows",
        """
    p = np.concatenate([np.zeros(h.size // 2), x, np.zeros(h.size // 2)])
    return np.lib.stride_tricks.sliding_window_view(p, h.size)[:x.size] @ h[::-1]
""",
    ),
)

ARRAYS = (
    _line(
        "threshold_boolean",
        "threshold",
        THRESHOLD,
        "    thresholded_result = result > result.mean()\n",
    ),
    _line(
        "threshold_integers",
        "threshold",
        THRESHOLD,
        "    thresholded_result = (result > np.mean(result)).astype(int)\n",
    ),
    _line(
        "threshold_by_index",
        "threshold",
        THRESHOLD,
        "    thresholded_result = result.copy()\n    m = result.mean()\n"
        "    thresholded_result[result > m] = 1\n    thresholded_result[result <= m] = 0\n",
    ),
    _line(
        "threshold_loops",
        "threshold",
        THRESHOLD,
        "    m = result.mean()\n"
        "    thresholded_result = [[1 if value > m else 0 for value in row] for row in result]\n",
    ),
    _line(
        "threshold_in_torch",
        "threshold",
        THRESHOLD,
        "    as_tensor = torch.from_numpy(result)\n"
        "    thresholded_result = (as_tensor > as_tensor.mean()).float()\n",
    ),
)

ANSWERS = (
    _line("count_with_comma", "fc_count", FC_ANSWER, "**A:** 567,434"),
    _line("count_in_mathematics", "fc_count", FC_ANSWER, "$567434$"),
    _line("count_with_space", "fc_count", FC_ANSWER, "**A:** It has 567 434 parameters."),
    _line("count_rounded_too", "fc_count", FC_ANSWER, "**A:** ≈ 0.57M (567434)"),
    _line(
        "count_after_formula",
        "fc_count",
        FC_ANSWER,
        "**A:** 785*512 + 513*256 + 257*128 + 129*10\n\n= 401920 + 131328 + 32896 + 1290 = 567434",
    ),
    _line("lenet_count_bold", "lenet_count", LENET_ANSWER, "**A:** **106,154** parameters"),
    _line(
        "lenet_count_after_formula",
        "lenet_count",
        LENET_ANSWER,
        "**A:** (6\\*9 + 6) + (16\\*9\\*6 + 16) + 785\\*120 + 121\\*84 + 85\\*10 = 106154",
    ),
    Variant(
        right=True,
        name="count_in_the_next_cell",
        concerns={"fc_count": None},
        changes={FC_ANSWER: "**A:** *your answer*"},
        below={"fc-count-answer": "785 · 512 + 513 · 256 + 257 · 128 + 129 · 10 = **567434**"},
    ),
    Variant(
        right=True,
        name="lenet_count_in_the_next_cell",
        concerns={"lenet_count": None},
        changes={LENET_ANSWER: "**A:**"},
        below={"lenet-count-answer": "We get 106 154 parameters."},
    ),
)

LATER = (
    Variant(
        right=True,
        name="opt_is_bound_again",
        concerns={"optimizer": None, "lenet": None, "cnn": None},
        changes={
            "opt_lenet = torch": "opt = torch",
            "F.cross_entropy, opt_lenet, dl": "F.cross_entropy, opt, dl",
            "opt_cnn = torch": "opt = torch",
            "F.cross_entropy, opt_cnn, dl": "F.cross_entropy, opt, dl",
        },
    ),
    Variant(
        right=True,
        name="names_are_bound_again",
        concerns={"conv1d": None, "threshold": None, "train_model": None},
        changes={},
        added=("x = h = y = None\nepochs = 0\nfilters = 'none'\ndevice = 'elsewhere'",),
    ),
    Variant(
        right=True,
        name="result_is_bound_again",
        concerns={"threshold": None},
        changes={},
        added=("result = convolve2d(true_logo, filter_1, mode='same')\nplt.imshow(result)",),
    ),
    Variant(
        right=True,
        name="wrong_attempts_before",
        concerns={"fc": None, "criterion": None, "optimizer": None},
        changes={
            CLASS["fc"]: "model_fc = nn.Linear(784, 10)\n" + CLASS["fc"],
            CRITERION: "criterion = nn.MSELoss()\n" + CRITERION,
            OPTIMIZER: "opt = torch.optim.Adam(model_fc.parameters())\n" + OPTIMIZER,
        },
    ),
)

RIGHT = (*LATER, *MODELS, *LOOPS, *CONVOLUTIONS, *LOSSES, *ARRAYS, *ANSWERS)
