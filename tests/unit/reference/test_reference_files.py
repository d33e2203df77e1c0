"""What students get beside the notebook works without a display and without a keyboard."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.signal import convolve2d

from reference.cnn import figures
from reference.cnn.convolution import SOBEL

FILES = Path(figures.__file__).parent / "files"


@pytest.mark.parametrize("name", ["mlp", "lenet5", "cnn", "new_logo", "old_logo"])
def test_every_picture_is_there_and_small(name: str) -> None:
    path = FILES / "img" / f"{name}.png"
    with Image.open(path) as picture:
        picture.load()
        assert min(picture.size) >= 200
    assert path.stat().st_size < 60_000


def test_the_pictures_can_be_drawn_again(tmp_path: Path) -> None:
    figures.main(tmp_path)
    for made in tmp_path.iterdir():
        with Image.open(made) as new, Image.open(FILES / "img" / made.name) as kept:
            assert new.size == kept.size
    for name in ("new_logo", "old_logo"):
        kept = np.asarray(Image.open(FILES / "img" / f"{name}.png"))
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / f"{name}.png")), kept)


@pytest.mark.parametrize("draw", [figures.new_logo, figures.old_logo])
@pytest.mark.parametrize("sobel", SOBEL, ids=["vertical", "horizontal"])
def test_a_logos_threshold_is_decided_by_no_rounding_and_is_not_zero(
    draw: Callable[[], NDArray[np.uint8]], sobel: NDArray[np.float64]
) -> None:
    result = convolve2d(draw() / 255, sobel, mode="same")
    above_mean, above_zero = result > result.mean(), result > 0
    assert np.abs(result - result.mean()).min() > 1e-3
    assert np.mean(above_mean != above_zero) > 0.02
    assert 0.02 < above_mean.mean() < 0.2


def headless(code: str, tmp_path: Path, stdin: str | None = None) -> str:
    """Runs code in a folder like a student's, with no display; what it printed."""
    for item in FILES.iterdir():
        (tmp_path / item.name).symlink_to(item)
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:helpers", "-c", code],
        cwd=tmp_path,
        env={"PATH": "/usr/bin", "HOME": str(tmp_path), "MPLCONFIGDIR": str(tmp_path / "mpl")},
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_visualisation_draws_all_its_steps_without_a_keyboard(tmp_path: Path) -> None:
    assert "step 1 of 8" in headless("import helpers; helpers.visualize_convolution()", tmp_path)


def test_the_visualisation_ends_at_q(tmp_path: Path) -> None:
    code = "import helpers; helpers.visualize_convolution()"
    assert "step 2" not in headless(code, tmp_path, stdin="q\n")


def test_the_drawing_pad_holds_a_digit_and_asks_the_model(tmp_path: Path) -> None:
    code = """
import helpers, numpy as np, torch
model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(784, 10))
pad = helpers.DrawingPad((28, 28), model, torch.device("cpu"))
assert pad.grid.shape == (28, 28) and pad.grid.dtype == np.float32
assert 0.02 < pad.grid.mean() < 0.5 and pad.grid.min() >= 0 and pad.grid.max() <= 1
before = pad.grid.copy()
pad.blur()
assert not np.array_equal(before, pad.grid) and model.training
print(pad.predict() in range(10))
pad.reset()
assert not pad.grid.any()
"""
    assert headless(code, tmp_path).strip() == "True"


def test_the_logo_is_read_as_brightness(tmp_path: Path) -> None:
    code = """
import helpers
logo = helpers.load_blackwhite_image("img/new_logo.png")
assert logo.shape == (200, 200) and logo.min() == 0 and logo.max() == 1
print(logo.dtype)
"""
    assert headless(code, tmp_path).strip() == "float64"


def test_accuracy_is_the_share_of_right_samples(tmp_path: Path) -> None:
    code = """
import helpers, torch
print(helpers.accuracy(torch.eye(4), torch.tensor([0, 1, 2, 0])))
"""
    assert headless(code, tmp_path).strip() == "0.75"
