"""Which start of this machine it is."""

from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Another one after each start; empty where the kernel does not say (random(4))."""
    return _BOOT.read_text().strip() if _BOOT.exists() else ""
