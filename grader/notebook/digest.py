"""When two notebooks have the same code: what is written around it does not run."""

import hashlib
from collections.abc import Sequence

from grader.domain.submission import Cell


def code_digest(cells: Sequence[Cell]) -> str:
    """SHA-256, in hex, of the sources of the code cells in their order.

    Each source goes in behind its length, so that no two different lists of sources are one text.
    """
    digest = hashlib.sha256()
    for cell in cells:
        if cell.kind == "code":
            source = cell.source.encode("utf-8", "surrogatepass")
            digest.update(b"%d:" % len(source))
            digest.update(source)
    return digest.hexdigest()
