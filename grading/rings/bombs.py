"""Programs that use up memory (user/test/bombs), and who is killed for it.

Every case on machines of different size, and the one with two runaways and one process that must
live again and again: a few times with every `make test`, N times with `make oom-soak N=100`.
"""

import functools
import re

from grading.machine import Verdict
from grading.rings.boot_line import guest_config, run_line
from grading.rings.report import Job
from grading.rings.user import tell_lines

LIMIT_SECONDS = 600
SAMPLE_ROUNDS = 5

# All but `fork`, which takes 500 kills: a job of its own.
CASES = ("private shared heap stack tables areas locked calls threads pipes files tmpfs holes commit names "
         "directories runaways sharers asker cache")

# With swap: those that have something to do with it.
SWAP = "64M"
SWAP_CASES = "private shared tables locked calls pipes tmpfs runaways cache"
SWAP_SET_UP = "mkswap /dev/vdb >/dev/null && swapon /dev/vdb && "

# (build variant, harts, memory, more boot arguments)
MACHINES = (
    ("default", 1, "32M", ""),
    ("default", 4, "64M", ""),
    ("debug", 2, "64M", "directmap=32M"),
)


THRASH_LINE = ("echo 1 >/proc/sys/vm/overcommit_memory; swaptest -n 2 -m 36 -r 1; "
               "grep -E '^(oom_kill|workingset_refault_file) ' /proc/vmstat; framecheck")
MOST_REFAULTS = 10000

PANIC_LINE = "echo 1 >/proc/sys/vm/panic_on_oom && bombs private"
PANIC_SAYS = (rb"bombs invoked oom-killer", rb"\] total_vm", rb"kernel panic",
              rb"out of memory, and panic_on_oom is 1")


def run(report, title, line, machine, swap):
    variant, smp, mem, append = machine
    config = guest_config(variant, smp=smp, mem=mem, append=append, swap=swap, limit=LIMIT_SECONDS)
    result = run_line(report, title, config, f"{line} && framecheck")
    if result.status is None:
        report.failed(title, str(result.machine), config.log, result.output + result.console)
    elif not tell_lines(report, title, result.status, result.output, config.log):
        report.failed(title, f"status {result.status}", config.log, result.output)


def job(title, line, machine, seconds, swap=None):
    variant, smp, mem, append = machine
    name = f"bombs {title} {variant} smp{smp} {mem} {append}".strip()
    return Job(name, functools.partial(run, title=name, line=line, machine=machine, swap=swap), seconds)


def panic_job(report):
    """panic_on_oom: nobody is killed, the kernel panics with its report, on the line of who asked."""
    title = "bombs panic_on_oom"
    config = guest_config(smp=2, mem="32M", limit=LIMIT_SECONDS)
    result = run_line(report, title, config, PANIC_LINE)
    console = result.console
    if result.machine.verdict is not Verdict.PANIC:
        report.failed(title, str(result.machine), config.log, console)
    elif b"Killed process" in console or not all(re.search(text, console) for text in PANIC_SAYS):
        report.failed(title, f"{result.machine}: not the report", config.log, console)
    else:
        report.ok(title, result.machine.detail)


def thrash_job(report):
    """Memory is gone but for the text of programs, which a disk in memory gives again at once: somebody is
    killed before they read it for ever."""
    title = "bombs text of programs is all that is left"
    config = guest_config(root="initrd", smp=1, mem="32M", limit=LIMIT_SECONDS)
    result = run_line(report, title, config, THRASH_LINE)
    told = dict(re.findall(rb"^(\w+) (\d+)$", result.output, re.MULTILINE))
    refaults = int(told.get(b"workingset_refault_file", MOST_REFAULTS + 1))
    seen = f"{refaults} refaults, {told.get(b'oom_kill', b'?').decode()} killed: {result.machine}"
    if result.status == 0 and int(told[b"oom_kill"]) > 0 and refaults <= MOST_REFAULTS:
        report.ok(title, seen)
    else:
        report.failed(title, seen, config.log, result.output)


def jobs():
    return ([Job("bombs panic_on_oom", panic_job, 10), Job("bombs thrash", thrash_job, 5)] +
            [job("all", f"bombs {CASES}", machine, 90) for machine in MACHINES] +
            [job("fork", "bombs fork", machine, 30) for machine in MACHINES[:2]] +
            [job("runaways", f"bombs -n {SAMPLE_ROUNDS} runaways", MACHINES[1], 20),
             job("swap", f"{SWAP_SET_UP}bombs {SWAP_CASES}", MACHINES[1], 40, swap=SWAP)])


def soak_jobs(count):
    return [job("runaways", f"bombs -n {count} runaways", machine, 5 * count)
            for machine in MACHINES]
