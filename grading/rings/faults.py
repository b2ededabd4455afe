"""Failing allocations: usertests with every N-th allocation of its tests failing (usertests -F).

The kernel must not panic, the suite must pass once nothing fails any more, nothing may be
lost, and the file system must be whole. A sample of N runs with every `make test`;
`make faults` runs all from 1 to 500, a range per boot, and remembers which ranges this
kernel has passed, so that it can be stopped and started again.
"""

import functools
import hashlib
import os
import threading

from grading.machine import Machine
from grading.machine.command import Splitter, encode
from grading.rings import build
from grading.rings.boot_line import guest_config
from grading.rings.process import run_host
from grading.rings.report import Job

FIRST, LAST, RANGE = 1, 500, 50
LIMIT_SECONDS = 1800
NONCE = "faults"

# (build variant, harts, the numbers)
SAMPLE = (
    ("default", 2, "1 2 7 40 499"),
    ("debug", 4, "4 29"),
)

_done_lock = threading.Lock()


def run_numbers(report, title, variant, smp, numbers):
    """One boot. Returns whether all is well."""
    line = f"usertests -F {numbers}"
    config = guest_config(variant, smp=smp, swap="64M", limit=LIMIT_SECONDS,
                          append=f"init.nonce={NONCE} init.cmd={encode(line)}",
                          log=report.log_path(title))
    output = bytearray()
    splitter = Splitter(NONCE, output.extend, lambda data: None)
    with Machine(config, tap=splitter.feed) as machine:
        result = machine.wait()
        console = machine.console.text()
        if splitter.status is None:
            report.failed(title, str(result), config.log, console)
        elif splitter.status != 0:
            report.failed(title, f"status {splitter.status}", config.log, bytes(output))
        else:
            return check_disk(report, title, variant, machine.disks["root"])
    return False


def check_disk(report, title, variant, image):
    """fsck of the root that the run leaves behind."""
    fsck = os.path.join(build.directory(build.programs_variant(variant)), "mkfs", "fsck")
    status, output = run_host([fsck, image], 120)
    if status != 0:
        report.failed(title, f"fsck: status {status}", None, output)
        return False
    report.ok(title)
    return True


def sample_job(variant, smp, numbers):
    title = f"faults {variant} smp{smp}"
    return Job(title, functools.partial(run_numbers, title=title, variant=variant, smp=smp,
                                        numbers=numbers), 75)


def jobs():
    return [sample_job(*row) for row in SAMPLE]


def done_path():
    """The record of passed ranges belongs to one kernel."""
    with open(build.kernel("default"), "rb") as kernel:
        digest = hashlib.sha256(kernel.read()).hexdigest()[:16]
    return os.path.join(build.directory("default"), f"faults-{digest}.done")


def passed_ranges(path):
    """The titles of the ranges that this kernel has passed."""
    if not os.path.exists(path):
        return set()
    with open(path, encoding="ascii") as done:
        return set(done.read().splitlines())


def sweep_job(path, first, last):
    title = f"faults sweep {first}-{last}"

    def run(report):
        if run_numbers(report, title, "default", 2, f"{first}-{last}"):
            with _done_lock, open(path, "a", encoding="ascii") as done:
                done.write(title + "\n")
    return Job(title, run, LAST - first)


def sweep_jobs(first=FIRST, last=LAST):
    """All ranges that have not been passed yet."""
    path = done_path()
    done = passed_ranges(path)
    found = [sweep_job(path, start, min(start + RANGE - 1, last))
             for start in range(first, last + 1, RANGE)]
    return [job for job in found if job.name not in done]
