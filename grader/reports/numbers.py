"""Numbers as people read them."""

from grader.domain.limits import GIB, MIB


def points(value: float) -> str:
    """Points with at most two decimals: 8, 2.5, 2.67."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def seconds(value: float) -> str:
    """A duration: 0.4 s, 37 s, 3 min, 3 min 05 s, 1 h 02 min."""
    if value < 10:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min" + f" {whole % 60:02d} s" * (whole % 60 > 0)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours} h" + f" {minutes:02d} min" * (minutes > 0)


def size(value: int) -> str:
    """Bytes: 512 KiB, 26 MiB, 1.4 GiB."""
    if value >= GIB:
        return f"{value / GIB:.1f} GiB"
    if value >= MIB:
        return f"{value / MIB:.0f} MiB"
    return f"{value / 1024:.0f} KiB"


def count(value: int) -> str:
    """Whole numbers in groups of three: 567,434."""
    return f"{value:,}"


def share(part: float, whole: float) -> float:
    """Percent of the whole, between 0 and 100; 0 of nothing is 0."""
    return min(100.0, max(0.0, 100 * part / whole)) if whole > 0 else 0.0
