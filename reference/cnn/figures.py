"""Draws the pictures that students get: ``python -m reference.cnn.figures``."""

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle
from numpy.typing import NDArray
from PIL import Image

IMAGES = Path(__file__).parent / "files" / "img"
INK, PAPER = "#22313f", "#ffffff"
INPUT, CONV, POOL, DENSE, OUTPUT = "#8d99a6", "#2a7f9e", "#8cc3d6", "#e0a458", "#c8553d"
LOGO_SIZE = 200


class Maps(NamedTuple):
    """A block of feature maps."""

    channels: str
    side: int
    colour: str
    step: str
    """What leads to it, one or two lines."""


class Dense(NamedTuple):
    """A fully connected layer."""

    neurons: str
    colour: str
    step: str


MLP = (
    Dense("784", INPUT, "image,\n28 × 28, flattened"),
    Dense("512", DENSE, "Linear, ReLU"),
    Dense("256", DENSE, "Linear, ReLU"),
    Dense("128", DENSE, "Linear, ReLU"),
    Dense("10", OUTPUT, "Linear"),
)
LENET = (
    Maps("1", 28, INPUT, "image"),
    Maps("6", 28, CONV, "conv 3 × 3,\npad 1, ReLU"),
    Maps("6", 14, POOL, "max-pool 2"),
    Maps("16", 14, CONV, "conv 3 × 3,\npad 1, ReLU"),
    Maps("16", 7, POOL, "max-pool 2"),
    Dense("784", INPUT, "flatten"),
    Dense("120", DENSE, "Linear,\nReLU"),
    Dense("84", DENSE, "Linear,\nReLU"),
    Dense("10", OUTPUT, "Linear"),
)
CNN = (
    Maps("1", 28, INPUT, "image"),
    Maps("f₁", 28, CONV, "conv 3 × 3,\npad 1, ReLU"),
    Maps("f₁", 14, POOL, "max-pool 2"),
    Maps("f₂", 14, CONV, "conv 3 × 3,\npad 1, ReLU"),
    Maps("f₂", 7, POOL, "max-pool 2"),
    Maps("f₃", 7, CONV, "conv 3 × 3,\npad 1, ReLU"),
    Maps("f₃", 3, POOL, "max-pool 2"),
    Dense("9·f₃", INPUT, "flatten"),
    Dense("128", DENSE, "Linear,\nReLU"),
    Dense("10", OUTPUT, "Linear"),
)


def main(folder: Path = IMAGES) -> None:
    """Write all pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    draw_mlp(folder / "mlp.png")
    draw_network(LENET, folder / "lenet5.png")
    draw_network(CNN, folder / "cnn.png")
    for name, pixels in (("new_logo", new_logo()), ("old_logo", old_logo())):
        Image.fromarray(pixels).save(folder / f"{name}.png", optimize=True)


def draw_mlp(path: Path) -> None:
    """The perceptron: a column of neurons for each layer, all joined."""
    figure, axes = _canvas(9.9, 5.0, (-0.95, 8.95), (-2.6, 2.4))
    columns = [(2.0 * i, np.linspace(-1.6, 1.6, n)) for i, n in enumerate((9, 8, 7, 6, 5))]
    for (x, ys), (right, others) in pairwise(columns):
        for y in ys:
            for other in others:
                axes.plot((x, right), (y, other), color="#d3dae0", linewidth=0.6, zorder=1)
    for (x, ys), layer in zip(columns, MLP, strict=True):
        for y in ys:
            axes.add_patch(Circle((x, y), 0.13, facecolor=layer.colour, edgecolor=PAPER, zorder=2))
        axes.text(x, 2.05, layer.neurons, ha="center", fontsize=13, weight="bold", color=INK)
        axes.text(x, -2.02, layer.step, ha="center", va="top", fontsize=10, color=INK)
    _save(figure, path)


def draw_network(layers: tuple[Maps | Dense, ...], path: Path) -> None:
    """A convolutional network: stacks of maps as large as they are, then bars of neurons."""
    widths = [1.1 + layer.side / 28 if isinstance(layer, Maps) else 1.05 for layer in layers]
    ends = np.cumsum(widths)
    figure, axes = _canvas(1.0 * ends[-1], 3.6, (-0.2, float(ends[-1]) + 0.1), (-1.75, 1.65))
    for layer, end, width in zip(layers, ends, widths, strict=True):
        centre = float(end - width / 2)
        if isinstance(layer, Maps):
            _draw_maps(axes, layer, centre)
            label = f"{layer.channels} @ {layer.side} × {layer.side}"
        else:
            bar = FancyBboxPatch(
                (centre - 0.09, -0.95), 0.18, 1.9, boxstyle="round,pad=0.03", facecolor=layer.colour
            )
            bar.set_edgecolor(PAPER)
            axes.add_patch(bar)
            label = layer.neurons
        axes.text(centre, 1.35, label, ha="center", fontsize=10.5, weight="bold", color=INK)
        axes.text(centre, -1.2, layer.step, ha="center", va="top", fontsize=9, color=INK)
        if layer is not layers[-1]:
            tip = {"arrowstyle": "-|>", "color": INK, "linewidth": 1}
            start, stop = (float(end) - 0.16, 0), (float(end) + 0.16, 0)
            axes.annotate("", xy=stop, xytext=start, arrowprops=tip)
    _save(figure, path)


def _draw_maps(axes: Axes, layer: Maps, centre: float) -> None:
    side = 0.25 + 1.25 * layer.side / 28
    sheets = 1 if layer.channels == "1" else 4
    for sheet in range(sheets):
        offset = 0.07 * (sheet - (sheets - 1) / 2)
        corner = (centre - side / 2 - offset, -side / 2 + offset)
        axes.add_patch(
            Rectangle(corner, side, side, facecolor=layer.colour, edgecolor=PAPER, zorder=9 - sheet)
        )


def _canvas(
    width: float, height: float, x: tuple[float, float], y: tuple[float, float]
) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), facecolor=PAPER)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=x, ylim=y)
    axes.axis("off")
    return figure, axes


def _save(figure: Figure, path: Path) -> None:
    figure.savefig(path, dpi=100, metadata={"Software": None})
    with Image.open(path) as picture:
        colours = picture.convert("RGB").quantize(64, method=Image.Quantize.FASTOCTREE)
        colours.save(path, optimize=True)


def new_logo() -> NDArray[np.uint8]:
    """A ring with a tick in it, on a card: edges in every direction. Shape (200, 200)."""
    y, x = np.mgrid[:LOGO_SIZE, :LOGO_SIZE] / (LOGO_SIZE - 1)
    ring = np.abs(np.hypot(x - 0.47, y - 0.47) - 0.36) < 0.045
    tick = _stroke(x, y, (0.27, 0.49), (0.42, 0.63)) | _stroke(x, y, (0.42, 0.63), (0.68, 0.33))
    return _on_a_card(np.where(ring | tick, 0, 255).astype(np.uint8))


def old_logo() -> NDArray[np.uint8]:
    """A board of 3 x 3 squares in three greys, on a card: only straight edges. Shape (200, 200)."""
    cells = np.array([[0, 255, 128], [255, 128, 0], [128, 0, 255]], dtype=np.uint8)
    board = np.full((LOGO_SIZE, LOGO_SIZE), 255, dtype=np.uint8)
    board[19:169, 19:169] = np.kron(cells, np.ones((50, 50), dtype=np.uint8))
    return _on_a_card(board)


def _on_a_card(drawing: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The drawing on paper that darkens slowly towards a black edge below and on the right.

    Without it, a Sobel result has a mean of 0 up to rounding: `> mean` would be decided by the last
    bit, or be the same as `> 0`. The edges lift the mean, and the paper's steps lie below it.
    """
    y, x = np.mgrid[:LOGO_SIZE, :LOGO_SIZE] / (LOGO_SIZE - 1)
    paper = (255 - np.round(12 * (x + y))).astype(np.uint8)
    card: NDArray[np.uint8] = np.minimum(drawing, paper)
    card[-12:, :] = card[:, -12:] = 0
    return card


def _stroke(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    start: tuple[float, float],
    end: tuple[float, float],
) -> NDArray[np.bool_]:
    """Points nearer than half a pen's width to a line."""
    along = np.subtract(end, start)
    share = ((x - start[0]) * along[0] + (y - start[1]) * along[1]) / (along @ along)
    share = np.clip(share, 0, 1)
    near: NDArray[np.bool_] = (
        np.hypot(x - start[0] - share * along[0], y - start[1] - share * along[1]) < 0.045
    )
    return near


if __name__ == "__main__":
    main()
