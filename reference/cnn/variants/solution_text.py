"""What stands in our solution, for changes to name."""

from pathlib import Path

from grader.notebook.variants import Solution

SOURCE = Solution.read((Path(__file__).parents[1] / "solution.ipynb").read_bytes()).sources
CLASS = {name: SOURCE[name].partition("\n\n\n")[0] for name in ("fc", "lenet", "cnn")}
"""The text of the three classes, without the lines that make the models."""
FUNCTION = SOURCE["conv1d"]
LINES = {
    "def": "def train_model(model, crit, opt, dl_tr, dl_te, epochs):\n",
    "epochs": "    for ep in range(epochs):\n",
    "model": "        model.train()\n",
    "loop": "        for it, batch in enumerate(dl_tr):\n",
    "forward": "            logits = model(x)\n",
    "loss": "            loss = crit(logits, y)\n",
    "backward": "            loss.backward()\n",
    "step": "            opt.step()\n",
    "zero": "            opt.zero_grad()\n",
    "eval": "        model.eval()\n",
    "evaluation": "        with torch.no_grad():\n",
    "right": "                right += accuracy(model(x), y) * len(y)\n",
    "end": '        print(f", accuracy test: {right / seen:.2f}")',
}
"""Lines of `train_model`, as they stand in the solution."""
CRITERION = "criterion = nn.CrossEntropyLoss()"
OPTIMIZER = "opt = torch.optim.SGD(model_fc.parameters(), lr=learning_rate)"
THRESHOLD = "    thresholded_result = np.where(result > np.mean(result), 1.0, 0.0)\n"
FC_ANSWER = SOURCE["fc-count-answer"]
LENET_ANSWER = SOURCE["lenet-count-answer"]
