"""Ring 2: the kernel's own tests, run at boot by `ktest=all`.

The kernel prints `ktest: NAME ok`, `ktest: NAME FAILED` or `ktest: NAME skipped: needs WHAT`, at last `ktest:
N passed, N failed, N skipped`, and powers off with status 0 only if none failed.
"""

import re

from grading.bench import KERNEL_LIMITS
from grading.machine import Config, Disk, Machine
from grading.machine.options import make_command
from grading.rings import build
from grading.rings.process import make_environment, run_host
from grading.rings.report import Job

RESULT = re.compile(rb"ktest: (\S+) (ok|FAILED|skipped)([^\r\n]*)")
TOTAL = re.compile(rb"ktest: (\d+) passed, (\d+) failed, (\d+) skipped")
LIMIT_SECONDS = 120

# Those that allocate objects in many ways.
OBJECT_TESTS = "ktest=slab_,kmalloc_,percpu_,fault_inject_,fs_,pagecache_,sched_"

# (variant, harts, memory, more boot arguments)
RUNS = (
    ("default", 1, "128M", ""),
    ("default", 4, "128M", "kmemleak=on"),
    ("debug", 2, "128M", ""),
    ("debug", 4, "64M", "directmap=48M kmemleak=on"),
    ("debug", 2, "256M", "directmap=48M zone_dma=8M page_colors=16"),
    ("slab", 1, "64M", "directmap=48M"),
    ("slab", 4, "128M", "asid_bits=2 kmemleak=on"),
    ("slob", 1, "64M", "directmap=48M"),
    ("slob", 4, "128M", "asid_bits=0 kmemleak=on"),
    ("default", 2, "128M", "zswap=1 ktest=zswap_"),
    # What has to give memory back has little of it.
    ("default", 2, "32M", "ktest=slab_,percpu_"),
    ("slab", 2, "32M", OBJECT_TESTS),
    ("slob", 2, "32M", OBJECT_TESTS),
    ("slab-release", 4, "32M", OBJECT_TESTS),
    ("slob-release", 4, "32M", OBJECT_TESTS),
)


def run_name(variant, smp, mem, append):
    return f"ktest {variant} smp{smp} {mem}" + (f" {append}" if append else "")


def ktest_job(variant, smp, mem, append):
    name = run_name(variant, smp, mem, append)

    def run(report):
        which = "" if "ktest=" in append else "ktest=all "
        config = Config(kernel=build.kernel(variant), smp=smp, mem=mem,
                        append=f"{which}{append}".strip(), swap="16M",
                        disks=[Disk(build.image(variant), "root")],
                        limit=LIMIT_SECONDS, log=report.log_path(name))
        with Machine(config) as machine:
            result = machine.wait()
            judge(report, name, result, machine.console.text(), config.log)
    return Job(name, run, 40)


def judge(report, name, result, console, log):
    """One result for the boot, one for each test that failed."""
    results = RESULT.findall(console)
    failures = [(test.decode(), why.decode("utf-8", "replace")) for test, word, why in results
                if word == b"FAILED"]
    for test, why in failures:
        report.failed(f"{name} {test}", why.strip(), log)
    total = TOTAL.search(console)
    if total is None:
        report.failed(name, f"no total: {result}", log, console)
    elif not result.ok() and not failures:
        report.failed(name, str(result), log, console)
    elif int(total.group(1)) == 0:
        report.failed(name, "no test ran", log)
    elif not failures:
        passed, _, skipped = map(int, total.groups())
        report.ok(name, f"{passed} tests" + (f", {skipped} need another machine or kernel" if skipped else ""))


BENCH_ROW = re.compile(rb"bench: (\S+) ([\d.]+)")


def bench_job(report):
    config = Config(kernel=build.kernel("default"), smp=1, mem="256M",
                    append="ktest=bench_page,bench_slab,bench_kmap,bench_oom,bench_reclaim",
                    initrd=build.initrd("default"), icount=True, limit=LIMIT_SECONDS,
                    log=report.log_path("ktest bench"))
    with Machine(config) as machine:
        result = machine.wait()
        rows = {name.decode(): float(count) for name, count
                in BENCH_ROW.findall(machine.console.text())}
    for name, limit in KERNEL_LIMITS.items():
        if name not in rows:
            report.failed(f"ktest bench {name}", f"not measured: {result}", config.log)
        elif rows[name] > limit:
            report.failed(f"ktest bench {name}", f"{rows[name]} instructions, not {limit}",
                          config.log)
        else:
            report.ok(f"ktest bench {name}", f"{rows[name]} instructions")


# Tests by hand: names -> whether it exits with 0, and what it prints last.
BY_HAND = {"zone_lists": (True, b"ktest: 2 passed, 0 failed, 0 skipped\n"),
           "nosuch": (False, b"ktest: 0 passed, 0 failed, 0 skipped\n")}


def by_hand_job(report):
    build.require("default")
    for names, (good, last) in BY_HAND.items():
        title = f"make run ktest={names}"
        found, output = run_host([make_command(), f"BUILD={build.directory('default')}", "run", "CMD=true",
                                  f"APPEND=ktest={names}"], environment=make_environment())
        if (found == 0) == good and output.endswith(last):
            report.ok(title)
        else:
            report.failed(title, f"status {found}", None, output)


def jobs():
    return [Job("ktest bench", bench_job, 20), Job("make run ktest", by_hand_job, 10)] + [ktest_job(*run) for run in RUNS
            if build.can_make(run[0])]
