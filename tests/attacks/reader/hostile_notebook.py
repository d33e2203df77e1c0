"""A notebook that puts hostile text into everything that a report tells of a run."""

import json

ESC = "\\x1b]0;owned\\x07\\x1b[2J\\x9b31m\\x1b]52;c;eA==\\x07"
TAGS = "<script>alert(1)</script><img src=x onerror=alert(1)>"
MARKS = "[a](//evil.example) | `x` **b** ```\\n# out [red]r[/] =1+1 ::error::x ##vso[x]y ]]> &amp;"
HOSTILE = f"{ESC}{TAGS}{MARKS}\\u202e\\u2066\\u2028\\0"
CELLS = (
    f"""
import sys, time, warnings
H = "{HOSTILE}"
for n in range(5):
    print(H, n, flush=True)
    print(b"\\xed\\xa0\\x80" + H.encode())
    print("epoch " + "9" * 400 + "/" + H, file=sys.stderr, flush=True)
    time.sleep(0.6)
""",
    """
from IPython.display import HTML, Javascript, Markdown, display
display(HTML(H), Javascript("alert(1)"), Markdown(H), {"text/html": H}, raw=False)
get_ipython().set_next_input(H)
warnings.warn(H)
""",
    "raise type(H.replace('\\0', ''), (Exception,), {})(H)",
    "%%javascript\nalert(1)",
    """
import torch
from torch import nn
class Named(nn.Module):
    def __init__(self):
        super().__init__()
        for name in ("<script>", H[:40].replace(".", ""), "[/]", "=1+1"):
            self.add_module(name, nn.Linear(784, 10))
    def extra_repr(self):
        return H
    def forward(self, x):
        return list(self.children())[0](x.flatten(1))
Named.__name__ = Named.__qualname__ = H
model_fc = Named()
""",
    """
class CNN_LeNet(nn.Module):
    def forward(self, x):
        raise ValueError(H)
model_lenet = CNN_LeNet()
def convolution_one_dimensional(x, h):
    raise RuntimeError(H)
def train_model(*given):
    raise KeyError(H)
class Loss(nn.Module):
    def forward(self, x, y):
        raise OSError(H)
criterion = Loss()
criterion.__class__.__name__ = H
opt = torch.optim.SGD(model_fc.parameters(), lr=0.1)
opt.param_groups[0][H] = H
opt.__class__ = type(H.replace("\\0", ""), (torch.optim.SGD,), {})
""",
    "print(H + chr(0xD800))",
    "thresholded_result = H\nresult = [H]",
)
ANSWERS = {
    "**Q:** How many learnable parameters (weights) does this model have?": "567434",
    "**Q:** What is the number of trainable parameters in our LeNet model?": "",
    "**Q:** Calculate the output of the convolution operation by hand": "y[0] = ",
    "What happens as we increase the $\\sigma$ value of the Gaussian?": "",
}


def notebook() -> bytes:
    """The file; its metadata and its ids are as hostile as its cells."""
    text = HOSTILE.encode().decode("unicode_escape")
    cells: list[dict[str, object]] = [
        {
            "cell_type": "code",
            "id": f"{number}{text}",
            "metadata": {text: text},
            "source": source.strip(),
            "outputs": [{"output_type": text, "data": {"text/html": text}}],
            "execution_count": text,
        }
        for number, source in enumerate(CELLS)
    ]
    for question, answer in ANSWERS.items():
        source = f"{question}\n\n{answer} {text}"
        cells.append({"cell_type": "markdown", "metadata": {}, "source": source})
    kernel = {"name": text, "display_name": text, "language": "python"}
    return json.dumps(
        {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": kernel, "title": text, "authors": [{"name": text}]},
            "cells": cells,
        }
    ).encode()
