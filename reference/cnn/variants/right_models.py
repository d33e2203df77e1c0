"""Right ways to write the three networks that are not ours."""

from grader.domain.variant import Variant
from reference.cnn.variants.making import right
from reference.cnn.variants.solution_text import CLASS


def _model(name: str, problem: str, source: str) -> Variant:
    return right(problem, name, {CLASS[problem]: source.strip()})


def _line(name: str, problem: str, old: str, new: str) -> Variant:
    return right(problem, name, {old: new})


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
    Variant(
        right=True,
        name="fc_under_another_name",
        concerns={"fc": None, "optimizer": None},
        changes={
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
