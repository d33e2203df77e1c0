"""Which sandboxes the tests ran over, at the end of the output: an absent one is seen."""

from collections import Counter, defaultdict

import pytest

BACKEND = "backend"
"""Name of the property that says over which backend a test ran; it travels between workers."""
_COUNTED = ("passed", "failed", "error", "xfailed", "xpassed", "skipped")


def mark(item: pytest.Item) -> str | None:
    """Note the backend of a test that has the fixture ``sandbox``; its name."""
    if not isinstance(item, pytest.Function) or not hasattr(item, "callspec"):
        return None
    name = item.callspec.params.get("sandbox")
    if not isinstance(name, str):
        return None
    item.user_properties.append((BACKEND, name))
    return name


def lines(stats: dict[str, list[pytest.TestReport]]) -> list[str]:
    """One line for each backend, with counts and the reasons of what was skipped.

    Args:
        stats: reports by outcome, as pytest's terminal reporter gathers them.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in _COUNTED:
        for report in stats.get(outcome, ()):
            backend = dict(getattr(report, "user_properties", ())).get(BACKEND)
            if not isinstance(backend, str):
                continue
            counts[backend][outcome] += 1
            if isinstance(report.longrepr, tuple):  # of a skip: file, line, reason
                reasons[backend][report.longrepr[2].removeprefix("Skipped: ")] += 1
    return [_line(name, counts[name], reasons[name]) for name in sorted(counts)]


def _line(name: str, counted: Counter[str], reasons: Counter[str]) -> str:
    numbers = ", ".join(f"{count} {outcome}" for outcome, count in counted.items())
    absent = "" if set(counted) - {"skipped"} else "ABSENT, "
    why = "".join(f"\n    {count} x {reason}" for reason, count in reasons.most_common())
    return f"{name}: {absent}{numbers}{why}"
