"""Redis dies, with what it knew or without: the database still knows what waits."""

import pytest
from faults_soundness import require_sound
from service_stubs.processes import until
from service_stubs.service import Service


@pytest.mark.parametrize("forgets", [False, True], ids=["keeps", "forgets"])
def test_what_waits_outlives_a_killed_redis(service: Service, forgets: bool) -> None:
    service.upkeep()
    service.worker("first", slots=1)
    before = [service.submit(name, f"student-{name}", seconds=1) for name in ("a", "b", "c")]
    until("a run begins", lambda: service.marks.counts("began"))
    service.redis.kill()
    meanwhile = service.submit("d", "student-d")  # accepted, though nobody can be told
    assert service.row(meanwhile).state == "queued"
    if forgets:
        service.redis.forget()
    service.redis.start()
    after = service.submit("e", "student-e")
    ids = [*before, meanwhile, after]
    until("all are graded", lambda: service.done(ids), seconds=60)
    assert set(service.states(ids).values()) == {"graded"}
    require_sound(service, ids)
