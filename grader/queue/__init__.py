"""Tells workers that there is work."""

from grader.queue.fake import FakeQueue
from grader.queue.interface import JobQueue

__all__ = ["FakeQueue", "JobQueue"]
