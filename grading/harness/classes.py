"""A class: every folder of a directory is a submission; a row of a CSV for each."""

import argparse
import csv
import io
import os

from grading.harness import files
from grading.harness.console import plain
from grading.harness.outcome import Verdict, not_run
from grading.harness.submission import Refused
from grading.harness.suite import Suite
from grading.harness.workplace import Workplace
from grading.machine import EnvironmentProblem, scratch
from grading.machine.parallel import run_parallel

FULL_MARKS, ENVIRONMENT, INTERRUPTED = 0, 2, 130


def grade(top, options, tests, names):
    """Grades all, `options.j` submissions side by side. => exit status"""
    students = sorted(entry.name for entry in os.scandir(options.class_folder) if entry.is_dir())
    if not students:
        raise EnvironmentProblem(f"{options.class_folder}: no folders to grade")
    rows, ended = {}, {}
    jobs = [lambda name=name: ended.setdefault(name, grade_one(top, options, tests, names, name))
            for name in students]
    try:
        for index, value in run_parallel(jobs, options.j):
            name = students[index]
            if scratch.stopping.is_set():
                raise KeyboardInterrupt  # what ends now was cut short
            if isinstance(value, BaseException):
                value = ([not_run(test, Verdict.ENVIRONMENT, str(value)) for test in tests],
                         f"{type(value).__name__}: {value}")
            with scratch.stop_held():
                rows[name] = value
                tell(len(rows), len(students), name, value)
                write_csv(options.csv, tests, rows)
    except KeyboardInterrupt:
        for name, value in ended.items():  # while another one was told, or not
            if all(each.verdict is not Verdict.NOT_RUN for each in value[0]):
                rows.setdefault(name, value)
        if rows:
            write_csv(options.csv, tests, rows)
        print(f"stopped: {len(rows)} of {len(students)} submissions are in {options.csv}")
        return INTERRUPTED
    faults = any(each.verdict is Verdict.ENVIRONMENT for value in rows.values()
                 for each in value[0])
    return ENVIRONMENT if faults else FULL_MARKS


def tell(done, total, name, value):
    """A line for a submission that has its marks."""
    outcomes, note = value
    earned, points = sum(each.earned for each in outcomes), sum(each.points for each in outcomes)
    print(plain(f"[{done:4}/{total}] {name:<24} {earned:4}/{points}  {note}"), flush=True)


def grade_one(top, options, tests, names, student):
    """(outcomes, note) of one submission; its JSON lines lie beside the CSV."""
    beside = os.path.splitext(options.csv)[0] + ".results"
    mine = argparse.Namespace(jsonl=os.path.join(beside, f"{student}.jsonl"), gradescope=None,
                              junit=None)
    try:
        workplace = Workplace(top, options.build, os.path.join(options.class_folder, student), names,
                              options.class_folder)
    except Refused as refused:
        outcomes = [not_run(test, Verdict.FAIL, f"the submission was refused: {refused}")
                    for test in tests]
        files.write_all(mine, outcomes)
        return outcomes, f"refused: {refused}"
    writer = files.Writer(mine, tests)
    with workplace as tree:
        suite = Suite(tests, tree, os.path.join(tree.root, "grade-logs"), options.seed, 1,
                      slow=options.slow)
        suite.go(writer.tell)
    writer.finish(suite.outcomes)
    words = sorted({each.verdict.value for each in suite.outcomes} - {"pass"})
    return suite.outcomes, ", ".join(words)


def write_csv(path, tests, rows):
    """A row for each student: all points, those of each test, and what went wrong."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["submission", "points", "of", *[test.name for test in tests], "note"])
    for name in sorted(rows):
        outcomes, note = rows[name]
        by_name = {each.name: each for each in outcomes}
        cells = [by_name[test.name].earned if test.name in by_name else "" for test in tests]
        table.writerow([name, sum(each.earned for each in outcomes),
                        sum(test.points for test in tests), *cells, note])
    files.replace_file(path, text.getvalue())
