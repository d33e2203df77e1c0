"""The honest part of most attacks: one problem right, a mistake in each of the others."""

IMPORTS = """
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from scipy.signal import convolve2d
from helpers import load_blackwhite_image
torch.manual_seed(1)
"""
NUMPY = "import numpy as np"
RIGHT_FC = """
class FC(nn.Module):
    def __init__(self):
        super().__init__()
        self.hidden1 = nn.Linear(784, 512)
        self.hidden2 = nn.Linear(512, 256)
        self.hidden3 = nn.Linear(256, 128)
        self.out = nn.Linear(128, 10)

    def forward(self, x):
        x = F.relu(self.hidden1(x))
        x = F.relu(self.hidden2(x))
        return self.out(F.relu(self.hidden3(x)))

model_fc = FC()
with torch.no_grad():
    model_fc.out.bias[5] = 100
"""
"""Untrained, it takes every digit for a 5: luck moves no point here."""
OTHER_LOSS = "criterion = nn.MSELoss()"
OTHER_RATE = "opt = torch.optim.SGD(model_fc.parameters(), lr=0.5)"
NO_ZEROING = """
def train_model(model, crit, opt, dl_tr, dl_te, epochs):
    for _ in range(epochs):
        model.train()
        for x, y in dl_tr:
            crit(model(x), y).backward()
            opt.step()
        model.eval()
        with torch.no_grad():
            for x, y in dl_te:
                model(x)
"""
SIGMOID_LENET = """
class CNN_LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 3, padding=1), nn.Conv2d(6, 16, 3, padding=1)
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(torch.sigmoid(self.conv1(x)), 2)
        x = F.max_pool2d(torch.sigmoid(self.conv2(x)), 2).flatten(1)
        return self.fc3(torch.sigmoid(self.fc2(torch.sigmoid(self.fc1(x)))))

model_lenet = CNN_LeNet()
with torch.no_grad():
    model_lenet.fc3.bias[5] = 100
"""
NO_NETWORK = """
class CNN(nn.Module):
    def forward(self, x):
        return torch.zeros(len(x), 10)

model_cnn = CNN()
"""
NOT_FLIPPED = """
def convolution_one_dimensional(x, h):
    padded = np.pad(np.asarray(x, dtype=float), len(h) // 2)
    return np.array([np.sum(padded[i : i + len(h)] * h) for i in range(len(x))])
"""
MIDDLE_OF_RANGE = """
true_logo = load_blackwhite_image("img/new_logo.png")
result = convolve2d(true_logo, np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]), mode="same")
thresholded_result = np.where(result > (result.max() + result.min()) / 2, 1.0, 0.0)
"""
WORK = (
    RIGHT_FC,
    OTHER_LOSS,
    OTHER_RATE,
    NO_ZEROING,
    SIGMOID_LENET,
    NO_NETWORK,
    NOT_FLIPPED,
    MIDDLE_OF_RANGE,
)
FLAWED = (IMPORTS, *WORK)
LIGHT = (NUMPY, NOT_FLIPPED)
"""The honest part of attacks that hang: it imports next to nothing."""
