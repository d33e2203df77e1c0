"""``python -m service_stubs.upkeep_app worker -B``: upkeep by a clock that a test can set."""

import sys
from datetime import timedelta

from grader.settings import Settings
from grader.wiring import services
from grader.work.upkeep import Upkeep
from service_stubs.clock import clock
from tasks import upkeep


def _upkeep(settings: Settings) -> Upkeep:
    ledger, queue = services.ledger(settings), services.queue(settings)
    lease = timedelta(seconds=settings.lease_seconds)
    return Upkeep(ledger, queue, services.blobs(settings), lease, clock)


if __name__ == "__main__":
    here = Settings()
    upkeep.build(here, _upkeep(here)).worker_main(sys.argv[1:])
