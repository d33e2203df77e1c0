import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.domain.numbers import stated_numbers
from grader.domain.question import Question
from grader.notebook import parse

Build = Callable[..., bytes]
CellSpec = tuple[str, Any]


def ask(id_: str, *anchors: str) -> Question:
    return Question(id=id_, title=id_, anchors=anchors)


COUNT = ask("count", r"how many learnable parameters")
LENET = ask("lenet", r"parameters does our lenet")
FINDINGS = ask("findings", r"comment on your findings", r"what are your findings")
GAUSS = ask("gauss", r"gaussian grows")
SOBEL = ask("sobel", r"effects do the sobel filters")
ALL = (COUNT, LENET, FINDINGS, GAUSS, SOBEL)

ASKED = "**Q:** How many learnable parameters does this network have?"
NEXT = "**Q:** What is a filter?"


def answer(data: bytes, question: Question = COUNT, release: bytes | None = None) -> str:
    return parse(data, "n.ipynb", questions=ALL, release=release).answers[question.id]


@pytest.mark.parametrize(
    "cells",
    [
        [("markdown", f"{ASKED} 567434")],
        [("markdown", f"{ASKED}\n567434")],
        [("markdown", f"{ASKED}\n\n567434")],
        [("markdown", f"{ASKED}\n\n**A:** 567434")],
        [("markdown", f"{ASKED}\n**A:** 567434")],
        [("markdown", f"{ASKED}\n\n**A**: 567434")],
        [("markdown", f"{ASKED}\n\n*Answer:* 567434")],
        [("markdown", f"{ASKED}\n    \n567434")],
        [("markdown", ASKED), ("markdown", "567434")],
        [("markdown", ASKED), ("markdown", "A: 567434")],
        [("markdown", ASKED), ("raw", "567434")],
        [("markdown", ASKED), ("code", "sum(sizes)"), ("markdown", "567434")],
        [("markdown", ASKED), ("markdown", ""), ("code", ""), ("markdown", "567434")],
        [
            ("markdown", ASKED),
            ("markdown", "567434"),
            ("markdown", "## 1.7 Loss\n\n10 losses."),
        ],
        [("markdown", f"{ASKED}\n\n567434\n\n# Next\n\n12 layers")],
        [("markdown", f"{ASKED}\n\n567434\n\n{NEXT}\n\n12")],
        [("markdown", f"# 1.6 Model\n\nIt has 4 layers.\n\n{ASKED}"), ("markdown", "567434")],
        [("markdown", f"{ASKED}\n\n# 567434")],
        [("markdown", f"{ASKED}\n\n## A: 567434")],
        [("markdown", f"{ASKED}\n\n> 567434")],
        [("markdown", f"{ASKED}\n\n---\n\n567434")],
        [("markdown", ASKED), ("markdown", f"> {ASKED}\n\n567434")],
        [("markdown", ASKED), ("markdown", f"{ASKED}\n\n567434")],
        [("markdown", ASKED), ("markdown", f"> {ASKED[7:]}\n\n567434")],
        [("markdown", ASKED), ("markdown", f"*{ASKED[7:]}*\n\n567434")],
        [("markdown", f"{ASKED}\n\n*your answer*\n\n567434")],
        [("markdown", f"{ASKED}\n\n<!-- 123 -->567434<!-- 4 -->")],
        [("markdown", "**Q**: How many  learnable\nparameters does it have?\n\n567434")],
        [("markdown", "How many learnable parameters does it have? 567434")],
        [("markdown", "- **Question 3:** How many learnable parameters? Why?\n\n567434")],
        [("markdown", f"{ASKED}\n\n567434"), ("code", "train()"), ("markdown", "Now 5 epochs.")],
    ],
)
def test_an_answer_is_found_wherever_it_was_put(build: Build, cells: Sequence[CellSpec]) -> None:
    assert answer(build(cells)).strip() == "567434"


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [("markdown", ASKED)],
        [("markdown", f"{ASKED}\n\n**A:**")],
        [("markdown", f"{ASKED}\n\n**A:** *your answer*")],
        [("markdown", f"{ASKED}\n\n*Type your answer here.*")],
        [("markdown", f"567434\n\n{ASKED}")],
        [("markdown", ASKED), ("code", "# 567434")],
        [("markdown", f"{ASKED}\n\n<!-- 567434 -->")],
        [("markdown", f"{ASKED}\n\n<!-- 567434")],
        [("markdown", f"{ASKED}\n\n> {ASKED}")],
        [("markdown", f"{ASKED}\n\n## Next\n\n567434")],
        [("markdown", f"{ASKED}\n\n{NEXT}\n\n567434")],
        [("markdown", f'{ASKED}\n\n<img src="img/mlp.png" width=800></img>')],
    ],
)
def test_what_was_not_written_as_an_answer_is_none(build: Build, cells: Sequence[CellSpec]) -> None:
    assert answer(build([("code", "import torch"), *cells])) == ""


def test_saved_outputs_are_no_answer(build: Build) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "Total params: 567,434"}
    code = {"cell_type": "code", "id": "b", "source": "summary(model)", "outputs": [output]}
    asked = {"cell_type": "markdown", "id": "a", "source": ASKED}
    assert answer(build([], cells=[asked, code])) == ""


def test_an_answer_that_repeats_the_question_is_an_answer(build: Build) -> None:
    text = "How many learnable parameters? The network has 567434 of them."
    assert answer(build([("markdown", ASKED), ("markdown", text)])) == text


def test_an_answer_in_several_paragraphs_keeps_its_shape(build: Build) -> None:
    text = "First, $$785 \\cdot 512\n= 401920$$\n\n- one\n- two\n\n```\n# no heading\n\ncode\n```"
    assert answer(build([("markdown", f"{ASKED}\n\n{text}\n\n# Next")])) == text


def test_a_comment_after_the_exercises_code_counts_where_little_was_said(build: Build) -> None:
    below = [("code", "plot()"), ("markdown", "It blurs the image.")]
    asked = "**Q:** What happens as the Gaussian grows?"
    data = build([("markdown", f"{asked}\n\nSee below."), *below])
    assert answer(data, GAUSS) == "See below.\n\nIt blurs the image."


def test_an_unmarked_sentence_can_ask(build: Build) -> None:
    task = "Train the model and vary the filters. Comment on your findings.\n\n"
    data = build([("markdown", f"## 2.2\n\n{task}More filters help."), ("code", "class CNN: 0")])
    assert answer(data, FINDINGS) == "More filters help."


def test_a_long_answer_is_cut_visibly(build: Build) -> None:
    found = answer(build([("markdown", f"{ASKED}\n\n{'word ' * 10_000}")]))
    assert len(found) < 20_100
    assert found.endswith("… (cut)")


def test_an_embedded_image_does_not_fill_the_answer(build: Build) -> None:
    image = f"![sketch](data:image/png;base64,{'A' * 100_000})"
    assert answer(build([("markdown", f"{ASKED}\n\n{image}\n\n567434")])).endswith("567434")


# On the real exercise: what stands in the release is nobody's answer.

REAL = (
    ask("count", r"how many learnable parameters"),
    ask("lenet", r"parameters does our lenet"),
    ask("findings", r"what are your findings"),
    ask("gauss", r"gaussian grows"),
    ask("sobel", r"effects do the sobel filters"),
)


class Exercise:
    """The release notebook, to be filled in."""

    def __init__(self, release: bytes) -> None:
        self.release = release
        self.notebook = json.loads(release)

    def find(self, text: str) -> int:
        return next(i for i, c in enumerate(self.notebook["cells"]) if text in "".join(c["source"]))

    def write(self, at: int, source: str) -> None:
        self.notebook["cells"][at]["source"] = source

    def insert(self, at: int, kind: str, source: str) -> None:
        cell = {"cell_type": kind, "id": f"new-{at}", "metadata": {}, "source": source}
        self.notebook["cells"].insert(at, cell)

    def answers(self) -> dict[str, str]:
        data = json.dumps(self.notebook).encode()
        return parse(data, "n.ipynb", questions=REAL, release=self.release).answers


@pytest.fixture
def exercise(release: bytes) -> Exercise:
    return Exercise(release)


def test_the_release_itself_answers_nothing(exercise: Exercise) -> None:
    assert exercise.answers() == dict.fromkeys((q.id for q in REAL), "")


def test_the_solution_answers_everything(release: bytes, solution: bytes) -> None:
    answers = parse(solution, "s.ipynb", questions=REAL, release=release).answers
    assert all(answers.values())
    for question, count in (("count", 567_434), ("lenet", 106_154)):
        (number,) = stated_numbers(answers[question])
        assert number.could_be(count)


@pytest.mark.parametrize(
    ("placeholder", "found"),
    [
        ("**A:** 567434", "567434"),
        ("**A:** *your answer* 567434", "567434"),
        ("**A:** *567434*", "*567434*"),
        ("567434", "567434"),
        ("**A:** *your answer*\n\n567434", "567434"),
        ("", ""),
    ],
)
def test_a_placeholder_counts_with_what_was_added(
    exercise: Exercise, placeholder: str, found: str
) -> None:
    exercise.write(exercise.find("learnable parameters") + 1, placeholder)
    assert exercise.answers()["count"].replace("**", "").strip() == found


def test_an_answer_in_the_questions_paragraph_is_found(exercise: Exercise) -> None:
    at = exercise.find("learnable parameters")
    asked = "".join(exercise.notebook["cells"][at]["source"])
    exercise.write(at, f"{asked} 567434")
    assert exercise.answers()["count"].strip() == "567434"


def test_an_answer_that_replaced_the_question_is_found(exercise: Exercise) -> None:
    exercise.write(exercise.find("learnable parameters"), "567434")
    assert exercise.answers()["count"] == "567434"


def test_an_answer_before_the_next_heading_is_found(exercise: Exercise) -> None:
    exercise.insert(exercise.find("### 1.5"), "markdown", "It has 567434.")
    assert exercise.answers()["count"] == "It has 567434."


def test_an_answer_after_own_code_is_found(exercise: Exercise) -> None:
    at = exercise.find("parameters does our LeNet")
    exercise.insert(at + 1, "code", "counts = [p.numel() for p in model_lenet.parameters()]")
    exercise.insert(at + 2, "markdown", "So 106154.")
    assert exercise.answers()["lenet"] == "So 106154."


def test_an_answer_after_the_exercises_code_is_found(exercise: Exercise) -> None:
    at = exercise.find("summary(model_lenet")
    exercise.insert(at + 1, "markdown", "106154, as the table says.")
    assert exercise.answers()["lenet"] == "106154, as the table says."


def test_remarks_on_the_training_are_no_second_answer(exercise: Exercise) -> None:
    exercise.write(exercise.find("parameters does our LeNet") + 1, "**A:** 106154")
    exercise.insert(exercise.find("train_model(model_lenet") + 1, "markdown", "98 after 5 epochs")
    assert exercise.answers()["lenet"] == "106154"


def test_headings_of_the_students_own_do_not_end_an_answer(exercise: Exercise) -> None:
    exercise.write(exercise.find("learnable parameters") + 1, "### My calculation\n\n567434")
    assert exercise.answers()["count"] == "My calculation\n\n567434"


def test_the_order_of_two_questions_in_a_section_does_not_mix_answers(exercise: Exercise) -> None:
    exercise.write(exercise.find("of the Gaussian grows") + 1, "**A:** It blurs more.")
    exercise.write(exercise.find("effects do the Sobel") + 1, "**A:** Edges.")
    answers = exercise.answers()
    assert (answers["gauss"], answers["sobel"]) == ("It blurs more.", "Edges.")


KINDS = st.sampled_from(["markdown", "code", "raw"])
PIECES = st.sampled_from([ASKED, NEXT, "**A:**", "> ", "# ", "```", "<!--", "\n\n"])


@given(st.lists(st.tuples(KINDS, st.text(max_size=60)), max_size=6), st.lists(PIECES, max_size=8))
def test_any_text_around_a_question_is_read(cells: list[CellSpec], pieces: list[str]) -> None:
    specs = [*cells, ("markdown", "".join(pieces))]
    source = {"cells": [{"cell_type": kind, "source": text} for kind, text in specs]}
    data = json.dumps({"nbformat": 4, "metadata": {}, **source}).encode()
    assert set(parse(data, "n.ipynb", questions=ALL).answers) == {q.id for q in ALL}
