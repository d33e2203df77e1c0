"""Helpers of Exercise 09: an accuracy, an image, a walk through a convolution, a drawing pad."""

from collections.abc import Callable
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.backend_bases import Event, MouseEvent
from matplotlib.figure import Figure
from matplotlib.widgets import Button
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float64]

SIGNAL = np.array([1.0, 1.0, 4.0, 4.0, 4.0, 2.0, 2.0, 0.0])
FILTER = np.array([-1.0, 0.0, 1.0])

STROKES = (
    ((0.27, 0.30), (0.36, 0.22), (0.50, 0.19), (0.64, 0.23), (0.69, 0.33), (0.66, 0.43)),
    ((0.66, 0.43), (0.56, 0.52), (0.45, 0.62), (0.34, 0.71), (0.27, 0.79)),
    ((0.27, 0.79), (0.42, 0.78), (0.58, 0.79), (0.75, 0.78)),
)
"""A handwritten 2: strokes of (x, y) points, as shares of the pad's width and height."""


def accuracy(logits: torch.Tensor, y: torch.Tensor) -> float:
    """Share of samples whose largest logit, of (n, classes), is that of the label, of (n,)."""
    return (torch.argmax(logits, dim=1) == y).double().mean().item()


def load_blackwhite_image(image_name: str) -> Floats:
    """An image file as brightness from 0 (black) to 1 (white): shape (height, width)."""
    with Image.open(image_name) as image:
        return np.asarray(image.convert("L"), dtype=np.float64) / 255


def visualize_convolution() -> None:
    """Show a convolution step by step; Enter goes on, `q` stops.

    Where nobody can be asked, all steps are drawn at once.
    """
    figure, axes = plt.subplots(1, 3, figsize=(11, 3), constrained_layout=True)
    typed: str | None = ""
    for step in range(len(SIGNAL)):
        _draw_step(axes, step)
        _show(figure)
        if typed is not None:
            typed = _asked(f"step {step + 1} of {len(SIGNAL)}, Enter to go on, q to stop: ")
        if typed == "q":
            break
    if _inline():
        plt.close(figure)  # shown already; left open, it would be shown a second time


def _draw_step(axes: NDArray[np.object_], step: int) -> None:
    """Draw how y[step] comes about: the shifted filter, the products, and the result so far."""
    positions = np.arange(-1, len(SIGNAL) + 1)
    padded = np.pad(SIGNAL, 1)
    shifted = np.zeros(len(padded))
    shifted[step : step + len(FILTER)] = FILTER[::-1]
    products = padded * shifted
    result = np.convolve(SIGNAL, FILTER, mode="same")[: step + 1]

    for axis in axes:
        axis.clear()
        axis.axvspan(step - 1.5, step + 1.5, color="C1", alpha=0.15)
        axis.axhline(0, color="0.6", linewidth=0.8)
        axis.set(xlim=(-1.6, len(SIGNAL) + 0.6), ylim=(-4.6, 4.6), xlabel="m")
    axes[0].plot(positions, padded, "o", color="C0", label="x[m]")
    axes[0].vlines(positions, 0, padded, color="C0")
    axes[0].plot(positions, shifted, "s", color="C1", label=f"h[{step} - m]")
    axes[0].vlines(positions, 0, shifted, color="C1", linewidth=3, alpha=0.5)
    axes[0].legend(loc="lower right")
    axes[0].set_title("1. flip and shift the filter")
    axes[1].bar(positions, products, color="C2")
    axes[1].set_title("2. multiply")
    axes[2].plot(result, "o", color="C3")
    axes[2].vlines(range(step + 1), 0, result, color="C3")
    axes[2].set(title=f"3. add up: y[{step}] = {result[-1]:g}", xlabel="i")


def _show(figure: Figure) -> None:
    """Bring the figure's present state to the screen: inline by replacing the last one."""
    if _inline():
        from IPython.display import clear_output, display

        clear_output(wait=True)  # type: ignore[no-untyped-call]  # IPython leaves it open
        display(figure)  # type: ignore[no-untyped-call]  # the same
    else:
        figure.canvas.draw()
        figure.canvas.flush_events()


def _inline() -> bool:
    return "inline" in plt.get_backend()


def _asked(prompt: str) -> str | None:
    """What was typed, or None where there is nobody to type."""
    try:
        return input(prompt).strip().lower()
    except (EOFError, OSError, NotImplementedError):  # closed, captured, or refused by the kernel
        return None


class DrawingPad:
    """A pad to draw a digit on; it starts with a sample.

    With an interactive backend of matplotlib (``%matplotlib widget``, ``%matplotlib notebook``, or
    a window) the mouse draws; the buttons clear the pad, soften the strokes, and ask the model.

    Args:
        size: rows and columns of the grid.
        model: gets a float32 tensor of shape (1, 1, rows, columns) and gives logits (1, classes).
        device: where the model lives.

    Attributes:
        grid: the drawing, float32 of shape `size`, from 0 (empty) to 1 (ink).
    """

    def __init__(
        self, size: tuple[int, int], model: torch.nn.Module, device: torch.device | str
    ) -> None:
        self.model = model
        self.device = device
        self.grid = np.zeros(size, dtype=np.float32)
        self._last: tuple[float, float] | None = None
        self._draw_sample()

        self._figure, self._axis = plt.subplots(figsize=(4, 4.6))
        self._figure.subplots_adjust(bottom=0.16)
        self._picture = self._axis.imshow(self.grid, cmap="gray_r", vmin=0, vmax=1)
        self._axis.set(xticks=[], yticks=[], title="your digit")
        self._buttons = [
            self._button(0.125, "reset", self.reset),
            self._button(0.395, "blur", self.blur),
            self._button(0.665, "predict", self.predict),
        ]
        self._figure.canvas.mpl_connect("button_press_event", self._press)
        self._figure.canvas.mpl_connect("motion_notify_event", self._move)
        self._figure.canvas.mpl_connect("button_release_event", self._release)

    def reset(self) -> None:
        """Clear the pad."""
        self.grid[:] = 0
        self._refresh("your digit")

    def blur(self) -> None:
        """Soften the strokes: each pixel becomes a weighted mean of its 3 x 3 neighbourhood."""
        rows, columns = self.grid.shape
        padded = np.pad(self.grid, 1)
        weights = np.outer([1, 2, 1], [1, 2, 1]) / 16
        self.grid[:] = sum(
            weights[i, j] * padded[i : i + rows, j : j + columns]
            for i in range(3)
            for j in range(3)
        )
        self._refresh("your digit")

    def predict(self) -> int:
        """Ask the model, in eval mode, and show its answer above the pad."""
        was_training = self.model.training
        self.model.eval()
        try:
            with torch.no_grad():
                logits = self.model(torch.from_numpy(self.grid.copy()).to(self.device)[None, None])
        finally:
            self.model.train(was_training)
        digit = int(torch.argmax(logits))
        self._refresh(f"the network reads a {digit}")
        return digit

    def _button(self, left: float, label: str, action: Callable[[], object]) -> Button:
        axes: Axes = self._figure.add_axes((left, 0.04, 0.235, 0.075))
        button = Button(axes, label)
        button.on_clicked(lambda _event: action())
        return button

    def _draw_sample(self) -> None:
        rows, columns = self.grid.shape
        for stroke in STROKES:
            points = [(x * (columns - 1), y * (rows - 1)) for x, y in stroke]
            for start, end in pairwise(points):
                self._ink(start, end)

    def _ink(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Draw a soft line between two points (x, y) of the grid, darkest in its middle."""
        width = max(self.grid.shape) / 28
        y, x = np.indices(self.grid.shape)
        along = np.subtract(end, start)
        length = float(along @ along) or 1.0
        share = np.clip(((x - start[0]) * along[0] + (y - start[1]) * along[1]) / length, 0, 1)
        distance = np.hypot(x - start[0] - share * along[0], y - start[1] - share * along[1])
        ink = np.clip(2 - distance / width, 0, 1).astype(np.float32)
        np.maximum(self.grid, ink, out=self.grid)

    def _press(self, event: Event) -> None:
        if isinstance(event, MouseEvent) and (point := self._point(event)):
            self._last = point
            self._ink(point, point)
            self._refresh("your digit")

    def _move(self, event: Event) -> None:
        if self._last and isinstance(event, MouseEvent) and (point := self._point(event)):
            self._ink(self._last, point)
            self._last = point
            self._refresh("your digit")

    def _release(self, _event: Event) -> None:
        self._last = None

    def _point(self, event: MouseEvent) -> tuple[float, float] | None:
        if event.inaxes is not self._axis or event.xdata is None or event.ydata is None:
            return None
        return event.xdata, event.ydata

    def _refresh(self, title: str) -> None:
        self._picture.set_data(self.grid)
        self._axis.set_title(title)
        self._figure.canvas.draw_idle()
