"""Ring 3: the programs of user/test, one process each, a few boots for all.

A test passes if it exits with 0 (77 means it could not run here, and is a skip). The shell
in the guest runs one after the other between marks; a boot that a test ends (panic, hang)
is held against that test, and the rest goes on in another boot.
"""

import os
import re
import secrets

from grading.rings.boot_line import guest_config, run_line
from grading.rings.report import Job

TEST_FOLDER = "user/test"
SKIP_STATUS = 77
RESULT_LINE = re.compile(r"^test (\S+) (ok|FAILED|skipped)(?:: (.*))?$", re.MULTILINE)
# After all others of a boot: is every frame of RAM accounted for; with kmemleak=on first: has the
# kernel lost memory?
LAST = ("framecheck",)
LEAK_DETECTOR, LEAKSCAN = "kmemleak=on", "leakscan"
ELSEWHERE = ("usertests", "bombs", "gradetest", "swaptest", "dirtymap", "refstring", "workset",
             "swaperr", "swapontest", LEAKSCAN)
GROUP_LIMIT_SECONDS = 600
BATCH = 24

# (name of the run, build variant, harts, memory, more boot arguments)
RUNS = (
    ("smp2", "default", 2, "128M", LEAK_DETECTOR),
    ("debug smp4", "debug", 4, "128M", ""),
    ("highmem", "debug", 2, "256M", "directmap=48M zone_dma=8M asid_bits=2"),
)
# The other allocators, for the programs that try them hardest.
ALLOCATOR_RUNS = (
    ("slab smp4", "slab", 4, "128M", ""),
    ("slob smp4", "slob", 4, "128M", ""),
)
HARDEST = ("mmstress", "fuzz")


def test_names():
    """The programs that user/test makes, less helpers (NAME starts with `helper`) and those that
    something else runs: usertests and bombs have rings of their own."""
    if not os.path.isdir(TEST_FOLDER):
        return []
    names = set()
    for entry in os.listdir(TEST_FOLDER):
        path = os.path.join(TEST_FOLDER, entry)
        if entry.endswith(".c"):
            names.add(entry[:-2])
        elif os.path.isdir(path) and any(file.endswith(".c") for file in os.listdir(path)):
            names.add(entry)
    return sorted(name for name in names
                  if not name.startswith("helper") and name not in (*ELSEWHERE, *LAST))


def script(names, mark):
    """The shell line that runs the tests between marks."""
    return (f"for t in {' '.join(names)}; do echo {mark} begin $t; $t; "
            f"echo {mark} end $t $?; done")


def parse(output, mark):
    """(results, running): {name: (status, output)}, and the test that did not end."""
    results, running, start = {}, None, 0
    pattern = re.compile(rb"^" + mark.encode() + rb" (begin|end) (\S+) ?(\d*)\n", re.MULTILINE)
    for match in pattern.finditer(output):
        name = match.group(2).decode()
        if match.group(1) == b"begin":
            running, start = name, match.end()
        elif name == running:
            results[name] = (int(match.group(3)), output[start:match.start()])
            running = None
    return results, (running, output[start:])


def tell_lines(report, title, status, output, log):
    """The results of a program that prints `test NAME ok|FAILED: why|skipped: why`.

    Returns whether they explain the program's status: 1 if one failed, else 0.
    """
    lines = RESULT_LINE.findall(output.decode("utf-8", "replace"))
    for name, result, why in lines:
        if result == "ok":
            report.ok(f"{title} {name}")
        elif result == "skipped":
            report.skipped(f"{title} {name}", why)
        else:
            report.failed(f"{title} {name}", why, log)
    return bool(lines) and status == any(result == "FAILED" for _, result, _ in lines)


def tell(report, title, status, output, log):
    """One test's result, or one for each line of a program of many."""
    if tell_lines(report, title, status, output, log):
        return
    if status == 0:
        report.ok(title)
    elif status == SKIP_STATUS:
        report.skipped(title, output.decode("utf-8", "replace").strip() or "it said it cannot run")
    else:
        report.failed(title, f"status {status}", log, output)


def run_batch(report, run, number, names):
    """One boot. Returns the tests that are still to be run."""
    run_title, variant, smp, mem, append = run
    mark = f"@{secrets.token_hex(4)}"
    config = guest_config(variant, smp=smp, mem=mem, append=append, swap="64M",
                          limit=GROUP_LIMIT_SECONDS)
    boot_name = f"user {run_title} boot {number}"
    result = run_line(report, boot_name, config, script(names, mark))
    results, (running, last_output) = parse(result.output, mark)
    for name, (status, output) in results.items():
        tell(report, f"user {run_title} {name}", status, output, config.log)
    if running:
        report.failed(f"user {run_title} {running}", str(result.machine), config.log,
                      last_output + result.console[-2000:])
        results[running] = None
    elif len(results) < len(names) and not results:
        report.failed(boot_name, f"no test ran: {result.machine}", config.log, result.console)
        return []
    return [name for name in names if name not in results]


def batch_job(run, number, names):
    def work(report):
        pending, boot = names, number
        while pending:
            pending = run_batch(report, run, boot, pending)
            boot = f"{number} again after {names[len(names) - len(pending) - 1]}"
    return Job(f"user {run[0]} batch {number}", work, 70)


def last_names(run):
    """What runs after all others: leakscan only where there is a leak detector."""
    return [LEAKSCAN] * (LEAK_DETECTOR in run[4].split()) + list(LAST)


def run_jobs(run):
    """All programs on one machine."""
    names = test_names()
    return [batch_job(run, start // BATCH, names[start:start + BATCH] + last_names(run))
            for start in range(0, len(names), BATCH)]


def jobs():
    hardest = [name for name in test_names() if name in HARDEST] + list(LAST)
    return ([job for run in RUNS for job in run_jobs(run)] +
            [batch_job(run, 0, hardest) for run in ALLOCATOR_RUNS])
