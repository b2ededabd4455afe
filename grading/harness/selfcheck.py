"""Is this machine fit to grade? What it lacks is told as such, so that no student pays for it."""

import os
import shutil
import subprocess
import sys
import tempfile

from grading.harness import lab as labs, show
from grading.harness.outcome import Verdict
from grading.harness.submission import Refused
from grading.harness.suite import Suite
from grading.harness.tree import BuildFailed, Tree
from grading.harness.workplace import ReferenceWorkplace, build_complaint
from grading.machine import EnvironmentProblem, scratch
from grading.machine.command_line import find_qemu

MACHINE_BYTES = 400 << 20  # of one machine: its memory and its disks, as far as tests fill them
COPY_BYTES = 200 << 20     # a copy of the tree, built
SLOW_BOOT_SECONDS = 20     # a boot takes one or two; limits are 60
FIT, UNFIT, INTERRUPTED = 0, 2, 130
BOOTED = ("quire.elf", "fs.img")  # what the test of boot_complaints() needs


def scratch_bytes(options):
    """What is needed for so many machines side by side. A class has a copy for each."""
    copies = options.j if options.class_folder else 1
    return options.j * MACHINE_BYTES + copies * COPY_BYTES


def complaints(top, options):
    """What is wrong with this machine, before anything is graded."""
    try:
        find_qemu()
    except EnvironmentProblem as problem:
        yield str(problem)
        return
    needed = scratch_bytes(options)
    for place in {scratch.scratch_root(), tempfile.gettempdir()}:
        free = shutil.disk_usage(place).free
        if free < needed:
            yield f"{place} has {free >> 20} MiB free; {needed >> 20} MiB are needed with -j {options.j}"
            return
    yield from reference_complaints(top, options)


def reference_complaints(top, options):
    """The reference, handed in as a submission, builds here, boots fast enough and gets its marks for it."""
    lab = labs.load(options.lab or "boot")
    try:
        yield from complaints_of_copy(top, options, lab)
    except Refused as refused:
        yield f"the reference's own files are refused: {refused}"


def complaints_of_copy(top, options, lab):
    with ReferenceWorkplace(top, options.build, lab.files) as tree:
        complaint = next(filter(None, (build_complaint(tree, name=name) for name in BOOTED)), None)
        if complaint and scratch.stopping.is_set():
            raise KeyboardInterrupt  # make was ended
        if complaint:
            yield complaint
            return
        yield from boot_complaints(tree, options)


def boot_complaints(tree, options):
    test = next(test for test in labs.load("boot").tests if test.id == "exit-status")
    with tempfile.TemporaryDirectory() as logs:
        suite = Suite([test], tree, logs, workers=1, slow=options.slow)
        suite.go(lambda outcome: None)
    if suite.interrupted or scratch.stopping.is_set():
        raise KeyboardInterrupt
    outcome = suite.outcomes[0]
    if outcome.verdict is not Verdict.PASS:
        last = outcome.tail[-1] if outcome.tail else ""
        yield (f"the reference does not boot here: {outcome.verdict.value} {outcome.detail} {last}")
    elif outcome.machine_seconds > SLOW_BOOT_SECONDS * options.slow:
        yield (f"this machine is too slow: a boot took {outcome.machine_seconds:.0f} s that it could "
               f"use, and limits are made for less than {SLOW_BOOT_SECONDS}. Give --slow "
               f"{outcome.machine_seconds / 5:.0f}")


def require_fit(top, options):
    """=> raises EnvironmentProblem when this machine is not fit"""
    for complaint in complaints(top, options):
        raise EnvironmentProblem(f"this machine is not fit to grade: {complaint}")


def run(top, options):
    """make grade-selfcheck. => exit status"""
    doctor = subprocess.run([sys.executable, os.path.join(top, "tools", "doctor.py")], check=False)
    if doctor.returncode:
        print("selfcheck: this machine lacks something (above)")
        return UNFIT
    try:
        require_fit(top, options)
        tests = [test for lab in labs.load_all() for test in lab.tests
                 if options.lab in ("", lab.name)]
        suite = Suite(tests, Tree(top, options.build), os.path.join(top, options.build, "grade-logs"),
                      options.seed, options.j, slow=options.slow)
        shown = show.Show(len(tests))
        suite.go(shown.tell)
        shown.totals(suite.outcomes)
        if suite.interrupted:
            return INTERRUPTED
    except (EnvironmentProblem, BuildFailed) as problem:
        print(f"selfcheck: {problem}")
        return UNFIT
    lost = [each.name for each in suite.outcomes if each.verdict is not Verdict.PASS]
    if lost:
        print(f"selfcheck: the reference loses points here, so grade nobody: {' '.join(lost)}")
        return UNFIT
    print("selfcheck: this machine is fit, the reference has full marks")
    return FIT
