import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

from reference.cnn.build import HERE, SOURCE, SourceError, Variant, as_bytes, main, notebook, read

VARIANTS: tuple[Variant, ...] = ("solution", "release")
both = pytest.mark.parametrize("variant", VARIANTS)


@pytest.fixture(scope="module")
def text() -> str:
    return SOURCE.read_text(encoding="utf-8")


@both
def test_the_committed_notebook_is_what_the_source_gives(text: str, variant: Variant) -> None:
    assert (HERE / f"{variant}.ipynb").read_bytes() == as_bytes(notebook(text, variant)), (
        "run: python -m reference.cnn.build"
    )


def test_building_writes_both_notebooks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["release.ipynb", "solution.ipynb"]
    assert capsys.readouterr().out.count(str(tmp_path)) == 2


@both
def test_the_notebook_is_valid_and_holds_no_output(text: str, variant: Variant) -> None:
    built = nbformat.reads(as_bytes(notebook(text, variant)).decode(), as_version=4)
    nbformat.validate(built)
    assert (built.nbformat, built.nbformat_minor) == (4, 5)
    assert [cell.outputs for cell in built.cells if cell.cell_type == "code"] == [[]] * sum(
        cell.cell_type == "code" for cell in built.cells
    )


@both
def test_every_code_cell_compiles(text: str, variant: Variant) -> None:
    for cell in notebook(text, variant)["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            ast.parse(re.sub(r"^%.*$", "pass", source, flags=re.MULTILINE), filename=cell["id"])


@both
def test_no_mark_of_the_source_is_left(text: str, variant: Variant) -> None:
    built = json.dumps(notebook(text, variant))
    assert not re.search(r"\[(solution|release|end)\]|<!--|FINDINGS", built)


def test_both_notebooks_have_the_same_cells(text: str) -> None:
    solution, release = (notebook(text, variant)["cells"] for variant in VARIANTS)
    assert [(c["id"], c["cell_type"]) for c in solution] == [
        (c["id"], c["cell_type"]) for c in release
    ]


def test_every_question_is_followed_by_its_answer(text: str) -> None:
    cells = ["".join(cell["source"]) for cell in notebook(text, "release")["cells"]]
    asking = [index for index, source in enumerate(cells) if "\n**Q:**" in f"\n{source}"]
    assert len(asking) == 7
    assert all(cells[index + 1] == "**A:** *your answer*" for index in asking)


def test_the_release_gives_no_answer_away(text: str) -> None:
    built = "".join("".join(cell["source"]) for cell in notebook(text, "release")["cells"])
    hidden = ["567", "106154", "loss.backward()", "opt.step()", "np.where", "[::-1]", "= -2"]
    hidden += ["torch.optim.SGD(model_fc", "nn.CrossEntropyLoss()", "nn.Linear(", "nn.Conv2d("]
    assert [given for given in hidden if given in built] == []


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("words\n", "line 1: found 'words'"),
        ("<!-- cell: a -->\n<!-- cell: a -->\n", "line 3: found a second cell 'a'"),
        ("```python a\nx = 1\n", "line 1: found an open fence"),
        ("```python a\n# [release]\n```\n", "line 2: found [release], expected [solution]"),
        ("```python a\n# [solution]\n```\n", "cell 'a': found its end, expected [release]"),
    ],
)
def test_a_broken_source_is_refused_with_its_line(source: str, message: str) -> None:
    with pytest.raises(SourceError, match=re.escape(message)):
        notebook(source, "solution")


def test_a_cell_keeps_its_lines_and_drops_blank_ones_around_it() -> None:
    source = "<!-- cell: a -->\n\none\n\ntwo\n\n```python b\n\nx = 1\n\n\ny = 2\n```\n"
    assert [cell["source"] for cell in notebook(source, "release")["cells"]] == [
        ["one\n", "\n", "two"],
        ["x = 1\n", "\n", "\n", "y = 2"],
    ]
    assert [cell.name for cell in read(source)] == ["a", "b"]
