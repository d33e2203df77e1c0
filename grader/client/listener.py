"""Who listens at an address of this machine.

Any of its users may listen at a port that is free, and `grader serve` is not always there. A token
that was kept for it must not be sent to whoever took its place.
"""

import os
import sys
from contextlib import suppress
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from urllib.parse import urlsplit

from grader.errors import ServiceError

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_LISTENS = "0A"


def require_ours(url: str) -> None:
    """Nothing where a program of this user listens there, or none, or it is another machine's.

    Raises:
        ServiceError: a program of another user listens there.
    """
    others = _users_at(url) - {os.geteuid()}
    if others:
        raise ServiceError(
            "not_ours",
            f"{url}: found a program of user {min(others)} listening, expected the `grader serve` "
            "of this user, whose token it would get; start `grader serve` at another --port",
        )


def _users_at(url: str) -> set[int]:
    """Ids of the users whose programs accept connections there, as far as the kernel tells."""
    found: set[int] = set()
    parts = urlsplit(url)
    wanted = _addresses(parts.hostname or "")
    for table in _TABLES:
        with suppress(OSError):  # one that has no IPv6
            for line in table.read_text().splitlines()[1:]:
                _, local, _, state, _, _, _, user, *_ = line.split()
                address, _, port = local.partition(":")
                if state == _LISTENS and int(port, 16) == parts.port and address in wanted:
                    found.add(int(user))
    return found


def _addresses(host: str) -> set[str]:
    """The host as the kernel's tables write it, and what stands there for every address."""
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return set()
    written = {_written(address.packed), "0" * 8, "0" * 32}
    if isinstance(address, IPv4Address):
        written.add(_written(b"\0" * 10 + b"\xff\xff" + address.packed))
    return written


def _written(packed: bytes) -> str:
    """In words of four bytes, each in this machine's order."""
    words = (packed[start : start + 4] for start in range(0, len(packed), 4))
    return "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
