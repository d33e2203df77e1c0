"""Sandboxes: where student code runs, and nowhere else."""

from grader.sandbox.interface import Finding, Job, Receive, Refused, RunEnd, Sandbox

__all__ = ["Finding", "Job", "Receive", "Refused", "RunEnd", "Sandbox"]
