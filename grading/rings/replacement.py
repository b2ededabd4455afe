"""The kernel's replacement policies against the simulator (tools/refsim), fault by fault.

A program drives reference strings through recorded memory (kernel/vm/pagerefs.c) under each policy; the
simulator must come to the same faults at the same references, for it knows nothing but the
string and the number of frames. Memory that comes to where a recorded page was is no part of it.
"""

import functools

from grading.rings.boot_line import guest_config, run_line
from grading.rings.report import Job
from tools.refsim import policies, record

LIMIT_SECONDS = 300
MEM = "64M"
SWAP = "32M"
SET_UP = "mkswap /dev/vdb >/dev/null && swapon /dev/vdb"
BELADY = "0 1 2 3 0 1 4 0 1 2 3 4"

# Arguments of user/test/refstring.
STRINGS = (
    f"-f 3 '{BELADY}'",
    f"-f 4 '{BELADY}'",
    "-f 2 '0 1 0 1 2 0 2 2 1 0'",
    "-f 16 -n 17 -r 300 loop",
    "-f 20 -n 30 -r 3000 random",
    "-f 40 -n 120 -r 4000 hot",
    "-f 24 -n 64 -r 3000 walk",
)

# (policy, build variant, harts)
ROWS = (
    ("fifo", "default", 1),
    ("fifo", "default", 4),
    ("clock", "default", 1),
    ("clock", "default", 4),
    ("age", "default", 2),
    ("lru", "default", 2),
    ("clock", "debug", 2),
)


def difference(text, policy):
    """What is wrong with one record, or None."""
    try:
        found = record.parse(text)
    except record.BadRecord as error:
        return str(error)
    if found.notes.get("policy") != policy or not found.references:
        return f"no record of policy {policy}: {text[:80]!r}"
    simulated = policies.simulate(policy, found.references, found.number("frames"))
    for at, (here, there) in enumerate(zip(simulated, found.faulted)):
        if here != there:
            return (f"reference {at}, page {found.references[at]}: the kernel has "
                    f"{'a' if there else 'no'} fault; {sum(found.faulted)} in all, the simulation "
                    f"has {sum(simulated)}")
    return None


def run(report, title, policy, variant, smp):
    config = guest_config(variant, smp=smp, mem=MEM, swap=SWAP, append=f"reclaim={policy}",
                          limit=LIMIT_SECONDS)
    line = " && ".join([SET_UP, "refstring replace", "refstring busy"] +
                       [f"refstring {arguments}" for arguments in STRINGS] + ["framecheck"])
    result = run_line(report, title, config, line)
    if result.status is None:
        report.failed(title, str(result.machine), config.log, result.output + result.console)
        return
    texts = result.output.decode().split("# policy ")[1:]
    if result.status != 0 or len(texts) != len(STRINGS):
        report.failed(title, f"status {result.status}, {len(texts)} records", config.log,
                      result.output)
        return
    for arguments, text in zip(STRINGS, texts):
        name, wrong = f"{title}: {arguments}", difference("# policy " + text, policy)
        if wrong:
            report.failed(name, wrong, config.log)
        else:
            report.ok(name)


def jobs():
    found = []
    for policy, variant, smp in ROWS:
        title = f"replacement {policy} {variant} smp{smp}"
        found.append(Job(title, functools.partial(run, title=title, policy=policy, variant=variant,
                                                  smp=smp), 10))
    return found
