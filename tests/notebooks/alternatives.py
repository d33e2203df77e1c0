"""Right ways to solve the exercise that are not ours: none may cost a point."""

from notebooks import edits
from notebooks.edit import Edit

_SOLUTION = edits.solution()
SOURCE = {cell.id: cell.source for cell in _SOLUTION.cells}
CLASS = {name: SOURCE[name].partition("\n\n\n")[0] for name in ("fc", "lenet", "cnn")}
"""The text of the three classes, without the lines that make the models."""
FUNCTION = SOURCE["conv1d"]


def _model(name: str, problem: str, source: str) -> Edit:
    return Edit(name, {problem: None}, {CLASS[problem]: source.strip()})


def _convolution(name: str, body: str) -> Edit:
    source = f"def convolution_one_dimensional(x, h):\n{body.strip(chr(10))}"
    return Edit(name, {"conv1d": None}, {FUNCTION: source})


def _loop(name: str, **changes: str) -> Edit:
    """`changes`: what stands for the lines of the training loop, see `LINES`."""
    return Edit(name, {"train_model": None}, {LINES[key]: new for key, new in changes.items()})


def _line(name: str, problem: str, old: str, new: str) -> Edit:
    return Edit(name, {problem: None}, {old: new})


LINES = {
    "forward": "            logits = model(x)\n",
    "loss": "            loss = crit(logits, y)\n",
    "backward": "            loss.backward()\n",
    "step": "            opt.step()\n",
    "zero": "            opt.zero_grad()\n",
    "evaluation": "        with torch.no_grad():\n",
    "right": "                right += accuracy(model(x), y) * len(y)\n",
    "end": '        print(f", accuracy test: {right / seen:.2f}")',
}
"""Lines of `train_model`, as they stand in the solution."""
CRITERION = "criterion = nn.CrossEntropyLoss()"
OPTIMIZER = "opt = torch.optim.SGD(model_fc.parameters(), lr=learning_rate)"
THRESHOLD = "    thresholded_result = np.where(result > np.mean(result), 1.0, 0.0)\n"
FC_ANSWER = SOURCE["fc-count-answer"]
LENET_ANSWER = SOURCE["lenet-count-answer"]

MODELS = (
    _model(
        "fc_sequential",
        "fc",
        """
class FC(nn.Sequential):
    def __init__(self):
        super().__init__(
            nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(),
            nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
""",
    ),
    _model(
        "fc_registered_backwards",
        "fc",
        """
class FC(nn.Module):
    def __init__(self):
        super().__init__()
        self.d = nn.Linear(128, 10)
        self.c = nn.Linear(256, 128)
        self.b = nn.Linear(512, 256)
        self.a = nn.Linear(784, 512)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x):
        return self.d(self.act(self.c(self.act(self.b(self.act(self.a(x)))))))
""",
    ),
    _model(
        "fc_raw_parameters",
        "fc",
        """
class FC(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = [784, 512, 256, 128, 10]
        self.W = nn.ParameterList(
            nn.Parameter(torch.randn(n, m) * (2 / n) ** 0.5) for n, m in zip(sizes, sizes[1:]))
        self.b = nn.ParameterList(nn.Parameter(torch.zeros(m)) for m in sizes[1:])

    def forward(self, x):
        for W, b in zip(self.W[:-1], self.b[:-1]):
            x = (x @ W + b).clamp(min=0)
        return x @ self.W[-1] + self.b[-1]
""",
    ),
    _model(
        "fc_flattens_inside",
        "fc",
        """
class FC(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(784, 512), nn.Linear(512, 256), nn.Linear(256, 128)])
        self.last = nn.Linear(128, 10)

    def forward(self, x):
        x = x.view(-1, 784)
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.last(x)
""",
    ),
    Edit(
        "fc_under_another_name",
        {"fc": None, "optimizer": None},
        {
            "model_fc = FC().to(device)": "net = FC().to(device)",
            "summary(model_fc, ": "summary(net, ",
            "SGD(model_fc.parameters()": "SGD(net.parameters()",
            "train_model(model_fc, criterion": "train_model(net, criterion",
        },
    ),
    _model(
        "lenet_sequential",
        "lenet",
        """
class CNN_LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(784, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(),
            nn.Linear(84, 10))

    def forward(self, x):
        return self.classifier(self.features(x))
""",
    ),
    _model(
        "lenet_pools_before_the_activation",
        "lenet",
        """
class CNN_LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc3 = nn.Linear(84, 10)
        self.fc2 = nn.Linear(120, 84)
        self.fc1 = nn.Linear(16 * 7 * 7, 120)
        self.pool = nn.MaxPool2d(kernel_size=2, stride=2)
        self.c2 = nn.Conv2d(6, 16, (3, 3), padding=(1, 1))
        self.c1 = nn.Conv2d(1, 6, (3, 3), padding=(1, 1))

    def forward(self, x):
        x = F.relu(self.pool(self.c1(x)))
        x = F.relu(self.pool(self.c2(x)))
        x = x.reshape(x.shape[0], -1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))
""",
    ),
    _model(
        "lenet_functional_convolution",
        "lenet",
        """
class CNN_LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.w1, self.b1 = nn.Parameter(torch.randn(6, 1, 3, 3) / 3), nn.Parameter(torch.zeros(6))
        self.w2, self.b2 = nn.Parameter(torch.randn(16, 6, 3, 3) / 8), nn.Parameter(torch.zeros(16))
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.conv2d(x, self.w1, self.b1, padding=1).relu(), 2)
        x = F.max_pool2d(F.conv2d(x, self.w2, self.b2, padding=1).relu(), 2)
        return self.fc3(self.fc2(self.fc1(x.flatten(1)).relu()).relu())
""",
    ),
    _model(
        "cnn_blocks",
        "cnn",
        """
def block(n, m):
    return nn.Sequential(nn.Conv2d(n, m, 3, 1, 1), nn.ReLU(), nn.MaxPool2d(2))


class CNN(nn.Module):
    def __init__(self, filters=(16, 32, 64)):
        super().__init__()
        f1, f2, f3 = filters
        self.head = nn.Sequential(
            nn.Flatten(), nn.Linear(9 * f3, 128), nn.ReLU(), nn.Linear(128, 10))
        self.blocks = nn.Sequential(block(1, f1), block(f1, f2), block(f2, f3))

    def forward(self, x):
        return self.head(self.blocks(x))
""",
    ),
    _line("cnn_without_default", "cnn", "filters=(16, 32, 64)):", "filters):"),
    _line("cnn_other_filters", "cnn", "filters = [16, 32, 64]", "filters = [8, 16, 32]"),
)

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
    _loop("set_grad_enabled", evaluation="        with torch.set_grad_enabled(False):\n"),
    _loop("returns_the_model", end=LINES["end"] + "\n    return model"),
    _loop(
        "accuracy_inline",
        right="                right += (model(x).argmax(1) == y).sum().item()\n",
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
    _convolution(
        "changes_its_input",  # a note to the student, and no point
        """
    p = add_padding_1d(x, len(h))
    h[:] = h[::-1].copy()
    return np.array([p[i:i + len(h)] @ h for i in range(len(x))])
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
)

LATER = (
    Edit(
        "opt_is_bound_again",
        {"optimizer": None, "lenet": None, "cnn": None},
        {
            "opt_lenet = torch": "opt = torch",
            "F.cross_entropy, opt_lenet, dl": "F.cross_entropy, opt, dl",
            "opt_cnn = torch": "opt = torch",
            "F.cross_entropy, opt_cnn, dl": "F.cross_entropy, opt, dl",
        },
    ),
    Edit(
        "names_are_bound_again",
        {"conv1d": None, "threshold": None, "train_model": None},
        {},
        ("x = h = y = None\nepochs = learning_rate = 0\nfilters = 'none'\ndevice = 'elsewhere'",),
    ),
    Edit(
        "result_is_bound_again",
        {"threshold": None},
        {},
        ("result = convolve2d(true_logo, filter_1, mode='same')\nplt.imshow(result)",),
    ),
    Edit(
        "wrong_attempts_before",
        {"fc": None, "criterion": None, "optimizer": None},
        {
            CLASS["fc"]: "model_fc = nn.Linear(784, 10)\n" + CLASS["fc"],
            CRITERION: "criterion = nn.MSELoss()\n" + CRITERION,
            OPTIMIZER: "opt = torch.optim.Adam(model_fc.parameters())\n" + OPTIMIZER,
        },
    ),
)

ALTERNATIVES = {
    edit.name: edit for edit in (*LATER, *MODELS, *LOOPS, *CONVOLUTIONS, *LOSSES, *ARRAYS, *ANSWERS)
}
