"""make bench-swap: user/bench/swapbench in Quire, and in Linux if LINUX=IMAGE names one.

One hart, an empty swap disk in the host's memory, no compressed swap. Linux has 192 MiB, of which a
distribution's kernel leaves 124 MiB; Quire is measured with as much usable memory, and with 192 MiB.
All are run in turn, N times, so that the load of this machine is on each of them, and the medians
compared. Besides the time there is QEMU's own processor time, on which that load tells less, and
the instructions that each page moved cost Quire, of a run under -icount, on which it does not tell at all.
"""

import os
import re
import resource
import statistics
import sys

from grading import linux_kernel
from grading.machine import EnvironmentProblem, options, run_command, scratch

SWAP = "512M"
LIMIT_SECONDS = 3000
LINUX_MEM = "192M"
# MemTotal is then, but for 400 KiB, what Linux says with 192 MiB: 126,712 KiB.
FAIR_MEM = "128M"
LINE = ("mkswap {0} >/dev/null && swapon {0} && grep MemTotal /proc/meminfo && "
        "swapbench {1} && cat /proc/vmstat")


class Run:
    """What one run of swapbench printed, and what it cost the host."""

    def __init__(self, output, cpu_seconds):
        self.cpu_seconds = cpu_seconds
        self.usable_kib = int(re.search(r"MemTotal: +(\d+)", output).group(1))
        self.phases = {}
        for name, rest in re.findall(r"^swapbench (\w+) (.*)$", output, re.MULTILINE):
            words = rest.split()
            self.phases[name] = {key: int(value) for key, value in zip(words[::2], words[1::2])}
        self.total = self.phases["total"]
        self.moved = self.total["pswpin"] + self.total["pswpout"]


def child_seconds():
    """Processor time of all children that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def quire(mem, arguments, flags=()):
    """One run in Quire. => Run"""
    config = options.config_from_environment(mem=mem, smp=1, swap=SWAP, limit=LIMIT_SECONDS)
    config.qemuflags = config.qemuflags + list(flags)
    before = child_seconds()
    result = run_command(config, LINE.format("/dev/vdb", arguments))
    if result.exit_status != 0:
        sys.stderr.write((result.output + result.console).decode("utf-8", "replace"))
        raise EnvironmentProblem(f"swapbench failed: {result.machine}, status {result.status}")
    return Run(result.output.decode(), child_seconds() - before)


def linux(image, arguments):
    """One run in Linux. => Run"""
    before = child_seconds()
    status, output = linux_kernel.run(image, LINE.format("/dev/vda", arguments), mem=LINUX_MEM,
                                      smp=1, swap=SWAP, append="zswap.enabled=0")
    if status != 0:
        raise EnvironmentProblem(f"swapbench failed on Linux, status {status}:\n{output}")
    return Run(output, child_seconds() - before)


def median(runs, figure):
    return statistics.median(figure(run) for run in runs)


def print_rows(columns):
    """columns: {name: runs}."""
    print(f"{'':24} {'MiB':>6} {'seconds':>8} {'fill':>7} {'in':>9} {'out':>9} {'us/page':>8} "
          f"{'QEMU s':>7} {'us/page':>8} {'runs':>5}")
    for name, runs in columns.items():
        print(f"{name:24} {runs[0].usable_kib / 1024:6.1f} "
              f"{median(runs, lambda run: run.total['us']) / 1e6:8.1f} "
              f"{median(runs, lambda run: run.phases['fill']['us']) / 1e6:7.1f} "
              f"{median(runs, lambda run: run.total['pswpin']):9,.0f} "
              f"{median(runs, lambda run: run.total['pswpout']):9,.0f} "
              f"{median(runs, lambda run: run.total['us'] / run.moved):8.1f} "
              f"{median(runs, lambda run: run.cpu_seconds):7.1f} "
              f"{median(runs, lambda run: run.cpu_seconds * 1e6 / run.moved):8.1f} "
              f"{len(runs):5}")


def print_instructions(arguments):
    """One nanosecond is one instruction; what the hart was idle is not counted."""
    run = quire(FAIR_MEM, arguments, ["-icount", "shift=0", "-seed", "1"])
    print(f"\ninstructions, those of the program included: {run.total['busy_us']:,} thousand, "
          f"{run.total['busy_us'] * 1000 // run.moved:,} for each of {run.moved:,} pages moved "
          f"({run.total['pswpin']:,} in, {run.total['pswpout']:,} out)")


def main():
    image = options.setting("LINUX")
    arguments = options.setting("SWAPBENCH")
    count = int(options.setting("N", "1"))
    scratch.prepare()
    columns = {f"Quire, {FAIR_MEM}": [], f"Quire, {LINUX_MEM}": []}
    try:
        for _ in range(count):
            for mem in (FAIR_MEM, LINUX_MEM):
                columns[f"Quire, {mem}"].append(quire(mem, arguments))
            if image:
                columns.setdefault(f"Linux, {LINUX_MEM}", []).append(linux(image, arguments))
        print_rows(columns)
        print(f"load of this machine: {os.getloadavg()[0]:.1f}")
        print_instructions(arguments)
    except EnvironmentProblem as problem:
        sys.stderr.write(f"bench-swap: {problem}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
