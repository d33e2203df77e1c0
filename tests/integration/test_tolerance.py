"""Notebooks written for older libraries, a browser or a desk with a keyboard still run."""

import pytest
from integration_support import Grade

from grader.pipeline import Graded

OLD = {
    "imports of the exercise": (
        "import numpy as np\nimport torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"
        "from torch.utils.data import DataLoader\nfrom torchvision.datasets import MNIST\n"
        "from torchvision.transforms import ToTensor, Lambda, Compose\n"
        "from torchsummary import summary\nimport matplotlib.pyplot as plt\n"
        "from scipy.signal import convolve2d\n"
        "from helpers import accuracy, visualize_convolution, load_blackwhite_image, DrawingPad"
    ),
    "%matplotlib notebook": "%matplotlib notebook\n%load_ext autoreload\n%autoreload 2",
    "%matplotlib widget": "%matplotlib widget",
    "use_line_collection": (
        "plt.figure()\n"
        "_ = plt.stem(np.arange(5), use_line_collection=True)\n"
        "a, b, c = plt.stem(np.arange(3), linefmt=':', markerfmt='*', label='x', "
        "use_line_collection=True)\nplt.setp(b, color='r', linewidth=2)\nplt.legend()\nplt.show()"
    ),
    "torchsummary": "summary(nn.Sequential(nn.Linear(784, 10)), input_size=(784,))",
    "data of 60,000 + 10,000, four workers": (
        "flatten = Lambda(lambda x: x.flatten())\n"
        "steps = Compose([ToTensor(), flatten])\n"
        "train = MNIST('data', train=True, download=True, transform=steps)\n"
        "test = MNIST('data', train=False, download=True, transform=ToTensor())\n"
        "assert (len(train), len(test)) == (60000, 10000)\n"
        "x, y = next(iter(DataLoader(train, batch_size=128, num_workers=4)))\n"
        "assert x.shape == (128, 784) and y.shape == (128,)"
    ),
    "data somewhere else": "assert len(MNIST('../somewhere', train=False, download=True)) == 10000",
    "input": "assert input('More? ') == 'q'",
    "tqdm": "from tqdm import tqdm\nassert sum(tqdm(range(5))) == 10",
    "tqdm in a notebook": "from tqdm.notebook import tqdm\nassert sum(tqdm(range(5))) == 10",
    "ipywidgets": "import ipywidgets\nipywidgets.IntSlider()",
    "carriage returns": "for i in range(3): print(f'\\rEp 1/1, it {i}/3', end='')",
    "visualisation": "visualize_convolution()",
    "drawing pad": (
        "model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))\n"
        "dp = DrawingPad((28, 28), model, torch.device('cpu'))\n"
        "assert model(torch.from_numpy(dp.grid)[None, None]).shape == (1, 10)"
    ),
    "logo": "logo = load_blackwhite_image(image_name='img/new_logo.png')\nassert logo.ndim == 2",
    "shell": "!echo hello\n!ls img",
    "bash": "%%bash\nls img",
    "time": "%%time\nsum(range(10))",
}


@pytest.fixture(scope="module")
def old(grade: Grade) -> Graded:
    return grade(list(OLD.values()))


@pytest.mark.parametrize(("index", "name"), list(enumerate(OLD)), ids=list(OLD))
def test_it_runs(old: Graded, index: int, name: str) -> None:
    cell = old.report.run.cells[index]
    assert cell.status == "ok", f"{name}: {cell.error}"


def test_an_error_in_a_plot_costs_nothing(grade: Grade) -> None:
    """The plotting cell of the sheet fails, the function beside it is judged."""
    graded = grade(
        [
            "import numpy as np",
            "def convolution_one_dimensional(x, h):\n    return np.convolve(x, h, mode='same')",
            "import matplotlib.pyplot as plt\nplt.stem([1], no_such_option=True)",
        ]
    )
    assert graded.report.run.cells[2].status == "error"
    assert next(p for p in graded.report.problems if p.id == "conv1d").earned == 10
