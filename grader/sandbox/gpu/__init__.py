"""GPUs for sandboxes.

Theory of operation. `nvml` asks the driver which GPUs there are; `leases` hands out shares of them,
each a lock file, so that all graders of a machine agree; `leasing` is a sandbox around any other
one: it takes a lease before the student's time begins and looks after the GPU when the run is over.
`device` says, purely, what a backend shows of a leased GPU. `health` tests a GPU in a process of
its own before it is used first, and again when a run spoke of its failing; one that fails is taken
out of service until it passes the test (`grader doctor --test-gpus`) or the machine starts anew.
`watch` reads from outside how much memory a run holds there, and ends one that takes more than its
share.

Limits of the memory: the fraction given to torch's allocator sits in the student's process, hence
is courtesy; the watch is ours but looks only now and then; only a device for one run alone is a
wall. A GPU's kernel driver is shared with the host, under gVisor too.
"""
