"""What came out of a sandbox, turned from bytes into data."""

from grader.evidence.collect import Collector
from grader.evidence.decode import arrays
from grader.evidence.frames import FrameReader, pack

__all__ = ["Collector", "FrameReader", "arrays", "pack"]
