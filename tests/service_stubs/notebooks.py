"""Notebooks that are handed in to the stub assignment."""

import nbformat

RIGHT = "x[i:i + width].mean()"
WRONG = "x[i:i + width].sum()"
"""Named ``sum_not_mean``; it leaves half of six points."""
_ANSWERS = """**Q:** How many numbers come out?

**A:** 100 - 5 + 1 = 96

**Q:** What is it for?

**A:** It smooths."""
_CODE = """# label: {label}
# seconds: {seconds}
import numpy as np
def moving_average(x, width):
    width = int(width)
    return np.array([{value} for i in range(len(x) - width + 1)])
def train_model():
    pass
{last}
"""


def notebook(
    label: str = "one",
    *,
    right: bool = True,
    trains: bool = False,
    seconds: float = 0,
    sleeps: float = 0,
) -> bytes:
    """9 of 10 points and one pending, or 6 with the named mistake.

    Args:
        label: what the stub sandbox calls its runs; others make another work of it.
        right: whether it is.
        trains: whether it calls ``train_model`` and so belongs into the lane ``cpu``.
        seconds: how long the stub sandbox takes for it.
        sleeps: seconds that it takes in a real one.
    """
    last = "train_model()" if trains else "moving_average(np.arange(4.0), 2)"
    last += f"\nimport time; time.sleep({sleeps})" * (sleeps > 0)
    code = _CODE.format(label=label, seconds=seconds, value=RIGHT if right else WRONG, last=last)
    made = nbformat.v4.new_notebook()
    made.cells = [
        nbformat.v4.new_markdown_cell(_ANSWERS, id="answers"),
        nbformat.v4.new_code_cell(code, id="code"),
    ]
    return str(nbformat.writes(made)).encode()
