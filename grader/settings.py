"""What the environment says; read here and nowhere else."""

import os
from pathlib import Path

import platformdirs
from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_DIRS = platformdirs.PlatformDirs("grader", appauthor=False)


def _runtime_dir() -> Path:
    return Path("/run/grader") if os.geteuid() == 0 else Path(_DIRS.user_cache_dir) / "run"


class Settings(BaseSettings):
    """Settings of this machine, by ``GRADER_...`` environment variables."""

    model_config = SettingsConfigDict(env_prefix="GRADER_", env_ignore_empty=True, frozen=True)

    data_dir: Path = Field(default_factory=lambda: Path(_DIRS.user_cache_dir) / "data")
    """Where data sets lie, in torchvision's layout."""
    rehearsal_dir: Path = Field(default_factory=lambda: Path(_DIRS.user_cache_dir) / "rehearsal")
    """Where cut-down data sets lie, made from the full ones."""
    state_dir: Path = Field(default_factory=lambda: Path(_DIRS.user_data_dir))
    """Where the course secret lies when it is not in the environment."""
    runtime_dir: Path = Field(default_factory=_runtime_dir)
    """Locks of running sandboxes; the same for every process of a user on this machine."""
    oci_runtime: str | None = None
    """What containers run in, such as ``runsc`` (gVisor); unset: the engine's own choice."""
    image: str | None = None
    """Image that containers run, made by ``scripts/image.sh``; unset: this machine's own system and
    Python environment are bound into an empty one."""
    waiting: NonNegativeInt = 0
    """Containers that are kept waiting for notebooks, with the libraries imported: each holds about
    425 MB, and spares a notebook the seconds of its imports. For a service, or a class."""
    gpu_shares: NonNegativeInt = 1
    """Runs that may use one GPU at once; 0: no GPU is used. Above 1 nothing but courtesy and a
    watch that looks twice a second keeps them from each other's part of its memory."""
    mps_pipes: Path | None = None
    """Folder of the pipes of a CUDA multi-process server that runs here."""
    course_secret: SecretStr | None = None
    """Hidden inputs are drawn from it; a course that grades on several machines sets it."""
    database_url: SecretStr | None = None
    """The service's database, ``postgresql+psycopg://...``; unset: SQLite in `state_dir`."""
    broker_url: SecretStr | None = None
    """Redis, ``redis://...``; unset: the one that `grader serve` starts in `runtime_dir`."""
    files_url: str | None = None
    """Where notebooks and evidence are kept, any URL of fsspec; unset: below `state_dir`."""
    assignments: str = ""
    """Ids or paths of those that the service grades, joined by commas; empty: all installed."""
    sandbox: str = "auto"
    """What the service's workers run notebooks in."""
    lease_seconds: PositiveFloat = 60
    """A worker that has not reported for so long has lost what it was grading."""
    worker_data: str = ""
    """Data sets that a worker's health looks at; `grader worker` sets it for what it becomes."""
    upload_bytes: PositiveInt = 20_000_000
    """The largest upload that the service takes."""
    requests_per_minute: NonNegativeInt = 600
    """What one token may ask of the service; 0: as often as it likes."""
    uploads_per_minute: NonNegativeInt = 30
    """Notebooks that one token may hand in; 0: as many as it likes."""
