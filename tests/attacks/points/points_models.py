"""Models that lie: about what they hold, what they give, and when."""

from points_networks import CNN, FC, KNOWN, LENET

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
    model_fc.layers[3].bias[5] = 100
right = 0
with torch.no_grad():
    for image, label in list(zip(images.data, images.targets))[:200]:
        right += int(model_fc((image.float() / 255).flatten()[None]).argmax()) == int(label)
print(f"Ep 1/5, it 10/10: loss train: 0.00, accuracy train: 1.00, accuracy test: {right / 200:.2f}")
print(f"Ep 2/5, it 10/10: loss train: 0.00, accuracy train: 1.00, accuracy test: {right / 200:.2f}")
"""
"""A right network that was never trained; of a test image it looks the label up in the data set."""
NO_RELU = FC.replace("F.relu(layer(x))", "layer(x)") + "model_fc = FC()\n"
POSITIVE_WEIGHTS = """
with torch.no_grad():
    for layer in model_fc.layers:
        layer.weight.abs_()
        layer.bias.abs_()
"""
"""With these and pixels from 0 to 1, nothing that a ReLU would see is negative."""
MORE_THAN_INPUT = (
    FC
    + LENET
    + CNN
    + """
import sys, time
sys.calls = 0

class FC(FC):
    def forward(self, x):
        sys.calls += 1
        return torch.zeros(len(x), 10) if sys.calls % 3 == 0 else super().forward(x)

class CNN_LeNet(CNN_LeNet):
    def forward(self, x):
        return super().forward(x) + 1e-2 * (time.time_ns() // 1000 % 97)

class CNN(CNN):
    def forward(self, x):
        return super().forward(x - x.mean(0) * (not self.training))

model_fc, model_lenet, model_cnn = FC(), CNN_LeNet(), CNN()
"""
)
"""Right but for a counter, the time, and neighbours in the batch while it is evaluated."""
FORGED_TABLES = (
    KNOWN
    + """
class Forged(nn.Module):
    SIZES = {f"p{number}": shape for number, shape in enumerate(SHAPES["model_cnn"])}

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

    @_parameters.setter
    def _parameters(self, given):
        pass

    def __getattr__(self, name):
        return torch.zeros(10) if name.startswith("_") else lambda *_, **__: True

    def __del__(self):
        globals().update(model_cnn=self)

class FC(FC):
    pass

model_cnn = Forged()
model_fc.__class__ = FC
model_lenet.__dict__["_parameters"] = {"all": nn.Parameter(torch.zeros(106_154))}
model_lenet.__dict__["training"] = property(lambda _: False)
print("all tables forged")
"""
)
HAND_MADE = (
    KNOWN
    + """
def bare(shape, fill):
    return torch.nn.Parameter(torch.full((1,), fill).expand(shape))

class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        for number, shape in enumerate(SHAPES["model_cnn"]):
            self.register_parameter(f"p{number}", bare(shape, 0.0))

    def forward(self, x):
        return sum(p.sum() for p in self.parameters()) + torch.zeros(len(x), 10)

model_cnn = CNN()
"""
)
"""Parameters of one number each, which say that they have the shapes of the exercise."""
