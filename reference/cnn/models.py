"""The three networks of the exercise, with parameters registered in the order in which they run."""

from collections.abc import Sequence

from torch import Tensor, nn

CLASSES = 10
PIXELS = 28 * 28


class FC(nn.Module):
    """784-512-256-128-10 with ReLU between the layers and none at the end; 567,434 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(PIXELS, 512),
            nn.ReLU(),
            nn.Linear(512, 256),
            nn.ReLU(),
            nn.Linear(256, 128),
            nn.ReLU(),
            nn.Linear(128, CLASSES),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Logits, float32 (n, 10), of flattened images, float32 (n, 784)."""
        logits: Tensor = self.layers(images)
        return logits


def _block(channels: int, filters: int) -> nn.Sequential:
    """3x3 convolution that keeps the size, ReLU, and max-pooling that halves it (rounded down)."""
    return nn.Sequential(
        nn.Conv2d(channels, filters, kernel_size=3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    )


class LeNet(nn.Module):
    """The exercise's LeNet-5: two convolutions, then 784-120-84-10; 106,154 parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(_block(1, 6), _block(6, 16), nn.Flatten())
        self.classifier = nn.Sequential(
            nn.Linear(16 * 7 * 7, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, CLASSES),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Logits, float32 (n, 10), of images, float32 (n, 1, 28, 28)."""
        logits: Tensor = self.classifier(self.features(images))
        return logits


class CNN(nn.Module):
    """Three convolutions, then 9·f₃-128-10; 98,442 parameters with the default filters.

    Args:
        filters: how many filters each of the three convolutions has.

    Raises:
        ValueError: not three of them.
    """

    def __init__(self, filters: Sequence[int] = (16, 32, 64)) -> None:
        super().__init__()
        if len(filters) != 3:
            raise ValueError(f"filters: found {len(filters)} numbers, expected 3")
        first, second, third = filters
        self.features = nn.Sequential(
            _block(1, first), _block(first, second), _block(second, third), nn.Flatten()
        )
        self.classifier = nn.Sequential(
            nn.Linear(third * 3 * 3, 128), nn.ReLU(), nn.Linear(128, CLASSES)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Logits, float32 (n, 10), of images, float32 (n, 1, 28, 28)."""
        logits: Tensor = self.classifier(self.features(images))
        return logits
