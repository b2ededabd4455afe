"""make swap-soak: eight processes on 64 MiB touch 256 MiB in random order, and every byte is right.

With 1, 2 and 4 harts, under each replacement policy, with high memory, with compressed swap, and
with KASAN, which needs more memory. Each row tells how long it took by the guest's clock and how many
pages went to and from the disk. A sample of it is in the ring `swap`.
"""

import functools
import itertools
import re

from grading.machine import Disk
from grading.machine.config import parse_bytes
from grading.rings.boot_line import guest_config, run_line
from grading.rings.report import Job

LIMIT_SECONDS = 1200
SWAP = "512M"
SET_UP = "mkswap /dev/vdb >/dev/null && swapon /dev/vdb && "
TEST = "swaptest -n 8 -m 256 -r 2"
COUNT = " && grep -E '^(pswp|zswp|oom_kill)' /proc/vmstat && cat /proc/uptime"
# (prefix of the name, line): alone, and with swapoff of a disk beside another.
MODES = (
    ("", SET_UP + TEST + COUNT),
    ("swapoff ", SET_UP + "mkswap /dev/vdc >/dev/null && swapon -p 1 /dev/vdc && " + TEST +
     " -o /dev/vdb" + COUNT),
)
HARTS = (1, 2, 4)

# (name, build variant, memory, boot arguments, what must not be 0 in /proc/vmstat)
ROWS = (
    ("lru", "default", "64M", "reclaim=lru", "pswpout"),
    ("fifo", "default", "64M", "reclaim=fifo", "pswpout"),
    ("clock", "default", "64M", "reclaim=clock", "pswpout"),
    ("age", "default", "64M", "reclaim=age", "pswpout"),
    ("highmem", "default", "64M", "directmap=32M", "pswpout"),
    ("zswap", "default", "64M", "zswap=1", "zswpout"),
    ("kasan", "kasan", "128M", "", "pswpout"),
)


def counters(output):
    """{name: value} of the lines of /proc/vmstat, and `uptime`."""
    text = output.decode("utf-8", "replace")
    found = {name: int(value) for name, value in re.findall(r"^(\w+) (\d+)$", text, re.MULTILINE)}
    uptime = re.search(r"^([\d.]+) [\d.]+$", text, re.MULTILINE)
    found["uptime"] = float(uptime.group(1)) if uptime else 0
    return found


def told(seen, output):
    """The row's numbers."""
    swapoffs = re.search(rb"swapoff done \d+ times, refused \d+ times", output)
    return (f"{seen['uptime']:.0f} s of guest time, {seen['pswpin']:,} pages in, {seen['pswpout']:,} out" +
            (f", {swapoffs.group().decode()}" if swapoffs else ""))


def run(report, title, variant, smp, mem, append, line, needed):
    disks = [Disk(None, f"swap{n}", size=parse_bytes(SWAP)) for n in range(2)]
    config = guest_config(variant, smp=smp, mem=mem, disks=disks, append=append,
                          limit=LIMIT_SECONDS)
    result = run_line(report, title, config, line)
    if result.status is None:
        report.failed(title, str(result.machine), config.log, result.output + result.console)
        return
    seen = counters(result.output)
    if result.status != 0 or not seen.get(needed) or seen.get("oom_kill"):
        report.failed(title, f"status {result.status}", config.log, result.output)
        return
    report.ok(f"{title}: {told(seen, result.output)}")


def jobs():
    found = []
    for (prefix, line), row, smp in itertools.product(MODES, ROWS, HARTS):
        name, variant, mem, append, needed = row
        title = f"swap-soak {prefix}{name} smp{smp}"
        found.append(Job(title, functools.partial(run, title=title, variant=variant, smp=smp,
                                                  mem=mem, append=append, line=line,
                                                  needed=needed), 60))
    return found
