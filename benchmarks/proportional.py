"""What processes hold: proportional, where what several map is divided among them, and private."""

import os
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MB = 1e6


@dataclass(frozen=True)
class Memory:
    """In bytes."""

    proportional: int = 0
    private: int = 0

    def __add__(self, other: "Memory") -> "Memory":
        return Memory(self.proportional + other.proportional, self.private + other.private)

    def more_than(self, other: "Memory", runs: int) -> "Memory":
        """What each of some further runs added."""
        return Memory(
            (self.proportional - other.proportional) // runs,
            (self.private - other.private) // runs,
        )


def descendants(root: int) -> set[int]:
    """Every process below one, in whatever namespace; not itself."""
    children: dict[int, set[int]] = defaultdict(set)
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            children[int(fields[1])].add(int(folder.name))
    found: set[int] = set()
    left = [root]
    while left:
        new = children[left.pop()] - found
        found |= new
        left += new
    return found


def memory_below(root: int = 0) -> Memory:
    """Of all processes below one (0: this one), read from their `smaps_rollup`."""
    total = Memory()
    for process in descendants(root or os.getpid()):
        with suppress(OSError):
            total += _memory(Path(f"/proc/{process}/smaps_rollup").read_text())
    return total


def _memory(rollup: str) -> Memory:
    sizes: dict[str, int] = {}
    for line in rollup.splitlines()[1:]:
        name, _, rest = line.partition(":")
        sizes[name] = int(rest.split()[0]) * 1024
    return Memory(sizes["Pss"], sizes["Private_Clean"] + sizes["Private_Dirty"])
