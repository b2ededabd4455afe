"""make bench: user/bench/membench in Quire, beside what Linux needs for the same.

Instructions are counted by -icount, one a nanosecond, with the root in an initrd: they repeat
to about 0.1 %. Wall time is of a second run without it, and as noisy as this machine. Linux's
figures are in ROWS below, measured once with the same program on Linux 6.12, Sv39, without
transparent huge pages: the same QEMU, one hart, 512 MiB. docs/performance.md has the table.
"""

import re
import sys

from grading.machine import EnvironmentProblem, Machine, options, run_command, scratch

MEMORY = "512M"
LIMIT_SECONDS = 300
BOOT_STEP = re.compile(rb"k \[ *(\d+)\.(\d+)\] ([^\r\n]*)")

# (name in membench's output, what it is, Linux instructions, Linux wall us, our limit)
ROWS = (
    ("null", "null system call (getppid)", 474, 0.88, 160),
    ("clock_gettime", "clock_gettime as a call", 750, 10.3, None),
    ("first_touch", "first touch of an anonymous page", 4458, 22.4, 1300),
    ("zero_read", "read of an untouched page", 1239, 11.2, 450),
    ("cow_write", "write after fork, per page", 5477, 28.4, 1800),
    ("fork_exit_1m", "fork + exit + wait, 1 MiB touched", 234698, 1010, 45000),
    ("fork_exit_16m", "... 16 MiB", 1715975, 2250, None),
    ("fork_exit_64m", "... 64 MiB", 6435000, 6140, 2000000),
    ("fork_exec_small", "fork + exec + wait, small program", 264450, 2300, 70000),
    ("mmap_4k", "mmap + touch + munmap 4 KiB", 21696, 104, 3500),
    ("mmap_16m", "... 16 MiB", 23600000, 94400, 6000000),
    ("brk", "brk grow + touch + shrink", 19414, 94, None),
    ("pipe", "pipe round trip, two processes", 14167, 110, 5000),
    ("yield", "sched_yield switch", 6056, 36, 2000),
    ("file_map_read", "shared file mapping, per page", 624, 6.8, 200),
    ("file_private_write", "private file mapping, write fault", 5649, 32.6, None),
    ("read_4k", "read 4 KiB, cached", 2970, 17.7, 1500),
    ("mprotect_16", "mprotect 16 pages", 4754, 28.7, 1500),
)


# Operation -> instructions that it may take, counted by -icount (kernel/ktest/bench_*.c).
KERNEL_LIMITS = {"page_order0": 70, "page_order9": 400, "kmem_cache": 45, "kmalloc64": 60, "kmap_low": 6,
                 "oom_kill_of_64": 100000, "reclaim_clean_unmapped": 800, "reclaim_clean_mapped_once": 800}


def run_kernel():
    """{name: instructions} of the kernel's own ktest=bench."""
    config = options.config_from_environment(mem=MEMORY, smp=1, limit=LIMIT_SECONDS, icount=True,
                                             disks=[], initrd=options.setting("INITRD"),
                                             append="ktest=bench")
    with Machine(config) as machine:
        machine.wait()
        rows = re.findall(rb"bench: (\S+) ([\d.]+)", machine.console.text())
    return {name.decode(): float(count) for name, count in rows}


def over(count, limit):
    """What is said of a figure that is above its limit."""
    return f"  over {limit:,}" if limit is not None and count > limit else ""


def within_limits(instructions, kernel):
    """Is there each row that has a limit, and is none above it?"""
    limits = {name: limit for name, _, _, _, limit in ROWS if limit is not None}
    return all(name in rows and not over(rows[name], bounds[name])
               for rows, bounds in ((instructions, limits), (kernel, KERNEL_LIMITS))
               for name in bounds)


def print_kernel(rows):
    print("\ninside the kernel (ktest=bench), instructions:")
    for name, count in rows.items():
        limit = KERNEL_LIMITS.get(name)
        print(f"{name:36} {count:12,.1f}{over(count, limit)}")


def run(icount):
    """({name: nanoseconds}, console) of one run of membench."""
    config = options.config_from_environment(mem=MEMORY, smp=1, limit=LIMIT_SECONDS,
                                             icount=icount, disks=[], append="norandmaps",
                                             initrd=options.setting("INITRD"))
    result = run_command(config, "membench")
    if result.exit_status != 0:
        sys.stderr.write(result.output.decode("utf-8", "replace"))
        raise EnvironmentProblem(f"membench failed: {result.machine}, status {result.status}")
    figures = dict(re.findall(r"^bench (\w+) (\d+)$", result.output.decode(), re.MULTILINE))
    return {name: int(value) for name, value in figures.items()}, result.console


def print_table(instructions, wall):
    """Ours beside Linux's."""
    print(f"{'operation':36} {'instructions':>12} {'Linux':>10} {'ratio':>6} {'wall us':>9} "
          f"{'Linux us':>9}")
    for name, what, linux, linux_us, limit in ROWS:
        count = instructions.get(name)
        if count is None:
            print(f"{what:36} {'failed':>12} {linux:10,}")
            continue
        us = wall.get(name, 0) / 1000
        print(f"{what:36} {count:12,} {linux:10,} {count / linux:6.2f} {us:9.2f} "
              f"{linux_us:9.2f}{over(count, limit)}")


def print_boot(console):
    """When the kernel said what while it booted, in instructions since the machine's start."""
    print("\nboot, one hart, root in an initrd (instructions at each of the kernel's lines):")
    for seconds, micros, text in BOOT_STEP.findall(console):
        count = int(seconds) * 10**9 + int(micros) * 1000
        print(f"{count:14,}  {text.decode('utf-8', 'replace')[:80]}")


def main():
    scratch.prepare()
    try:
        instructions, console = run(icount=True)
        wall, _ = run(icount=False)
        kernel = run_kernel()
    except EnvironmentProblem as problem:
        sys.stderr.write(f"bench: {problem}\n")
        return 2
    print_table(instructions, wall)
    print_boot(console)
    print_kernel(kernel)
    return 0 if within_limits(instructions, kernel) else 1


if __name__ == "__main__":
    sys.exit(main())
