"""torchvision's own mirrors, read from its source: no address stands here, torch stays unloaded."""

import ast
import gzip
import importlib.util
import time
import urllib.request
import zlib
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from grader.data.copying import copy_exactly
from grader.data.interface import FetchProgress, OnProgress, RawFile, SourceError

CONNECT_SECONDS = 5.0
FILE_SECONDS = 120.0
ATTEMPTS = 2


def torchvision_source() -> Path | None:
    """The file of torchvision that lists the mirrors; None where torchvision is not installed.

    The package is looked up without being imported: the import would load torch.
    """
    spec = importlib.util.find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "datasets" / "mnist.py"


def read_mirrors(source: Path | None) -> tuple[str, ...]:
    """The addresses in ``MNIST.mirrors`` of torchvision's source, each with a slash at its end.

    Raises:
        SourceError: the list is not where it was in torchvision 0.29.
    """
    if source is None or not source.is_file():
        raise SourceError("torchvision, which lists the mirrors, is not installed")
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name == "MNIST":
            for line in node.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "mirrors":
                    return tuple(f"{str(m).rstrip('/')}/" for m in ast.literal_eval(line.value))
    raise SourceError(f"{source} lists no mirrors")


class Mirrors:
    """Fetches gzip files from each mirror in turn until one has them.

    Args:
        mirrors: finds the addresses, when they are needed.
        seconds: how long a mirror may stay silent.
    """

    name = "torchvision's mirrors"

    def __init__(
        self,
        mirrors: Callable[[], tuple[str, ...]] = lambda: read_mirrors(torchvision_source()),
        seconds: float = CONNECT_SECONDS,
    ) -> None:
        self._mirrors = mirrors
        self._seconds = seconds

    def get(self, wanted: Sequence[RawFile], into: Path, on_progress: OnProgress) -> None:
        """See `Source`."""
        problems = []
        left = list(wanted)
        for mirror in self._mirrors():
            try:
                while left:
                    self._get_with_retry(mirror, left[0], into, on_progress)
                    left.pop(0)
            except SourceError as error:
                problems.append(str(error))
            else:
                return
        raise SourceError("; ".join(problems))

    def _get_with_retry(
        self, mirror: str, file: RawFile, into: Path, on_progress: OnProgress
    ) -> None:
        retrying = Retrying(
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_fixed(0.5),
            retry=retry_if_exception_type((TimeoutError, ConnectionError)),
            reraise=True,
        )
        try:
            retrying(self._get_file, mirror, file, into, on_progress)
        except HTTPError as error:
            with error:  # it holds the connection
                raise SourceError(f"{mirror}: {error}") from error
        except (OSError, HTTPException, EOFError, zlib.error) as error:
            raise SourceError(f"{mirror}: {error}") from error

    def _get_file(self, mirror: str, file: RawFile, into: Path, on_progress: OnProgress) -> None:
        address = f"{mirror}{file.name}.gz"
        if not address.startswith(("https://", "http://")):
            raise SourceError(f"{address} is neither http nor https")
        deadline = time.monotonic() + FILE_SECONDS

        def report(done: int) -> None:
            if time.monotonic() > deadline:
                raise SourceError(f"{address} took longer than {FILE_SECONDS:.0f} s")
            on_progress(FetchProgress(source=self.name, file=file.name, done=done, total=file.size))

        request = urllib.request.Request(address, headers={"User-Agent": "grader"})  # noqa: S310 - checked above
        with (
            urllib.request.urlopen(request, timeout=self._seconds) as response,  # noqa: S310 - checked above
            gzip.GzipFile(fileobj=response) as unpacked,
        ):
            copy_exactly(unpacked, into / file.name, file, report)
