"""grading/grade: options, and what is done with them."""

import argparse
import os
import sys
import time

from grading.harness import files, lab as labs, show
from grading.harness.outcome import Verdict
from grading.harness.suite import Suite
from grading.harness.tree import Tree
from grading.machine import EnvironmentProblem, scratch
from grading.machine.options import setting
from grading.machine.parallel import default_workers

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FULL_MARKS, LOST_MARKS, ENVIRONMENT, INTERRUPTED = 0, 1, 2, 130

USAGE = """Grades Quire, or a submission that changes it.

Exit status: 0 full marks, 1 less, 2 the environment is at fault, 130 stopped by Ctrl-C.
"""


def parse(arguments):
    parser = argparse.ArgumentParser(prog="grading/grade", description=USAGE,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lab", nargs="?", default="", help="one lab; all of them without it")
    parser.add_argument("test", nargs="?", default="", help="one test of the lab, with its console")
    parser.add_argument("-j", type=int, default=default_workers(), metavar="N",
                        help="machines side by side (default: as many as there are cores)")
    parser.add_argument("--list", action="store_true", help="what is tested, and for what points")
    parser.add_argument("--seed", type=int, help="repeats a run's values")
    parser.add_argument("--gdb", action="store_true", help="start the test under gdb, and wait")
    parser.add_argument("--verbose", "-v", action="store_true", help="name the checks that pass")
    parser.add_argument("--slow", type=float, default=1.0, metavar="FACTOR",
                        help="longer limits, for a slow host")
    parser.add_argument("--build", default=setting("BUILD", "build"), help="build directory")
    files.add_options(parser)
    options = parser.parse_args(arguments)
    if options.test and not options.lab:
        parser.error("a test needs its lab")
    return options


def chosen_tests(options):
    """The tests that the options name."""
    chosen = [labs.load(options.lab)] if options.lab else labs.load_all()
    tests = [test for each in chosen for test in each.tests
             if options.test in ("", test.id)]
    if not tests:
        names = " ".join(test.id for each in chosen for test in each.tests)
        raise EnvironmentProblem(f"lab {options.lab} has no test {options.test} (it has {names})")
    return tests


def list_tests(tests):
    for test in tests:
        print(f"{test.name} ({test.points} points): {test.text}")
        for check in test.checks:
            print(f"    {check.points:2} {check.id}: {check.text}")


def grade_tests(tests, tree, options, prefix="make grade"):
    """Runs tests, tells of them, writes the files asked for. => (exit status, outcomes)"""
    echo = (lambda data: os.write(2, data)) if options.test else None
    shown = show.Show(len(tests), verbose=options.verbose)
    writer = files.Writer(options)
    log_directory = os.path.join(tree.build, "grade-logs")
    suite = Suite(tests, tree, os.path.join(tree.root, log_directory), options.seed, options.j,
                  echo, options.slow, prefix)
    start = time.monotonic()

    def tell(outcome):
        writer.tell(outcome)
        shown.tell(outcome)

    suite.go(tell)
    shown.totals(suite.outcomes)
    shown.line(f"  {time.monotonic() - start:.0f} s")
    writer.finish(suite.outcomes)
    return status_of(suite), suite.outcomes


def status_of(suite):
    if suite.interrupted:
        return INTERRUPTED
    if any(each.verdict is Verdict.ENVIRONMENT for each in suite.outcomes):
        return ENVIRONMENT
    full = all(each.verdict is Verdict.PASS for each in suite.outcomes)
    return FULL_MARKS if full else LOST_MARKS


def run(options):
    tests = chosen_tests(options)
    if options.list:
        list_tests(tests)
        return FULL_MARKS
    status, _ = grade_tests(tests, Tree(TOP, options.build), options)
    return status


def main(arguments=None):
    os.chdir(TOP)
    options = parse(arguments)
    scratch.prepare()
    try:
        return run(options)
    except EnvironmentProblem as problem:
        sys.stderr.write(f"grade: {problem}\n")
        return ENVIRONMENT
    except KeyboardInterrupt:
        return INTERRUPTED
