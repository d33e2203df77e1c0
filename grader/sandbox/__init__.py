"""Sandboxes: where student code runs, and nowhere else."""

from grader.sandbox.fake import FakeSandbox
from grader.sandbox.interface import Finding, Job, Receive, Refused, RunEnd, Sandbox
from grader.sandbox.jobfolder import write_job

__all__ = ["FakeSandbox", "Finding", "Job", "Receive", "Refused", "RunEnd", "Sandbox", "write_job"]
