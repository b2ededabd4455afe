"""A machine whose memory is short all the time: it must go on, and what it says must be right.

Shared mappings of files that are larger than memory, stored to from end to end (user/test/dirtymap).
"""

import functools

from grading.rings.boot_line import guest_config, run_line
from grading.rings.report import Job
from grading.rings.user import tell

LIMIT_SECONDS = 600

# (build variant, harts, memory, MiB of the mappings, processes)
DIRTY_ROWS = (
    ("default", 1, "32M", 64, 1),
    ("default", 2, "32M", 64, 1),
    ("default", 4, "64M", 96, 2),
    ("debug", 2, "32M", 40, 1),
)


def run_dirty(report, title, variant, smp, mem, line):
    config = guest_config(variant, smp=smp, mem=mem, limit=LIMIT_SECONDS)
    result = run_line(report, title, config, line)
    if result.status is None:
        report.failed(title, str(result.machine), config.log, result.output + result.console)
    else:
        tell(report, title, result.status, result.output, config.log)


def dirty_job(variant, smp, mem, mib, processes):
    title = f"pressure dirty mapping {variant} smp{smp} {mem}"
    line = f"dirtymap -n {processes} -m {mib} /tmp/dirty"
    return Job(title, functools.partial(run_dirty, title=title, variant=variant, smp=smp, mem=mem,
                                        line=line), 15)


def jobs():
    return [dirty_job(*row) for row in DIRTY_ROWS]
