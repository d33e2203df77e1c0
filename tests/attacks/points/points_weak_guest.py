"""Our guest with one defence taken out: a few lines of a copy, changed where a test asks for it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from grader.sandbox import jobfolder


@dataclass(frozen=True)
class Edit:
    """A passage of one of the guest's files, and what stands there instead."""

    file: str
    old: str
    new: str

    def make(self, guest: Path) -> None:
        """Change the file; the passage must be there once, so that no weakening grows old."""
        path = guest / self.file
        text = path.read_text()
        assert text.count(self.old) == 1, f"{self.file} holds {self.old!r} no more, or twice"
        path.write_text(text.replace(self.old, self.new))


@contextmanager
def guest_with(*edits: Edit) -> Iterator[None]:
    """Jobs that are written meanwhile get a guest with these changes."""
    with TemporaryDirectory(prefix="grader-weak-guest-") as folder:
        copy = Path(folder) / "guest"
        shutil.copytree(jobfolder.GUEST, copy)
        for edit in edits:
            edit.make(copy)
        with patch.object(jobfolder, "GUEST", copy):
            yield


LATE_NUMPY = Edit(
    "inside_values.py",
    "return bool(((left == right) | (isnan(left) & isnan(right))).all())",
    'return bool(__import__("numpy").allclose(left, right, equal_nan=True))',
)
"""It looks up how to compare two results when it needs that."""
LATE_JSON = Edit(
    "shared_text.py",
    'return _encode(record).encode("utf-8", "replace")',
    'return json.dumps(record).encode("utf-8", "replace")',
)
"""It looks up how to write an answer when it needs that."""
LEFT_BUILTINS = Edit("inside_quiet.py", "_own_builtins({**_BUILTINS, ", "_own_builtins({")
"""It leaves builtins as the notebook left them."""
THEIR_METHODS = Edit(
    "inside_torch.py",
    '    """Every parameter once, with its dotted name, in the order of `parameters()`."""\n',
    "    yield from root.named_parameters()\n    return\n",
)
"""It asks a model for its parameters by the model's own method."""
THEIR_COMPARISON = Edit(
    "inside_functions.py",
    "return same(result, _numbers(function(*_arguments(context, probe, keys))))",
    "return bool((function(*_arguments(context, probe, keys)) == result).all())",
)
"""It compares what a function gave by the objects' own operator."""
ONLY_AT_THE_END = Edit("guest_run.py", '        await self._ask("after")\n', "")
"""It asks about nothing before the notebook is over."""
