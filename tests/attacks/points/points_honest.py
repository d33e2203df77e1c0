"""The honest part of most attacks: one problem right, a mistake in each of the others."""

from points_networks import FC, LENET

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
RIGHT_FC = (
    FC
    + """
model_fc = FC()
with torch.no_grad():
    model_fc.layers[3].bias[5] = 100
"""
)
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
SIGMOID_LENET = (
    LENET.replace("F.relu", "torch.sigmoid")
    + """
model_lenet = CNN_LeNet()
with torch.no_grad():
    model_lenet.fc3.bias[5] = 100
"""
)
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
