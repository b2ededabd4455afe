"""A machine whose memory is short all the time: it must go on, and what it says must be right.

Shared mappings of files that are larger than memory, stored to from end to end (user/test/dirtymap). And a
shell's `ls` while four programs thrash (user/test/answer): it answers within a second of guest time, of
which what the host gave to others is taken off (grading/machine/clock.py).
"""

import functools

from grading.machine import Disk, Machine, Verdict
from grading.machine.command import encode
from grading.machine.config import parse_bytes
from grading.machine.console import ConsoleEnded, ExpectTimeout
from grading.rings.boot_line import guest_config, run_line
from grading.rings.report import Job
from grading.rings.user import tell

LIMIT_SECONDS = 600

# (build variant, harts, memory, more boot arguments, MiB of the mappings, processes)
DIRTY_ROWS = (
    ("default", 1, "32M", "", 64, 1),
    ("default", 2, "32M", "directmap=24M", 64, 1),
    ("default", 4, "64M", "", 96, 2),
    ("debug", 2, "32M", "", 40, 1),
)


ANSWER_SECONDS = 1
ANSWER_TRIES = 20
ANSWER_LINE = f"mkswap /dev/vdb >/dev/null && swapon /dev/vdb && answer -m 192 -t {ANSWER_TRIES} && framecheck"
ANSWER_HARTS = (1, 2, 4)


def run_dirty(report, title, variant, smp, mem, append, line):
    config = guest_config(variant, smp=smp, mem=mem, append=append, limit=LIMIT_SECONDS)
    result = run_line(report, title, config, line)
    if result.status is None:
        report.failed(title, str(result.machine), config.log, result.output + result.console)
    else:
        tell(report, title, result.status, result.output, config.log)


def dirty_job(variant, smp, mem, append, mib, processes):
    title = f"pressure dirty mapping {variant} smp{smp} {mem} {append}".strip()
    line = f"dirtymap -n {processes} -m {mib} /dirty && framecheck"
    return Job(title, functools.partial(run_dirty, title=title, variant=variant, smp=smp, mem=mem,
                                        append=append, line=line), 15)


def answer_times(machine):
    """Seconds that each answer took: by the guest's clock, or fewer if the host was busy with others."""
    times = []
    for _ in range(ANSWER_TRIES):
        machine.console.expect(rb"asked\r?\n", LIMIT_SECONDS)
        before = machine.clock.now()
        found = machine.console.expect(rb"answered: (\d+) ms\r?\n", LIMIT_SECONDS)
        times.append(min(int(found.group(1)) / 1000, machine.clock.now() - before))
    return times


def run_answer(report, title, smp):
    disks = [Disk(None, "swap", size=parse_bytes("256M"))]
    config = guest_config(smp=smp, mem="64M", disks=disks, limit=LIMIT_SECONDS,
                          append=f"init.cmd={encode(ANSWER_LINE)}")
    config.log = report.log_path(title)
    with Machine(config) as machine:
        try:
            times = answer_times(machine)
            result = machine.wait()
        except (ConsoleEnded, ExpectTimeout) as error:
            report.failed(title, repr(error), config.log, machine.console.text())
            return
    if result.verdict is not Verdict.EXITED or result.code != 0:
        report.failed(title, str(result), config.log)
    elif max(times) > ANSWER_SECONDS:
        report.failed(title, f"{max(times):.2f} s", config.log)
    else:
        report.ok(f"{title}: {max(times):.2f} s at most")


def answer_job(smp):
    title = f"pressure answer smp{smp}"
    return Job(title, functools.partial(run_answer, title=title, smp=smp), 15)


def jobs():
    return [answer_job(smp) for smp in ANSWER_HARTS] + [dirty_job(*row) for row in DIRTY_ROWS]
