"""Where gVisor's kernel differs from Linux, test by test: why, and whether the test can be run.

The suites run over gVisor where ``GRADER_TEST_RUNTIMES=runsc`` asks for it. Seen with the release
of December 2022 that Debian 12 has; a difference that has gone fails here, since xfail is strict.
"""

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Difference:
    """What a test of the suites finds over gVisor.

    Attributes:
        ends: False: the test would wait for ever.
    """

    reason: str
    ends: bool = True


_STATUS = "/proc/PID/status tells neither ambient capabilities nor no_new_privs"
_UNSEEN = "a guest's processes are threads of gVisor: no command line of theirs is on the host"
_WHOLE = "gVisor is one process with all of the guest's memory: it is killed whole"
_UNLIMITED = "no limit of their number: only the memory that they cost bounds them"
DIFFERENCES = {
    "test_the_guest_is_an_ordinary_user_without_capabilities_behind_a_filter": Difference(_STATUS),
    "test_every_namespace_is_its_own": Difference("/proc/PID/ns has net, pid and user alone"),
    "test_run_by_root_the_guest_is_a_slot_user_on_the_host": Difference(_UNSEEN, ends=False),
    "test_two_sandboxes_at_once_are_two_users_of_the_host": Difference(_UNSEEN, ends=False),
    "test_there_is_no_network_but_a_loopback_that_is_its_own": Difference(
        "without a network a host, not the network, is unreachable: EHOSTUNREACH"
    ),
    "test_no_descriptor_is_inherited": Difference("/proc/PID/fd calls every pipe host:[N]"),
    "test_a_child_killed_for_memory_is_counted_and_the_guest_lives": Difference(_WHOLE),
    "test_five_hundred_processes_are_denied_and_counted": Difference(
        "gVisor breaks down where it gets no thread more, or no memory for it"
    ),
    "test_a_shell_on_a_pseudo_terminal_runs_as_for_an_exclamation_mark": Difference(
        "reading a terminal that nobody writes to any more waits, instead of EIO", ends=False
    ),
    "test_io_uring_clone3_and_unknown_calls_seem_not_to_exist": Difference(
        "the filter refuses an unknown call by EPERM: gVisor ignores the errno of a profile"
    ),
    "test_a_call_of_a_foreign_architecture_kills": Difference(
        "int 0x80 makes a call of x86_64, under the same filter"
    ),
    "test_x32_calls_seem_not_to_exist_or_kill": Difference("an x32 call is refused, not killed"),
    "test_the_flood_comes_through_where_the_cap_is_wide": Difference(
        "a write to a full pipe writes a part: who does not look loses the rest (our guest looks)"
    ),
    "test_a_guest_that_kills_around_itself_hits_nothing_else[os.kill(1, 9)]": Difference(
        "the first process can be killed from inside: the run ends as killed from outside, ours"
    ),
    "test_a_guest_that_kills_around_itself_hits_nothing_else[os.kill(1, signal.SIGSTOP)]": (
        Difference("the first process can be stopped: the run ends at its deadline", ends=False)
    ),
    "test_nothing_gets_through[memory_in_children]": Difference(_WHOLE),
    "test_nothing_gets_through[many_processes]": Difference(_WHOLE),
    "test_nothing_gets_through[many_generations]": Difference(_WHOLE),
    "test_nothing_gets_through[many_threads]": Difference(
        "threads may be as many as processes and gVisor's own together"
    ),
    "test_nothing_gets_through[many_timers]": Difference(_UNLIMITED),
    "test_nothing_gets_through[many_message_queues]": Difference(_UNLIMITED),
    "test_nothing_gets_through[devices]": Difference(
        "device nodes can be made and opened: they are gVisor's own devices, not the machine's"
    ),
    "test_nothing_gets_through[files_of_the_kernel]": Difference(
        "oom_score_adj can be lowered: it is gVisor's own, which kills nobody by it"
    ),
    "test_nothing_gets_through[writes_outside_the_tmpfs]": Difference(
        "it tries every file, 80 s here: done once by hand, only gVisor's own devices opened",
        ends=False,
    ),
}
"""By the test's name, with the attack or the call in brackets where one alone differs."""


def mark(item: pytest.Item, backend: str | None) -> None:
    """Expect of a test what gVisor is known to do, where that is its backend."""
    if backend is None or not backend.endswith("runsc") or not isinstance(item, pytest.Function):
        return
    rest = item.callspec.id.replace(backend, "").strip("-")
    found = DIFFERENCES.get(item.originalname) or DIFFERENCES.get(f"{item.originalname}[{rest}]")
    if found is not None:
        as_known = pytest.mark.xfail if found.ends else pytest.mark.skip
        item.add_marker(as_known(reason=f"gVisor: {found.reason}"))
