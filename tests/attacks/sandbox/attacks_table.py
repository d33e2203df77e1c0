"""The table of attacks in docs/attacks.md, written from the attacks themselves.

``python tests/attacks/sandbox/attacks_table.py`` writes it anew.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "conformance"))

import host_devices
import host_kernel
import host_others
import host_reach
import resource_counts
import resource_memory
from attack import Attack, Bite
from weakened import Weakening

PAGE = Path(__file__).parents[3] / "docs" / "attacks.md"
BEGIN, END = "<!-- written by attacks_table.py -->\n", "<!-- until here -->\n"
HOST = (
    *host_reach.ATTACKS,
    *host_others.ATTACKS,
    *host_kernel.ATTACKS,
    *host_devices.ATTACKS,
)
RESOURCES = (*resource_memory.ATTACKS, *resource_counts.ATTACKS)


def table() -> str:
    """Both tables."""
    return "".join(_lines())


def _lines() -> Iterator[str]:
    for title, attacks in (("The host", HOST), ("Resources", RESOURCES)):
        yield f"\n### {title}\n\n"
        yield "| attack | ways | held by | bites, in bubblewrap | bites, in Docker |\n"
        yield "| --- | --- | --- | --- | --- |\n"
        for attack in attacks:
            shown = " | ".join(_bites(attack, backend) for backend in ("bubblewrap", "docker"))
            yield f"| `{attack.name}` | {_ways(_all(attack))} | {attack.defence} | {shown} |\n"
    yield "\n"


def _all(attack: Attack) -> set[str]:
    found = {way for bites in attack.bites.values() for bite in bites for way in bite.ways}
    return found | {way for ways in attack.blunt.values() for way in ways}


def _bites(attack: Attack, backend: str) -> str:
    told = [_bite(bite, attack) for bite in attack.bites[backend]]
    blunt: dict[str, list[str]] = {}
    for way, reason in attack.blunt.get(backend, {}).items():
        blunt.setdefault(reason, []).append(way)
    told += [f"{_ways(ways)} cannot: {reason}" for reason, ways in blunt.items()]
    return "; ".join(told)


def _bite(bite: Bite, attack: Attack) -> str:
    which = "" if bite.ways == _all(attack) else f"{_ways(bite.ways)}: "
    return which + ", ".join(_weakening(bite.weakening))


def _weakening(weak: Weakening) -> Iterator[str]:
    dropped = [f"`{' '.join(run)}`" for run in weak.drop]
    if dropped:
        yield f"without {' '.join(dropped)}"
    options = [*weak.first, *weak.last]
    if options:
        yield f"with `{' '.join(options)}`"
    if weak.as_root:
        yield "started by root"
    if not weak.rlimits:
        yield "without rlimits"
    if weak.environment:
        yield "with an environment of ours"
    if weak.inherit:
        yield "with a folder left open"
    for place in weak.writable:
        yield f"with a writable `{place}`"
    for name in weak.limits:
        yield f"with a larger `{name}`"


def _ways(ways: Iterable[str]) -> str:
    return " ".join(sorted(ways))


def page(text: str) -> str:
    """The page with the table in its place."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
