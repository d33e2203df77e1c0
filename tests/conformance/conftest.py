from sandbox_jobs import run, sandbox

__all__ = ["run", "sandbox"]
