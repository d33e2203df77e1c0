import shutil
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Self

from notebooks import edits

from grader.notebook.variants import Solution, code
from grader.settings import Settings
from reference.cnn.variants import FLAWS

FLAWED = 3


class Notebooks:
    """The notebooks that are measured, in a folder like a student's: files and data beside."""

    def __init__(self, *, quick: bool) -> None:
        self.quick = quick
        self.folder = Path(mkdtemp(prefix="grader-bench-"))
        shutil.copytree("reference/cnn/files", self.folder, dirs_exist_ok=True)
        (self.folder / "data").symlink_to(Settings().data_dir)
        full = edits.short_training(edits.solution()) if quick else edits.solution()
        self.full = self._write("full.ipynb", full)
        self.untrained = self._write("untrained.ipynb", edits.without_training(edits.solution()))
        solution = Solution(edits.solution())
        packs = solution.packed(FLAWS, lambda one, other: bool({*one.concerns} & {*other.concerns}))
        self.flawed = [
            self._write(f"flawed{n}.ipynb", edits.without_training(solution.with_variants(pack)))
            for n, pack in enumerate(packs[:FLAWED])
        ]
        loud = edits.without_training(edits.solution())
        flood = "for _ in range(200):\n    print('x' * 1024 * 1024)"
        loud["cells"].append(code("loud", flood))
        self.loud = self._write("loud.ipynb", loud)

    def _write(self, name: str, notebook: edits.Notebook) -> Path:
        path = self.folder / name
        path.write_bytes(edits.to_bytes(notebook))
        return path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
