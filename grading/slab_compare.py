"""make slab-compare: ktest=slabbench in a kernel with each of the three slab allocators.

Instructions are counted by -icount with one hart, so they repeat to the last digit. -icount lets one
hart run at a time, so that none ever waits for another: with several harts the machines run without
it, and what is told is how many shared locks 1000 pairs took, and the time for a pair, which depends
on the host and who else uses it.
"""

import os
import re
import sys

from grading.machine import Config, EnvironmentProblem, Machine, scratch

ROW = re.compile(rb"bench: slabbench_(\w+) (\d+\.\d)")
HARTS = (1, 2, 4)
LIMIT_SECONDS = 60

ROWS = (
    ("pair", "kmem_cache_alloc + kmem_cache_free, instructions"),
    ("kmalloc", "kmalloc(64) + kfree, instructions"),
    ("batch", "64 taken, 64 given back: a pair, instructions"),
    ("mixed_asked_kib", "10,000 mixed objects: asked for, KiB"),
    ("mixed_kib", "... pages taken, KiB"),
    ("churn", "20,000 of them replaced, at random: a pair, instructions"),
    ("churned_asked_kib", "... asked for, KiB"),
    ("churned_kib", "... pages taken, KiB"),
    ("left_asked_kib", "all but a tenth freed, at random: asked for, KiB"),
    ("left_kib", "... pages taken, KiB"),
    ("all_freed_kib", "all freed, KiB"),
)
HARTS_ROWS = (
    ("local_locks_per_1000", "locks for 1000 pairs, freed by who took them"),
    ("remote_locks_per_1000", "locks for 1000 pairs, freed by others"),
    ("local_ns", "time of a pair, freed by who took it, ns"),
    ("remote_ns", "time of a pair, freed by others, ns"),
)


def figures(directory, harts, icount):
    """{row: figure} of one machine."""
    config = Config(kernel=os.path.join(directory, "quire.elf"), smp=harts, mem="128M",
                    append="quiet ktest=slabbench", icount=icount, disks=[],
                    initrd=os.path.join(directory, "initrd.img"), limit=LIMIT_SECONDS)
    with Machine(config) as machine:
        result = machine.wait()
        console = machine.console.text()
    if not result.ok():
        raise EnvironmentProblem(f"{directory} on {harts} harts: {result}")
    return {name.decode(): float(value) for name, value in ROW.findall(console)}


def main():
    top, *names = sys.argv[1:]
    scratch.prepare()
    try:
        counted = {name: figures(os.path.join(top, name), 1, True) for name in names}
        timed = {(name, harts): figures(os.path.join(top, name), harts, False)
                 for name in names for harts in HARTS}
    except EnvironmentProblem as problem:
        sys.stderr.write(f"slab-compare: {problem}\n")
        return 2
    print(f"{'':58}" + "".join(f"{name:>9}" for name in names))
    for row, what in ROWS:
        print(f"{what:58}" + "".join(f"{counted[name][row]:9.0f}" for name in names))
    for row, what in HARTS_ROWS:
        for harts in HARTS:
            print(f"{what}, {harts} harts".ljust(58) +
                  "".join(f"{timed[name, harts][row]:9.0f}" for name in names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
