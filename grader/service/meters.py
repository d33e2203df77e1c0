"""Numbers for Prometheus: of the database as it stands, and of this process."""

from collections.abc import Iterable
from statistics import quantiles

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from grader.domain.service import LANES
from grader.errors import LedgerError
from grader.ledger.figures import Figures, Waiting, figures
from grader.service.adapters import Adapters
from grader.service.fresh import Fresh

_SIZES = (10_000, 30_000, 100_000, 300_000, 1e6, 3e6, 1e7, 3e7, 1e8)
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120)
_NONE = Waiting(0, 0.0)


class Meters:
    """What `/metrics` tells."""

    def __init__(self, adapters: Adapters) -> None:
        registry = CollectorRegistry()
        self.uploads = Counter(
            "grader_uploads", "Uploads by how they ended", ["outcome"], registry=registry
        )
        self.upload_bytes = Histogram(
            "grader_upload_bytes", "Sizes of accepted notebooks", buckets=_SIZES, registry=registry
        )
        self.upload_seconds = Histogram(
            "grader_upload_seconds",
            "From the first byte asked for to the answer, of accepted uploads",
            buckets=_SECONDS,
            registry=registry,
        )
        self.requests = Counter(
            "grader_requests",
            "Answers by endpoint and status",
            ["endpoint", "status"],
            registry=registry,
        )
        self._registry = registry
        registry.register(_Ledger(adapters))

    def text(self) -> bytes:
        """All of them, in Prometheus's text format."""
        return generate_latest(self._registry)


class _Ledger(Collector):
    """Numbers of the database, read at most once a second."""

    def __init__(self, adapters: Adapters) -> None:
        self._adapters = adapters
        self._fresh: Fresh[None, Figures] = Fresh(adapters.bounds.fresh_seconds)

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing: a registry must not read the database to learn names."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The numbers; where the database is gone only that."""
        try:
            found = self._fresh.get(None, self._read)
        except LedgerError:
            yield GaugeMetricFamily("grader_database_up", "1: it can be reached", value=0)
            return
        yield GaugeMetricFamily("grader_database_up", "1: it can be reached", value=1)
        yield from _families(found)

    def _read(self) -> Figures:
        with self._adapters.ledger.read() as session:
            return figures(session, self._adapters.clock())


def _families(found: Figures) -> Iterable[GaugeMetricFamily]:
    depth = GaugeMetricFamily("grader_lane_depth", "What waits in a lane", labels=["lane"])
    age = GaugeMetricFamily(
        "grader_lane_oldest_seconds", "Since when the oldest waits", labels=["lane"]
    )
    for lane in LANES:
        waiting = found.waiting.get(lane, _NONE)
        depth.add_metric([lane], waiting.depth)
        age.add_metric([lane], max(0.0, waiting.age))
    yield depth
    yield age
    states = GaugeMetricFamily(
        "grader_submissions", "Submissions in the database", labels=["state", "lane"]
    )
    for labels, count in found.states.items():
        states.add_metric(labels, count)
    yield states
    for name, what, by_lane in (
        ("wait", "From received to claimed", found.waits),
        ("run", "From claimed to ended", found.runs),
    ):
        family = GaugeMetricFamily(
            f"grader_{name}_seconds",
            f"{what}, of those that ended within an hour",
            labels=["lane", "quantile"],
        )
        for served, seconds in by_lane.items():
            family.add_metric([served, "0.5"], _quantile(seconds, 50))
            family.add_metric([served, "0.95"], _quantile(seconds, 95))
        yield family
    for name, what, label, counts in (
        ("grader_failures", "Failures of ours by their last reason", "reason", found.failures),
        ("grader_workers", "Workers by state", "state", found.workers),
        ("grader_alerts", "Alerts that stand", "code", found.alerts),
    ):
        family = GaugeMetricFamily(name, what, labels=[label])
        for key, count in counts.items():
            family.add_metric([key], count)
        yield family


def _quantile(seconds: Iterable[float], percent: int) -> float:
    known = list(seconds)
    return known[0] if len(known) == 1 else quantiles(known, n=100, method="inclusive")[percent - 1]
