"""Sandboxes that wait, with the libraries imported, for the job that each of them is for."""

from grader.sandbox.pool.run import Pool

__all__ = ["Pool"]
