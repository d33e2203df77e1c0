"""The notebooks made from ours: no training, or a short one."""

from notebooks import course, edits


def _calls(made: edits.Notebook) -> list[str]:
    cells = (cell for cell in made["cells"] if cell["cell_type"] == "code")
    return [cell["id"] for cell in cells if "\ntrain_model(" in cell["source"]]


def test_without_training_no_training_is_called() -> None:
    made = edits.without_training(edits.solution())
    assert _calls(made) == []
    assert all(course.compiles(c["source"]) for c in made["cells"] if c["cell_type"] == "code")


def test_a_short_training_still_calls_every_training() -> None:
    made = edits.short_training(edits.solution())
    assert _calls(made) == ["fc-train", "lenet-train", "cnn-train"]
    assert not [c for c in made["cells"] if "epochs = 5" in c["source"]]
