"""How well the right pages stay in memory (user/test/workset), under each policy.

Working sets that are slightly larger than memory must cost what the simulator says of a memory of as
many frames as they had, within 10 %. A file that is read from its beginning to its end must leave a hot
set of anonymous memory alone; under FIFO it does not, which shows that this is not easy.
"""

import functools

from grading.rings.boot_line import guest_config, run_line
from grading.rings.report import Job
from tools.refsim import policies

LIMIT_SECONDS = 300
# (memory, swap, boot arguments)
SMALL = ("32M", "64M", "")
# Half of memory and more in zones that user pages may have, but not first.
SMALL_HIGH = ("32M", "64M", "directmap=24M")
LARGE_HIGH = ("256M", "512M", "directmap=48M")
SET_UP = "mkswap /dev/vdb >/dev/null && swapon /dev/vdb && "
SEED = 1
TOLERANCE = 0.10
# Of all references to the hot set, so many may fault while the file goes by.
SCAN_SHARE = 0.001
# The simulated policy of memory at large: the default has refaults.
SIMULATED = {"fifo": "fifo", "clock": "clock", "age": "age", "lru": "lru-refault"}
WORD_MASK = (1 << 64) - 1


def mix(x):
    """user/test/workset.c has the same."""
    x ^= x >> 30
    x = x * 0xbf58476d1ce4e5b9 & WORD_MASK
    x ^= x >> 27
    x = x * 0x94d049bb133111eb & WORD_MASK
    return x ^ x >> 31


def string(kind, nr_pages, nr_refs):
    """The references after the set was filled."""
    if kind == "loop":
        return [n % nr_pages for n in range(nr_refs)]
    return [mix(SEED * 1000003 + n) % nr_pages for n in range(nr_refs)]


def checksum(references):
    total = 0
    for page in references:
        total = (total * 31 + page) & WORD_MASK
    return total


def numbers(line):
    """{name: number} of a line of names and numbers."""
    words = line.split()
    return dict(zip(words[::2], map(int, words[1::2])))


def judge_set(policy, kind, line):
    """=> (right?, what was seen)"""
    seen = numbers(line)
    references = string(kind, seen["pages"], seen["references"])
    if checksum(references) != seen["sum"]:
        return False, "the program's string is another one"
    name = SIMULATED[policy]
    filled = list(range(seen["pages"]))
    simulated = policies.faults(name, filled + references, seen["frames"]) - seen["pages"]
    off = seen["faults"] / simulated - 1
    return abs(off) <= TOLERANCE, (f"{seen['pages']} pages, {seen['frames']} frames, "
                                   f"{seen['references']} references: {seen['faults']} faults, "
                                   f"simulated {simulated} ({name}), {off:+.1%}")


def judge_scan(policy, line):
    """=> (right?, what was seen)"""
    seen = numbers(line)
    share = seen["faults"] / seen["references"]
    told = (f"{seen['hot']} hot pages, {seen['mib']} MiB of a file: {seen['faults']} faults of "
            f"{seen['references']} references, {seen['majors']} of them major")
    if policy == "fifo":
        return share > SCAN_SHARE, told + "; it is FIFO that must not resist"
    return share <= SCAN_SHARE, told


def judge_one_list(_policy, line):
    """No page becomes active where nothing would ever look at it again."""
    return line.split()[1] == "0", line


def judge_survives(_policy, line):
    """Nobody was killed."""
    return line.startswith(("hot ", "pages ")), line


def run(report, title, policy, smp, kinds, machine):
    mem, swap, append = machine
    line = SET_UP + " && ".join([command for command, _ in kinds] + ["framecheck"])
    config = guest_config("default", smp=smp, mem=mem, swap=swap,
                          append=f"reclaim={policy} {append}".strip(), limit=LIMIT_SECONDS)
    result = run_line(report, title, config, line)
    lines = result.output.decode("utf-8", "replace").splitlines()
    if result.status != 0 or len(lines) != len(kinds):
        report.failed(title, f"status {result.status}: {result.machine}", config.log,
                      result.output or result.console)
        return
    for (command, judge), text in zip(kinds, lines):
        right, seen = judge(policy, text)
        if right:
            report.ok(f"{title}: {command}", seen)
        else:
            report.failed(f"{title}: {command}", seen, config.log)


def judge_of(kind):
    return lambda policy, text: judge_set(policy, kind, text)


SETS = tuple((f"workset -s {SEED} {kind}", judge_of(kind)) for kind in ("loop", "random"))
ONE_LIST = SETS + (("grep workingset_activate_anon /proc/vmstat", judge_one_list),)
SCAN = (("workset -x 75 -m 64 scan", judge_scan),)
# However one kind of pages is spared, there are enough of the other.
SWAPPINESS = (
    ("echo 200 >/proc/sys/vm/swappiness && workset -x 5 -m 40 scan", judge_survives),
    ("echo 0 >/proc/sys/vm/swappiness && workset -r 1 loop", judge_survives),
)

# (name, policy, harts, what, machine)
ROWS = (
    ("set", "fifo", 1, ONE_LIST, SMALL),
    ("set", "clock", 1, ONE_LIST, SMALL),
    ("set", "age", 1, ONE_LIST, SMALL),
    ("set", "lru", 2, SETS, SMALL),
    ("set", "fifo", 1, ONE_LIST, SMALL_HIGH),
    ("set", "clock", 1, ONE_LIST, SMALL_HIGH),
    ("set", "fifo", 1, ONE_LIST, LARGE_HIGH),
    ("scan", "lru", 2, SCAN, SMALL),
    ("scan", "age", 2, SCAN, SMALL),
    ("scan", "fifo", 1, SCAN, SMALL),
    ("swappiness", "clock", 1, SWAPPINESS, SMALL),
)


def jobs():
    found = []
    for name, policy, smp, kinds, machine in ROWS:
        title = f"workset {name} {policy} smp{smp} {machine[0]} {machine[2]}".strip()
        found.append(Job(title, functools.partial(run, title=title, policy=policy, smp=smp,
                                                  kinds=kinds, machine=machine), 15))
    return found
