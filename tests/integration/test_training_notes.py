"""What is only remarked about a training loop: it costs no point."""

from integration_support import Grade, problem
from notebooks import edits

from grader.domain.variant import Variant
from grader.notebook.variants import Solution
from reference.cnn.variants.solution_text import LINES

CHANGES = {
    LINES["evaluation"]: "        if True:\n",
    LINES["right"]: "                right += accuracy(model(x), y)\n",
    "                seen += len(y)\n": "                seen += 1\n",
    "{right / seen:.2f}": "{right / seen:.6f}",
}


def test_evaluating_with_gradients_and_averaging_over_batches_are_notes(grade: Grade) -> None:
    variant = Variant(name="noted", right=True, concerns={"train_model": None}, changes=CHANGES)
    made = Solution(edits.solution()).with_variants([variant])
    graded = problem(grade(edits.to_bytes(edits.without_training(made))), "train_model")
    assert graded.earned == graded.possible
    told = " ".join(d.text for d in graded.checks[0].details if d.kind == "note")
    assert "gradients switched on" in told
    assert "mean over batches" in told
