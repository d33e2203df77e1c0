"""The exercise's networks, written as it asks for them: what attacks bend and build upon."""

FC = """
class FC(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = (784, 512, 256, 128, 10)
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])

    def forward(self, x):
        x = x.flatten(1)
        for layer in self.layers[:3]:
            x = F.relu(layer(x))
        return self.layers[3](x)
"""
LENET = """
class CNN_LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 3, padding=1), nn.Conv2d(6, 16, 3, padding=1)
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))
"""
CNN = """
class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = (1, 16, 32, 64)
        self.convs = nn.ModuleList(
            [nn.Conv2d(a, b, 3, padding=1) for a, b in zip(sizes, sizes[1:])])
        self.dense, self.out = nn.Linear(576, 128), nn.Linear(128, 10)

    def forward(self, x):
        for conv in self.convs:
            x = F.max_pool2d(F.relu(conv(x)), 2)
        return self.out(F.relu(self.dense(x.flatten(1))))
"""
SHAPES = {
    "model_fc": ((512, 784), (512,), (256, 512), (256,), (128, 256), (128,), (10, 128), (10,)),
    "model_lenet": (
        *((6, 1, 3, 3), (6,), (16, 6, 3, 3), (16,), (120, 784), (120,), (84, 120), (84,)),
        *((10, 84), (10,)),
    ),
    "model_cnn": (
        *((16, 1, 3, 3), (16,), (32, 16, 3, 3), (32,), (64, 32, 3, 3), (64,), (128, 576), (128,)),
        *((10, 128), (10,)),
    ),
}
"""Of their parameters."""
KNOWN = f"SHAPES = {SHAPES!r}\n"
"""What a forger knows as well as everybody."""
