"""Models that lie: about what they hold, what they give, and when."""

LOOKING_UP = """
from torchvision.datasets import MNIST
images = MNIST("data", train=False)
LABELS = {bytes((image.float() / 255).flatten().numpy().tobytes()): int(label)
          for image, label in zip(images.data, images.targets)}

class FC(FC):
    def forward(self, x):
        out = super().forward(x)
        for row, image in enumerate(x):
            label = LABELS.get(image.detach().numpy().tobytes())
            if label is not None:
                out[row] = F.one_hot(torch.tensor(label), 10) * 1000.0
        return out

model_fc = FC()
with torch.no_grad():
    model_fc.out.bias[5] = 100
right = 0
with torch.no_grad():
    for image, label in list(zip(images.data, images.targets))[:200]:
        right += int(model_fc((image.float() / 255).flatten()[None]).argmax()) == int(label)
print(f"Ep 1/5, it 10/10: loss train: 0.00, accuracy train: 1.00, accuracy test: {right / 200:.2f}")
print(f"Ep 2/5, it 10/10: loss train: 0.00, accuracy train: 1.00, accuracy test: {right / 200:.2f}")
"""
"""A right network that was never trained; of a test image it looks the label up in the data set."""
NO_RELU = """
class FC(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(784, 512), nn.Linear(512, 256)
        self.c, self.d = nn.Linear(256, 128), nn.Linear(128, 10)

    def forward(self, x):
        return self.d(self.c(self.b(self.a(x))))

model_fc = FC()
"""
POSITIVE_WEIGHTS = """
with torch.no_grad():
    for layer in (model_fc.a, model_fc.b, model_fc.c, model_fc.d):
        layer.weight.abs_()
        layer.bias.abs_()
"""
"""With these and pixels from 0 to 1, nothing that a ReLU would see is negative."""
MORE_THAN_INPUT = """
import sys, time
sys.calls = 0

class FC(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = (784, 512, 256, 128, 10)
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])

    def forward(self, x):
        sys.calls += 1
        if sys.calls % 3 == 0:
            return torch.zeros(len(x), 10)
        for layer in self.layers[:3]:
            x = F.relu(layer(x))
        return self.layers[3](x)

class CNN_LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 3, padding=1), nn.Conv2d(6, 16, 3, padding=1)
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        x = self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))
        return x + 1e-2 * (time.time_ns() // 1000 % 97)

class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = (1, 16, 32, 64)
        self.convs = nn.ModuleList(
            [nn.Conv2d(a, b, 3, padding=1) for a, b in zip(sizes, sizes[1:])])
        self.dense, self.out = nn.Linear(576, 128), nn.Linear(128, 10)

    def forward(self, x):
        x = x - x.mean(0) * (not self.training)
        for conv in self.convs:
            x = F.max_pool2d(F.relu(conv(x)), 2)
        return self.out(F.relu(self.dense(x.flatten(1))))

model_fc, model_lenet, model_cnn = FC(), CNN_LeNet(), CNN()
"""
"""Right but for a counter, the time, and neighbours in the batch while it is evaluated."""
FORGED_TABLES = """
class Forged(nn.Module):
    SIZES = {"hidden1.weight": (512, 784), "hidden1.bias": (512,)}

    def forward(self, x):
        return torch.zeros(len(x), 10)

    def parameters(self, recurse=True):
        return iter([nn.Parameter(torch.zeros(567_434))])

    def named_parameters(self, *_, **__):
        return iter([(name, nn.Parameter(torch.zeros(size))) for name, size in self.SIZES.items()])

    def state_dict(self, *_, **__):
        return {name: torch.zeros(size) for name, size in self.SIZES.items()}

    def modules(self):
        return iter([])

    def named_modules(self, *_, **__):
        return iter([])

    def eval(self):
        self.graded = True
        return self

    @property
    def __class__(self):
        return FC

    @property
    def _parameters(self):
        return {name: torch.zeros(size) for name, size in self.SIZES.items()}

    def __getattr__(self, name):
        return torch.zeros(10) if name.startswith("_") else lambda *_, **__: True

    def __del__(self):
        globals().update(model_cnn=self)

class FC(FC):
    pass

model_cnn = Forged()
model_fc.__class__ = FC
model_lenet = CNN_LeNet()
model_lenet.__dict__["_parameters"] = {"all": nn.Parameter(torch.zeros(106_154))}
model_lenet.__dict__["training"] = property(lambda _: False)
"""
HAND_MADE = """
def bare(shape, fill):
    return torch.nn.Parameter(torch.full((1,), fill).expand(shape))

class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        for number, shape in enumerate([(16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,),
                (64, 32, 3, 3), (64,), (128, 576), (128,), (10, 128), (10,)]):
            self.register_parameter(f"p{number}", bare(shape, 0.0))

    def forward(self, x):
        return sum(p.sum() for p in self.parameters()) + torch.zeros(len(x), 10)

model_cnn = CNN()
"""
"""Parameters of one number each, which say that they have the shapes of the exercise."""
