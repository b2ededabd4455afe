"""usage: python3 -m grading.rings [-j N] [--count N] [RING...]

Rings: host checks builds ktest disk user faults kasan boot terminal shell bombs pressure
swap replacement workset linux distro gdb grade crash (all of them without arguments), and soak,
oom-soak, swap-soak and sweep, which run only when named.
"""

import argparse
import os
import sys

from grading.machine.options import build_path
from grading.machine.parallel import default_workers
from grading.rings import (bombs, boot, crash, disks, distro, faults, gdb, grade, host, kasan,
                           keys, ktest,
                           linux, pressure, replacement, shell, swap, swap_soak, terminal, user, usertests,
                           workset)
from grading.rings.report import Report
from grading.rings.runner import run_jobs

RINGS = {
    "host": host.host_jobs,
    "checks": host.check_jobs,
    "builds": host.build_jobs,
    "ktest": ktest.jobs,
    "disk": disks.jobs,
    "user": lambda: user.jobs() + usertests.jobs(),
    "faults": faults.jobs,
    "kasan": kasan.jobs,
    "boot": boot.jobs,
    "terminal": lambda: terminal.jobs() + keys.jobs(),
    "shell": shell.jobs,
    "bombs": bombs.jobs,
    "pressure": pressure.jobs,
    "swap": swap.jobs,
    "replacement": replacement.jobs,
    "workset": workset.jobs,
    "linux": linux.jobs,
    "distro": distro.jobs,
    "gdb": gdb.jobs,
    "grade": grade.jobs,
    "crash": None,
}
# A machine waits half of its time: for a disk, a clock, another hart.
JOBS_PER_PROCESSOR = 2
DEFAULT_SOAK = 100
DEFAULT_CRASHES = 50


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-j", type=int, default=JOBS_PER_PROCESSOR * default_workers(), help="jobs side by side")
    parser.add_argument("--count", type=int, default=0, help="how often, for soak and crash")
    parser.add_argument("--seed", type=int, help="repeats a crash run")
    parser.add_argument("--only", default="", help="jobs whose name has this text")
    parser.add_argument("rings", nargs="*", metavar="RING")
    args = parser.parse_args()
    unknown = set(args.rings) - set(RINGS) - {"soak", "oom-soak", "swap-soak", "sweep"}
    if unknown:
        parser.error(f"no such ring: {' '.join(sorted(unknown))}")
    return args


def ring_jobs(name, args):
    """The jobs of one ring."""
    if name == "soak":
        return boot.soak_jobs(args.count or DEFAULT_SOAK)
    if name == "swap-soak":
        return swap_soak.jobs()
    if name == "oom-soak":
        return bombs.soak_jobs(args.count or DEFAULT_SOAK)
    if name == "sweep":
        return faults.sweep_jobs()
    if name == "crash":
        return crash.jobs(args.count or DEFAULT_CRASHES, args.seed)
    return RINGS[name]()


def main():
    args = parse_args()
    os.chdir(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
    jobs = []
    for name in args.rings or RINGS:
        jobs += ring_jobs(name, args)
    chosen = [job for job in jobs if args.only in job.name]
    if not chosen:
        names = "\n  ".join(sorted(job.name for job in jobs))
        sys.exit(f"no job has {args.only!r} in its name; there are\n  {names}")
    report = Report(build_path("test-logs"))
    run_jobs(chosen, report, args.j)
    return report.finish()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
