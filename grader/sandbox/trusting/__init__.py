"""No sandbox at all: for a notebook that one trusts, on a machine that has nothing better."""

from grader.sandbox.trusting.run import TrustingSandbox

__all__ = ["TrustingSandbox"]
