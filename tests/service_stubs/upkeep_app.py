"""``celery -A service_stubs.upkeep_app worker -B``: upkeep by a clock that a test can set."""

from datetime import timedelta

from grader.settings import Settings
from grader.wiring import services
from grader.work.upkeep import Upkeep
from service_stubs.clock import clock
from tasks import upkeep

_settings = Settings()
_lease = timedelta(seconds=_settings.lease_seconds)
app = upkeep.build(
    _settings,
    Upkeep(
        services.ledger(_settings),
        services.queue(_settings),
        services.blobs(_settings),
        _lease,
        clock,
    ),
)
