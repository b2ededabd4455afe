"""make slab-compare: ktest=slabbench in a kernel with each of the three slab allocators.

Instructions are counted by -icount, so they repeat to the last digit; with several harts they are
those of all harts together, and the locks per 1000 pairs say who stands in whose way.
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
    ("tenth_left_kib", "... a tenth left, at random, KiB"),
    ("refilled_kib", "... half of the gaps filled again, KiB"),
    ("all_freed_kib", "... all freed, KiB"),
    ("remote_locks_per_1000", "locks for 1000 pairs, freed by others"),
)


def figures(directory, harts):
    """{row: figure} of one machine."""
    config = Config(kernel=os.path.join(directory, "quire.elf"), smp=harts, mem="128M",
                    append="quiet ktest=slabbench", icount=True, disks=[],
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
        table = {(name, harts): figures(os.path.join(top, name), harts)
                 for name in names for harts in HARTS}
    except EnvironmentProblem as problem:
        sys.stderr.write(f"slab-compare: {problem}\n")
        return 2
    print(f"{'':52}" + "".join(f"{name:>9}" for name in names))
    for row, what in ROWS[:-1]:
        print(f"{what:52}" + "".join(f"{table[name, 1].get(row, 0):9.0f}" for name in names))
    row, what = ROWS[-1]
    for harts in HARTS:
        print(f"{what + f', {harts} harts':52}" +
              "".join(f"{table[name, harts].get(row, 0):9.0f}" for name in names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
