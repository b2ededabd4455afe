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

GRADED, ENVIRONMENT, INTERRUPTED = 0, 2, 130
NAME_BYTES_MAX = 255  # of a file, on any file system
FORMULA = ("=", "+", "-", "@", "\t")  # with these a spreadsheet begins to compute


def grade(top, options, tests, names):
    """Grades all, `options.j` submissions side by side. => exit status, which says nothing of marks"""
    students = students_in(options.class_folder)
    begin_files(options.csv, tests, students)
    rows, ended, problem = {}, {}, None
    jobs = [lambda name=name: ended.setdefault(name, grade_one(top, options, tests, names, name))
            for name in students]
    try:
        for index, value in run_parallel(jobs, options.j):
            name = students[index]
            if scratch.stopping.is_set():
                raise KeyboardInterrupt  # what ends now was cut short
            if isinstance(value, BaseException):
                value = without_marks(tests, value)
            with scratch.stop_held():
                rows[name] = value
                problem = keep(options.csv, tests, rows, len(students), name) or problem
    except KeyboardInterrupt:
        for name, value in ended.items():  # while another one was told, or not
            if all(each.verdict is not Verdict.NOT_RUN for each in value[0]):
                rows.setdefault(name, value)
        if rows:
            write_csv(options.csv, tests, rows)
        print(f"stopped: {len(rows)} of {len(students)} submissions are in {options.csv}")
        return INTERRUPTED
    if problem:
        write_csv(options.csv, tests, rows)
        raise problem
    faults = any(each.verdict is Verdict.ENVIRONMENT for value in rows.values()
                 for each in value[0])
    return ENVIRONMENT if faults else GRADED


def keep(table, tests, rows, total, name):
    """Writes the table with the row of a submission that has its marks, and tells of it. => the error that came, which
    costs those that are still graded nothing: with the next row, the table is written anew"""
    try:
        write_csv(table, tests, rows)
        tell(len(rows), total, name, rows[name])
    except Exception as error:  # pylint: disable=broad-exception-caught
        return error
    return None


def students_in(class_folder):
    """The names of the submissions; tells of what is none. => raises EnvironmentProblem"""
    names, left_out = [], []
    for entry in sorted(os.scandir(class_folder), key=lambda entry: entry.name):
        is_one = entry.is_dir() and not entry.name.startswith(".")
        (names if is_one else left_out).append(entry.name)
    if left_out:
        print(plain(f"note: left out, as only folders are graded, and no hidden ones: {', '.join(left_out)}"),
              flush=True)
    if not names:
        raise EnvironmentProblem(f"{class_folder}: no folders to grade")
    return names


def begin_files(table, tests, students):
    """Makes the files of a class, empty: none holds what an earlier run left, and one that cannot be written is
    found before anybody is graded. => raises EnvironmentProblem"""
    for name in students:
        if len(os.fsencode(os.path.basename(lines_path(table, name)))) > NAME_BYTES_MAX:
            raise EnvironmentProblem(f"{name}: the folder's name is too long for a file of results: rename it")
    for name in students:
        files.open_for_writing(lines_path(table, name)).close()
    write_csv(table, tests, {})


def lines_path(table, student):
    """Where the lines of JSON of a submission are: beside the CSV."""
    return os.path.join(os.path.splitext(table)[0] + ".results", f"{student}.jsonl")


def tell(done, total, name, value):
    """A line for a submission that has its marks."""
    outcomes, note = value
    earned, points = sum(each.earned for each in outcomes), sum(each.points for each in outcomes)
    print(plain(f"[{done:4}/{total}] {name:<24} {earned:4}/{points}  {note}"), flush=True)


def grade_one(top, options, tests, names, student):
    """(outcomes, note) of one submission; its JSON lines lie beside the CSV, also if nothing can be graded."""
    mine = argparse.Namespace(jsonl=lines_path(options.csv, student), gradescope=None, junit=None)
    try:
        return grade_in_copy(top, options, tests, names, student, mine)
    except Refused as refused:
        outcomes = [not_run(test, Verdict.FAIL, f"the submission was refused: {refused}")
                    for test in tests]
        note = f"refused: {refused}"
    except Exception as problem:  # pylint: disable=broad-exception-caught
        if scratch.stopping.is_set():
            raise  # its files went while it was graded
        outcomes, note = without_marks(tests, problem)
    files.write_all(mine, outcomes)
    return outcomes, note


def without_marks(tests, problem):
    """(outcomes, note) of a submission of which an error kept us."""
    return ([not_run(test, Verdict.ENVIRONMENT, str(problem)) for test in tests],
            f"{type(problem).__name__}: {problem}")


def grade_in_copy(top, options, tests, names, student, mine):
    """The same of one that can be graded. => raises Refused"""
    workplace = Workplace(top, options.build, os.path.join(options.class_folder, student), names,
                          options.class_folder)
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
        table.writerow([cell(name), sum(each.earned for each in outcomes),
                        sum(test.points for test in tests), *cells, cell(note)])
    files.replace_file(path, text.getvalue())


def cell(words):
    """Anybody's words for a cell of a spreadsheet: nothing in it but text, and no formula."""
    text = plain(words.encode("utf-8", "backslashreplace").decode())
    return f"'{text}" if text.startswith(FORMULA) else text
