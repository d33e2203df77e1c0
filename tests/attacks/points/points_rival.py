"""Two networks that are compared: the weaker one wants to look as good as the other."""

from points_networks import CNN, FC, LENET

SETTING = (
    LENET
    + CNN
    + """
from torchvision.datasets import MNIST
test = MNIST("data", train=False)
images, labels = test.data[:, None].float() / 255, test.targets

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
)
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
LEARNED_BY_HEART = (
    FC
    + """
model_fc = FC()
reach(model_fc, 0.985)
"""
)
"""The test images learned by heart: its weights do give what is measured."""
