import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "conformance"))

from sandbox_jobs import run, sandbox

__all__ = ["run", "sandbox"]
