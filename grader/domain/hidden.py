"""Hidden inputs: drawn anew for every notebook, the same again for a regrade."""

import hashlib
import hmac
from typing import Annotated, Self

import numpy as np
from pydantic import Field

from grader.domain.base import Frozen


class Hidden(Frozen):
    """Source of everything random that is drawn for one submission.

    The seed is HMAC-SHA256(course secret, notebook hash): a student cannot compute it, and what
    leaks out of one run says nothing about the next notebook's inputs.
    """

    seed: Annotated[str, Field(pattern=r"^([0-9a-f]{2}){1,64}$")]
    """Hex digest; kept beside the evidence, never mounted into a sandbox."""

    @classmethod
    def of(cls, secret: bytes, sha256: str) -> Self:
        """The inputs of the notebook with that digest under that course secret."""
        return cls(seed=hmac.new(secret, sha256.encode(), hashlib.sha256).hexdigest())

    @property
    def id(self) -> str:
        """Tells two seeds apart and gives neither away: for reports, which students read.

        With the seed itself they could draw the hidden inputs of their own notebook, and answer by
        heart when they hand it in again.
        """
        return hmac.new(bytes.fromhex(self.seed), b"id", hashlib.sha256).hexdigest()[:16]

    def rng(self, label: str) -> np.random.Generator:
        """A generator of its own for each label: adding a check moves no other check's inputs."""
        key = hmac.new(bytes.fromhex(self.seed), label.encode(), hashlib.sha256).digest()
        return np.random.Generator(np.random.PCG64(int.from_bytes(key, "big")))
