"""Memory that comes back from swap as it went (user/test/swaptest).

Processes that together need more than the machine has, with different numbers of harts, replacement
policies and zones, in memory of their own and in memory that they share; the cases in which several
page tables share an entry, or a mapping has it; swapoff, with enough memory and without; disks that fail
(user/test/swaperr) and a disk that does few requests a second. In the end no slot is in use but by the
processes that are left, or swapoff would fail. The same with compressed swap: the counters must tell that
pages were compressed, came back, were written to the disk when the pool was full, and that nothing is
left of them after swapoff. What it saves QEMU says, which counts what was written to the disk.
"""

import functools
import os
import re
import shutil
import subprocess
import tempfile
import time

from grading.harness.qmp import Qmp
from grading.machine import Disk, Machine
from grading.machine.command import encode
from grading.machine.config import parse_bytes
from grading.rings.boot_line import guest_config, run_line
from grading.rings.report import Job

LIMIT_SECONDS = 300
MEM = "32M"
SWAP = "128M"
SET_UP = ("mkswap /dev/vdb >/dev/null && swapon /dev/vdb && "
          "mount -t tmpfs -o size=100m none /tmp && ")
COUNT = " && grep pswpout /proc/vmstat"
TAKE_DOWN = " && swapoff /dev/vdb"
CHECK = " && framecheck"
PRESSURE = "swaptest -n 2 -m 72 -r 1"
SHARED = "swaptest -n 2 -m 40 -r 1 -t "
# swapoff of one disk, over and over, while there is another: else who needs memory would be killed
# whenever all had come back and swapon was not done yet.
SECOND = "mkswap /dev/vdc >/dev/null && swapon -p 1 /dev/vdc && "
# Eight processes, as in `make swap-soak`, and all that is in swap moves from one disk to another.
EIGHT = SECOND + "swaptest -n 8 -m 96 -r 1 -o /dev/vdb"
REFUSED = "swaptest -n 3 -m 42 -r 20 -O /dev/vdb"
# Is there a second in which vmstat shows pages that left, and memory in swap?
VMSTAT = ("{ swaptest -n 2 -m 56 -r 1 & } && vmstat 1 5 >/tmp/vmstat; wait; cat /tmp/vmstat; "
          "while read r b used free buffers cache in out rest; do "
          "case $out in [1-9]*) test $used -gt 0 && seen=1;; esac; "
          "done </tmp/vmstat; test \"$seen\" = 1")

# Swap is a file of the root disk.
SWAP_FILE = ("swapoff /dev/vdb && dd if=/dev/zero of=/swap bs=1M count=88 && mkswap /swap && swapon /swap && "
             "swaptest -n 2 -m 48 -r 1 && swapoff /swap && swapon /dev/vdb")

# Reclaim has to wait for the disk, and somebody is told how often.
SLOW = "swaptest -n 2 -m 60 -r 1"
SLOW_TOLD = SLOW + " && grep -E '^nr_throttled_written [1-9]' /proc/vmstat"

# (name, build variant, harts, line, boot arguments)
ROWS = (
    ("pressure", "default", 1, PRESSURE, ""),
    ("pressure", "default", 2, PRESSURE, ""),
    ("pressure", "default", 4, PRESSURE, ""),
    ("pressure fifo", "default", 2, PRESSURE, "reclaim=fifo"),
    ("pressure clock", "default", 2, PRESSURE, "reclaim=clock"),
    ("pressure age", "default", 2, PRESSURE, "reclaim=age"),
    ("pressure highmem", "default", 2, PRESSURE, "directmap=24M"),
    ("file", "default", 2, SWAP_FILE, ""),
    ("cases", "default", 2, "swaptest -m 32 -c", ""),
    ("shared cases", "default", 2, "swaptest -m 28 -c -t memfd", ""),
    ("shared tmpfs", "default", 1, SHARED + "/tmp/file", ""),
    ("shared anon", "default", 4, SHARED + "anon", "reclaim=clock"),
    ("shared memfd highmem", "debug", 2, SHARED + "memfd", "directmap=24M"),
    ("swapoff meanwhile", "default", 2, SECOND + SHARED + "/tmp/file -o /dev/vdb", ""),
    ("swapoff of eight", "default", 1, EIGHT, "reclaim=age directmap=24M"),
    ("swapoff of eight", "default", 4, EIGHT, "zswap=1"),
    ("swapoff of eight", "default", 2, EIGHT, "reclaim=fifo"),
    ("swapoff refused", "default", 2, REFUSED, ""),
    ("pressure", "debug", 2, PRESSURE, ""),
    ("swapon", "default", 1, "swapoff /dev/vdb && swapontest /dev/vdb", ""),
    ("vmstat", "default", 1, VMSTAT, ""),
    ("disk errors", "default", 2, "mkdir -p /root && swaperr vdb vda 64", ""),
    ("pressure writes fail", "default", 2, PRESSURE, "blk_fail=swap0/write:20:40"),
    ("pressure slow disk", "default", 2, SLOW_TOLD, ""),
    ("pressure slow disk highmem", "default", 2, SLOW, "directmap=24M"),
)

# How QEMU is to treat the swap disk of a row: slowed down; with room that is really given back.
SLOWED = "throttling.iops-total=400"
DRIVES = {"pressure slow disk": SLOWED, "pressure slow disk highmem": SLOWED,
          "swapon": "discard=unmap"}

# Rows whose disk fails, so that swapoff may, or that have ended it themselves.
NO_SWAPOFF = ("disk errors", "pressure writes fail", "swapon")

# Pages of which some can be compressed, more than the pool may hold.
ZSWAP = "swaptest -n 2 -m 52 -r 1 -z 60"
FAIL_ENTRIES = ("cd /sys/kernel/debug/failslab && echo zswap_entry >cache && echo -1 >times && "
                "echo 20 >probability && cd / && ")
ALL_WAYS = ("zswpin", "zswpout", "zswpwb", "pswpin", "pswpout", "pool_limit_hit",
            "reject_compress_poor", "written_back_pages")

# (name, build variant, harts, line, boot arguments, counters that must not be 0)
ZSWAP_ROWS = (
    ("mixed", "default", 1, ZSWAP, "zswap=1", ALL_WAYS),
    ("mixed", "default", 4, ZSWAP, "zswap=1", ALL_WAYS),
    ("highmem", "default", 2, ZSWAP, "zswap=1 directmap=24M", ALL_WAYS),
    ("swapoff", "default", 4, SECOND + ZSWAP + " -o /dev/vdb", "zswap=1", ("zswpin", "zswpout")),
    ("cases", "default", 2, "swaptest -m 32 -z 60 -c", "zswap=1", ("zswpin", "zswpout")),
    ("faults", "default", 2, FAIL_ENTRIES + ZSWAP, "zswap=1",
     ALL_WAYS + ("reject_kmemcache_fail",)),
    ("mixed", "debug", 2, ZSWAP, "zswap=1", ALL_WAYS),
)
ZSWAP_LEFT = ("stored_pages", "pool_total_size", "decompress_fail")
ZSWAP_COUNTERS = (" && swapoff -a && grep swp /proc/vmstat && cd /sys/kernel/debug/zswap && "
                  "for name in *; do echo $name $(cat $name); done")


# All pages can be compressed, and most of them fit into the pool. Then it waits to be looked at.
LOOK = ("cat /proc/uptime && swaptest -n 2 -m 36 -r 1 -z 100 && cat /proc/uptime && "
        "grep swp /proc/vmstat && echo look && sleep 600")


def machine_config(variant, smp, append, drive="", **fields):
    disks = [Disk(None, "swap0", size=parse_bytes(SWAP), drive=drive),
             Disk(None, "swap1", size=parse_bytes(SWAP))]
    return guest_config(variant, smp=smp, mem=MEM, disks=disks, append=append,
                        limit=LIMIT_SECONDS, **fields)


def run(report, title, name, variant, smp, line, append):
    config = machine_config(variant, smp, append, DRIVES.get(name, ""))
    down = "" if name in NO_SWAPOFF else TAKE_DOWN
    result = run_line(report, title, config, SET_UP + line + COUNT + down + CHECK)
    if result.status is None:
        report.failed(title, str(result.machine), config.log, result.output + result.console)
    elif result.status != 0 or b"pswpout 0" in result.output:
        report.failed(title, f"status {result.status}", config.log, result.output)
    else:
        report.ok(title)


def run_host_mkswap(report, title):
    """The header is written by the host's mkswap, which is util-linux's."""
    mkswap = shutil.which("mkswap", path=f"{os.environ['PATH']}:/sbin:/usr/sbin")
    if mkswap is None:
        report.skipped(title, "the host has no mkswap")
        return
    with tempfile.TemporaryDirectory() as directory:
        image = os.path.join(directory, "swap.img")
        with open(image, "wb") as disk:
            disk.truncate(parse_bytes(SWAP))
        subprocess.run([mkswap, "-q", "-L", "quire", image], check=True)
        config = guest_config("default", smp=2, mem=MEM, disks=[Disk(image, "swap0")],
                              limit=LIMIT_SECONDS)
        result = run_line(report, title, config, f"swapon /dev/vdb && {PRESSURE}{COUNT}{TAKE_DOWN}")
    if result.status != 0 or b"pswpout 0" in result.output:
        report.failed(title, f"status {result.status}", config.log, result.output + result.console)
    else:
        report.ok(title)


def run_zswap(report, title, variant, smp, line, append, expected):
    config = machine_config(variant, smp, append)
    result = run_line(report, title, config, SET_UP + line + ZSWAP_COUNTERS + CHECK)
    counters = {name: int(value) for name, value
                in re.findall(r"^(\w+) (\d+)$", result.output.decode("utf-8", "replace"),
                              re.MULTILINE)}
    wrong = [name for name in expected if counters.get(name, 0) == 0]
    wrong += [name for name in ZSWAP_LEFT if counters.get(name) != 0]
    if result.status is None:
        report.failed(title, str(result.machine), config.log, result.output + result.console)
    elif result.status != 0:
        report.failed(title, f"status {result.status}", config.log, result.output)
    elif wrong:
        report.failed(title, f"wrong: {', '.join(wrong)}", config.log, result.output)
    else:
        report.ok(title)


def written(report, title, append):
    """(Bytes that the swap disk was given, what the guest printed); no bytes when it failed."""
    config = machine_config("default", 1, f"{append} init.cmd={encode(SET_UP + LOOK)}", qmp=True)
    config.log = report.log_path(f"{title} {append}")
    with Machine(config) as machine:
        while machine.running() and b"look\r\n" not in machine.console.text():
            time.sleep(0.1)
        if not machine.running():
            return None, machine.console.text()
        statistics = Qmp(machine.socket("qmp"), machine.running).block_statistics()
        return statistics["disk1"][1], machine.console.text()


def run_written(report, title):
    plain, output = written(report, title, "zswap=0")
    less, zswap_output = written(report, title, "zswap=1")
    output += zswap_output
    if plain is None or less is None:
        report.failed(title, "the guest ended", report.log_path(title), output)
    elif plain < parse_bytes("4M") or less > plain * 3 / 4:
        report.failed(title, f"{plain} bytes written without zswap, {less} with it",
                      report.log_path(title), output)
    else:
        report.ok(title)


def jobs():
    title = "swap zswap writes less"
    found = [Job(title, functools.partial(run_written, title=title), 15)]
    title = "swap of the host's mkswap"
    found.append(Job(title, functools.partial(run_host_mkswap, title=title), 15))
    for name, variant, smp, line, append, expected in ZSWAP_ROWS:
        title = f"swap zswap {name} {variant} smp{smp}"
        found.append(Job(title, functools.partial(run_zswap, title=title, variant=variant,
                                                  smp=smp, line=line, append=append,
                                                  expected=expected), 15))
    for name, variant, smp, line, append in ROWS:
        title = f"swap {name} {variant} smp{smp}"
        found.append(Job(title, functools.partial(run, title=title, name=name,
                                                  variant=variant, smp=smp, line=line,
                                                  append=append), 15))
    return found
