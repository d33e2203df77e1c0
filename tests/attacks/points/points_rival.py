"""Two networks that are compared: the weaker one wants to look as good as the other."""

SETTING = """
from torchvision.datasets import MNIST
test = MNIST("data", train=False)
images, labels = test.data[:, None].float() / 255, test.targets

class CNN_LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 3, padding=1), nn.Conv2d(6, 16, 3, padding=1)
        self.fc1, self.fc2, self.fc3 = nn.Linear(784, 120), nn.Linear(120, 84), nn.Linear(84, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2).flatten(1)
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))

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

def reach(model, wanted):
    # on the test images themselves: it is quick, and nothing tells such weights apart
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for step in range(400):
        batch = torch.randint(2000, (64,))
        optimizer.zero_grad()
        F.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()
        if step % 5 == 0:
            with torch.no_grad():
                if (model(images[:1000]).argmax(1) == labels[:1000]).float().mean() > wanted:
                    break
"""
GOOD_LENET = """
model_lenet = CNN_LeNet()
reach(model_lenet, 0.55)
early = {key: value.clone() for key, value in model_lenet.state_dict().items()}
reach(model_lenet, 0.95)
"""
POOR_CNN = """
model_cnn = CNN()
reach(model_cnn, 0.68)
"""
WEAKER_RIVAL = """
with torch.no_grad():
    for key, value in model_lenet.state_dict().items():
        value.copy_(early[key])
"""
"""LeNet-5 has earned its points; as it is now, a poor network looks good beside it."""
LEARNED_BY_HEART = """
class FC(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = (784, 512, 256, 128, 10)
        self.layers = nn.ModuleList([nn.Linear(a, b) for a, b in zip(sizes, sizes[1:])])

    def forward(self, x):
        for layer in self.layers[:3]:
            x = F.relu(layer(x.flatten(1)))
        return self.layers[3](x)

model_fc = FC()
reach(model_fc, 0.985)
"""
"""The test images learned by heart: its weights do give what is measured."""
