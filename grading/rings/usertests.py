"""usertests (user/test/usertests): one line for each test, and a leak check over all.

Where a test takes the machine down, that is the test's failure, and those after it run in
another boot.
"""

import os
import re

from grading.rings.boot_line import guest_config, run_line
from grading.rings.report import Job

LIMIT_SECONDS = 420
MAX_BOOTS = 8
RESULT = re.compile(rb"^test (\S+) (ok|FAILED|skipped)(?:: ?([^\n]*))?$", re.MULTILINE)

# The groups of tests that are run with the allocators that are not the default.
SLAB_SAMPLE = "process memory pipes"

# (name of the run, build variant, usertests' options, fields of Config)
RUNS = (
    ("smp2", "default", "-L", {"smp": 2, "mem": "128M"}),
    ("debug smp4", "debug", "", {"smp": 4, "mem": "128M"}),
    ("slab smp2", "slab", SLAB_SAMPLE, {"smp": 2, "mem": "128M"}),
    ("slob smp2", "slob", SLAB_SAMPLE, {"smp": 2, "mem": "64M"}),
    ("slab release smp2", "slab-release", "memory", {"smp": 2, "mem": "64M"}),
    ("slob release smp2", "slob-release", "memory", {"smp": 2, "mem": "64M"}),
    ("highmem", "default", "; leakscan",
     {"smp": 2, "mem": "256M", "append": "directmap=48M zone_dma=8M kmemleak=on"}),
)


def test_list(report, title, variant):
    """The names of all tests, in their order."""
    config = guest_config(variant, limit=LIMIT_SECONDS)
    return run_line(report, f"{title} list", config, "usertests -l").output.decode().split()


def tell(report, title, results, log):
    """The results that came, the worst of each test."""
    worst = {}
    for name, word, why in results:
        if worst.get(name, (b"ok", b""))[0] == b"ok":
            worst[name] = (word, why)
    for name, (word, why) in worst.items():
        test, reason = f"{title} {name.decode()}", why.decode("utf-8", "replace")
        if word == b"ok":
            report.ok(test)
        elif word == b"skipped":
            report.skipped(test, reason)
        else:
            report.failed(test, reason, log)
    return worst


def run_boot(report, title, number, run, arguments):
    """One boot. Returns (names that have a result, whether the machine came to its end)."""
    _, variant, _, fields = run
    config = guest_config(variant, limit=LIMIT_SECONDS, swap="64M", **fields)
    result = run_line(report, f"{title} boot {number}", config, f"usertests {arguments}".strip())
    results = RESULT.findall(result.output)
    worst = tell(report, title, results, config.log)
    failed = any(word == b"FAILED" for word, _ in worst.values())
    if result.status is not None and result.exit_status != 0 and not failed:
        report.failed(title, f"status {result.exit_status}", config.log, result.output)
    return {name.decode() for name in worst}, result, config.log


def usertests_job(run):
    name, variant, options, _ = run
    title = f"usertests {name}"

    def work(report):
        done, result, log = run_boot(report, title, 0, run, options)
        number = 0
        while result.status is None and number < MAX_BOOTS:
            names = test_list(report, title, variant)
            missing = [test for test in names if test not in done]
            if not missing:
                report.failed(title, f"after the last test: {result.machine}", log, result.console)
                return
            report.failed(f"{title} {missing[0]}", str(result.machine), log,
                          result.console)
            done.add(missing[0])
            if len(missing) == 1:
                return
            number += 1
            more, result, log = run_boot(report, title, number, run, " ".join(missing[1:]))
            done |= more
    return Job(title, work, 85)


def jobs():
    if not os.path.isdir("user/test/usertests"):
        return []
    return [usertests_job(run) for run in RUNS]
