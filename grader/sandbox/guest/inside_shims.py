"""Tolerance: what a notebook written for older libraries, or for a person, expects to find."""

import functools
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from inside_imports import on_import

_MAX_ANSWERS = 1_000
_INTERACTIVE = ("tk", "qt", "gtk", "wx", "macosx", "nbagg", "notebook", "widget", "ipympl", "web")
_INSTALLERS = ("pip", "conda", "mamba", "micromamba", "uv")


class Questions:
    """Answers ``q`` to `input()` and `getpass()`, and in the end nothing: a loop must give up."""

    def __init__(self) -> None:
        self._left = _MAX_ANSWERS

    def __call__(self, prompt: object = "", *_: object, **__: object) -> str:
        """Answer a question.

        Raises:
            EOFError: a thousand were asked.
        """
        print(prompt)  # noqa: T201 - the prompt belongs to the cell's output
        if self._left == 0:
            raise EOFError("the grader answers no more questions")
        self._left -= 1
        return "q"


def install(shell: Any, data: str) -> Questions:
    """Make the kernel's shell and, once imported, its libraries tolerant."""
    questions = Questions()
    shell.kernel.raw_input = questions
    shell.kernel.getpass = questions
    shell.ask_exit = lambda: None  # quit() and exit() end nothing
    _only_inline(shell)
    for name in _INSTALLERS:
        shell.register_magic_function(_no_installing, "line", name)
    on_import("matplotlib", _ignore_interactive_backends)
    on_import("matplotlib.axes._axes", lambda axes: _accept_line_collection(axes.Axes, "stem"))
    on_import("matplotlib.pyplot", lambda pyplot: _accept_line_collection(pyplot, "stem"))
    on_import("torchvision.datasets.mnist", lambda mnist: _find_data(mnist, Path(data)))
    return questions


def _no_installing(_: str) -> None:
    """Stand in for the installers' magics."""
    print("Nothing was installed: there is no network here.")  # noqa: T201 - the cell's output


def _only_inline(shell: Any) -> None:
    """Draw nothing: every figure backend is the inline one, and it renders no images.

    Figures are closed after each cell as in a browser, but no PNG is made that nobody sees.
    """
    shell.config.InlineBackend.figure_formats = set()
    enable = shell.enable_matplotlib
    shell.enable_matplotlib = lambda _=None: enable("inline")
    shell.enable_gui = lambda _=None: None


def _ignore_interactive_backends(matplotlib: ModuleType) -> None:
    use = matplotlib.use

    @functools.wraps(use)
    def tolerant(backend: str, *, force: bool = True) -> None:
        if not str(backend).lower().startswith(_INTERACTIVE):
            use(backend, force=force)

    matplotlib.use = tolerant


def _accept_line_collection(owner: Any, name: str) -> None:
    """Let `stem` take ``use_line_collection``, which matplotlib 3.8 removed."""
    stem: Callable[..., Any] = getattr(owner, name)

    @functools.wraps(stem)
    def tolerant(*args: Any, use_line_collection: bool = True, **options: Any) -> Any:  # noqa: ARG001 - accepted, meaningless
        return stem(*args, **options)

    setattr(owner, name, tolerant)


def _find_data(mnist: ModuleType, data: Path) -> None:
    """Let MNIST and its kin find the mounted data, whatever root the notebook names."""
    original = mnist.MNIST.raw_folder.fget

    def raw_folder(self: Any) -> str:
        own: str = original(self)
        if Path(own).is_dir():
            return own
        for base in type(self).__mro__:
            mounted = data / base.__name__ / "raw"
            if mounted.is_dir():
                return str(mounted)
        return own

    mnist.MNIST.raw_folder = property(raw_folder)
