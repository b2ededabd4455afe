"""grading/grade: options, and what is done with them."""

import argparse
import os
import signal
import sys
import time
import traceback

from grading.harness import classes, files, lab as labs, sandbox, selfcheck, show
from grading.harness.console import TO_TERMINAL, plain
from grading.harness.debug import wait_for_gdb
from grading.harness.outcome import TOP, Verdict, not_run
from grading.harness.seed import SEED_MAX
from grading.harness.submission import Refused
from grading.harness.suite import Suite, missing
from grading.harness.tree import Tree
from grading.harness.workplace import Workplace
from grading.machine import EnvironmentProblem, scratch
from grading.machine.options import make_command, setting
from grading.machine.parallel import default_workers

FULL_MARKS, LOST_MARKS, ENVIRONMENT, INTERRUPTED = 0, 1, 2, 130
STANDARD_ERROR = 2  # the last of the three
SLOW_MAX = 1000  # a test's minute becomes 16 hours: more is a slip

# These count from where the command is given; all else counts from the top of the tree.
PATH_OPTIONS = ("submission", "class_folder", "jsonl", "gradescope", "junit", "csv")

# Of files that the options name; others are the harness's own, and their traceback is wanted.
FILE_FAULTS = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError)

USAGE = """Grades Quire, or a submission that changes it.

Exit status: 0 full marks, 1 less, 2 the environment or the command is at fault, 130 stopped by a signal.
Of a class (--class): 0 all have their marks, whatever they are, 2 and 130 as above.
"""


def parse(arguments):
    """The options. => ends the process with status 2 for those that make no sense"""
    parser = make_parser()
    options = parser.parse_args(arguments)
    for complaint in complaints(options):
        parser.error(complaint)
    for name in PATH_OPTIONS:
        path = getattr(options, name)
        setattr(options, name, os.path.abspath(path) if path else path)
    return options


def make_parser():
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
    parser.add_argument("--submission", metavar="DIR", help="grade a student's files of the lab, laid "
                        "over this tree, in bounds")
    parser.add_argument("--class", dest="class_folder", metavar="DIR",
                        help="grade each folder in DIR as a submission; needs --csv")
    parser.add_argument("--selfcheck", action="store_true",
                        help="is this machine fit to grade? The reference must get full marks")
    files.add_options(parser)
    return parser


def complaints(options):
    """What makes no sense in the options, each alone or together."""
    results = any((options.junit, options.gradescope, options.jsonl))
    if any(getattr(options, name) == "" for name in PATH_OPTIONS):
        yield "the name of a file or folder is empty"
    if options.test and not options.lab:
        yield f"test {options.test} needs its lab (LAB=NAME TEST={options.test}, with make)"
    if options.gdb and not options.test:
        yield "--gdb needs a lab and a test"
    if options.gdb and options.class_folder:
        yield "--gdb is for one submission"
    if bool(options.class_folder) != bool(options.csv):
        yield "--class and --csv need each other"
    if options.class_folder and (options.submission or results):
        yield "a class has a table (--csv) and lines of JSON beside it, no other files"
    if options.selfcheck and (options.test or options.submission or options.class_folder or results):
        yield "--selfcheck grades the reference, all tests of one lab or of all, and writes no files"
    if options.j < 1 or not 0 < options.slow <= SLOW_MAX:
        yield f"-j and --slow are above 0, and --slow is at most {SLOW_MAX}"
    if options.seed is not None and not 0 <= options.seed <= SEED_MAX:
        yield f"a seed is a number from 0 to {SEED_MAX}"


def lab_files(options):
    """What a submission for the chosen labs may bring."""
    chosen = [labs.load(options.lab)] if options.lab else labs.load_all()
    return sorted({name for each in chosen for name in each.files})


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


def grade_tests(tests, tree, options):
    """Runs tests, tells of them, writes the files asked for. => (exit status, outcomes)"""
    echo = (lambda data: os.write(STANDARD_ERROR, data.translate(TO_TERMINAL))) if options.test else None
    shown = show.Show(len(tests), verbose=options.verbose,
                      submission=options.submission)
    writer = files.Writer(options, tests)
    log_directory = os.path.join(tree.build, "grade-logs")
    suite = Suite(tests, tree, os.path.join(tree.root, log_directory), options.seed, options.j,
                  echo, options.slow, f"{make_command()} grade")
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


def grade_submission(options, tests):
    """One submission, after a look at this machine: what it lacks costs no student points."""
    files.write_all(options, missing(tests, []))  # an earlier run's are not this one's, however it ends
    try:
        selfcheck.require_fit(TOP, options)
        return grade_in_workplace(options, tests)
    except Exception as problem:
        if not scratch.stopping.is_set():
            files.write_all(options, [not_run(test, Verdict.ENVIRONMENT, str(problem)) for test in tests])
        raise


def grade_in_workplace(options, tests):
    """The same on a machine that is fit. => exit status"""
    try:
        workplace = Workplace(TOP, options.build, options.submission, lab_files(options))
    except Refused as refused:
        print(plain(f"refused: {refused}"))
        outcomes = [not_run(test, Verdict.FAIL, f"the submission was refused: {refused}")
                    for test in tests]
        files.write_all(options, outcomes)
        return LOST_MARKS
    for note in workplace.notes():
        print(plain(f"note: {note}"))
    with workplace as tree:
        status, _ = grade_tests(tests, tree, options)
    return status


def run(options):
    """What the options ask for. => exit status"""
    for folder in filter(None, (options.class_folder, options.submission)):
        if not os.path.isdir(folder):
            raise EnvironmentProblem(f"{folder}: no such folder")
    if options.selfcheck:
        return selfcheck.run(TOP, options)
    tests = chosen_tests(options)
    if options.list:
        list_tests(tests)
        return FULL_MARKS
    if options.class_folder:
        selfcheck.require_fit(TOP, options)
        for note in sandbox.notes():
            print(f"note: {note}")
        return classes.grade(TOP, options, tests, lab_files(options))
    if options.gdb and options.submission:
        with Workplace(TOP, options.build, options.submission, lab_files(options)) as tree:
            return wait_for_gdb(tests[0], tree, options)
    if options.gdb:
        return wait_for_gdb(tests[0], Tree(TOP, options.build), options)
    if options.submission:
        return grade_submission(options, tests)
    status, _ = grade_tests(tests, Tree(TOP, options.build), options)
    return status


def stopped():
    """What is told when there are no totals to tell. => exit status"""
    sys.stderr.write("grade: stopped: there are no marks\n")
    return INTERRUPTED


def fill_streams():
    """Opens /dev/null for each standard stream that is closed, or a file of results would come in its place. => is
    there one for what is told?"""
    told = sys.stdout is not None
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= STANDARD_ERROR:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    if sys.stderr is None:
        sys.stderr = open(STANDARD_ERROR, "w", encoding="utf-8")
    return told


def main(arguments=None):
    """=> exit status"""
    if not fill_streams():
        sys.stderr.write("grade: standard output is closed\n")
        return ENVIRONMENT
    options = parse(arguments)
    os.chdir(TOP)
    sys.stdout.reconfigure(errors="backslashreplace")
    scratch.prepare()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # nohup, and the shell of a background job, want it ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, scratch.stop)
    return flushed(run_guarded(options))


def flushed(status):
    """The exit status when all is told. Python's own for what cannot be would be another one."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ENVIRONMENT
    return status


def run_guarded(options):
    """What the options ask for, or a word of why not. => exit status"""
    try:
        return run(options)
    except EnvironmentProblem as problem:
        if scratch.stopping.is_set():
            return stopped()  # what it was ended in is no fault
        sys.stderr.write(plain(f"grade: {problem}") + "\n")
        return ENVIRONMENT
    except Refused as refused:
        sys.stderr.write(plain(f"refused: {refused}") + "\n")
        return LOST_MARKS
    except KeyboardInterrupt:
        return stopped()
    except FILE_FAULTS as error:
        sys.stderr.write(plain(f"grade: {error}") + "\n")
        return ENVIRONMENT
    except BrokenPipeError:
        return ENVIRONMENT
    except Exception:  # pylint: disable=broad-exception-caught
        # A fault of the harness or the host must not look like a mark.
        traceback.print_exc()
        return ENVIRONMENT
