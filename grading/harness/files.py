"""Results as files: JSON lines, Gradescope's results.json, JUnit XML, a class's CSV."""

import contextlib
import json
import os
import re
from xml.sax.saxutils import escape, quoteattr

from grading.harness.outcome import Verdict
from grading.harness.suite import missing
from grading.machine import EnvironmentProblem

VISIBILITY = "visible"
NOT_XML = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Instead of a score: without one Gradescope calls the run a failure of the autograder, as it is.
FAULT_TEXT = ("The autograder itself had a fault, and tests could not run. This is not your kernel's "
              "fault, and it cost no points: tell your instructor.")


def add_options(parser):
    """The options that Writer understands."""
    parser.add_argument("--jsonl", metavar="FILE", help="a line of JSON for each test as it ends")
    parser.add_argument("--gradescope", metavar="FILE", help="Gradescope's results.json")
    parser.add_argument("--junit", metavar="FILE", help="JUnit XML")
    parser.add_argument("--csv", metavar="FILE", help="points of a class, a row for each submission")


class Writer:
    """`tell` for each outcome as it comes, `finish` at the end with all of them.

    All files are there at once, and after each outcome, with what is missing as `not run`: so they hold what
    there is when this process is killed, and nothing of an earlier run. They are in the order of `tests`, but the
    lines of JSON, which are in that of ending. => raises EnvironmentProblem for a file that cannot be written
    """

    def __init__(self, options, tests=()):
        self.options = options
        self.tests = tests
        self.outcomes = []
        self._order = {test.name: index for index, test in enumerate(tests)}
        self._lines = open_for_writing(options.jsonl) if options.jsonl else None
        if tests:
            self.write(missing(tests, []))

    def tell(self, outcome):
        self.outcomes.append(outcome)
        if self._lines:
            self._write_line(json.dumps(outcome.as_dict()) + "\n")
        if self.tests:
            self.write(self.outcomes + missing(self.tests, self.outcomes))

    def _write_line(self, line):
        with write_errors(self.options.jsonl):
            try:
                self._lines.write(line)
                self._lines.flush()
            except OSError:
                with contextlib.suppress(OSError):
                    self._lines.close()  # which would write the line, too
                self._lines = None
                raise

    def finish(self, outcomes):
        if self._lines:
            with write_errors(self.options.jsonl):
                self._lines.close()
        self.write(outcomes)

    def write(self, outcomes):
        """The files that are replaced as a whole."""
        outcomes = sorted(outcomes, key=lambda each: self._order.get(each.name, 0))
        for path, make in ((self.options.gradescope, gradescope), (self.options.junit, junit)):
            if path:
                replace_file(path, make(outcomes))


def write_all(options, outcomes):
    """The files for outcomes that are all there already. The whole ones come first: what they said before must not
    stay because there is no room for lines."""
    writer = Writer(options)
    writer.write(outcomes)
    for outcome in outcomes:
        writer.tell(outcome)
    writer.finish(outcomes)


def open_for_writing(path):
    """An empty text file, and the folder that it is in. => raises EnvironmentProblem"""
    with write_errors(path):
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        return open(path, "w", encoding="utf-8", errors="backslashreplace", newline="")


def replace_file(path, text):
    """Writes a file that at no time is there in part. What is no plain file is written to. => raises
    EnvironmentProblem"""
    plain = os.path.isfile(path) or not os.path.exists(path)
    part = f"{path}.part" if plain else path
    with write_errors(path):
        with open_for_writing(part) as file:
            file.write(text)
        if plain:
            os.replace(part, path)


@contextlib.contextmanager
def write_errors(path):
    """Those of a file that cannot be written, be its disk full, are the environment's."""
    try:
        yield
    except OSError as error:
        raise EnvironmentProblem(f"{path} cannot be written: {error.strerror}") from None


def explanation(outcome):
    """What a student reads about a test that lost points."""
    lines = []
    for check in outcome.checks:
        if check.ok:
            continue
        lines.append(f"not so: {check.text} ({check.points} points)")
        lines += [f"    {name}: {text}" for name, text in
                  (("expected", check.expected), ("seen", check.seen), ("why", check.why),
                   ("hint", check.hint)) if text]
    lines += [f"{name}: {text}" for name, text in
              (("verdict", outcome.detail), ("hint", outcome.hint)) if text]
    lines += [f"where: {text}" for text in outcome.trace] + outcome.notes
    lines += [f"| {text}" for text in outcome.tail]
    if lines and outcome.reproduce:
        lines += [f"again: {outcome.reproduce}", f"in gdb: {outcome.debug}"]
    return "\n".join(lines)


def gradescope(outcomes):
    """results.json: a test for each of ours, tagged with its lab and verdict. No marks at all if
    the environment was at fault."""
    if any(each.verdict is Verdict.ENVIRONMENT for each in outcomes):
        return json.dumps({"output": FAULT_TEXT}) + "\n"
    results = {
        "score": sum(each.earned for each in outcomes),
        "execution_time": int(sum(each.seconds for each in outcomes)),
        "visibility": VISIBILITY,
        "stdout_visibility": "hidden",
        "tests": [{
            "name": f"{each.name}: {each.text}", "number": f"{index + 1}",
            "score": each.earned, "max_score": each.points,
            "status": "passed" if each.verdict is Verdict.PASS else "failed",
            "output": explanation(each), "tags": [each.lab, each.verdict.value],
            "visibility": VISIBILITY,
        } for index, each in enumerate(outcomes)],
    }
    return json.dumps(results, indent=1) + "\n"


def junit(outcomes):
    """JUnit XML: a suite for each lab, a case for each check."""
    text = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    for lab in dict.fromkeys(each.lab for each in outcomes):
        chosen = [each for each in outcomes if each.lab == lab]
        checks = [(each, check) for each in chosen for check in each.checks]
        lost = [each for each, check in checks if not check.ok]
        errors = sum(each.verdict is Verdict.ENVIRONMENT for each in lost)
        failures = len(lost) - errors
        text.append(f'<testsuite name={quoteattr(lab)} tests="{len(checks)}" '
                    f'failures="{failures}" errors="{errors}">')
        text += [junit_case(each, check) for each, check in checks]
        text.append("</testsuite>")
    return NOT_XML.sub("?", "\n".join(text + ["</testsuites>", ""]))


def junit_case(outcome, check):
    share = outcome.seconds / max(1, len(outcome.checks))
    head = (f"<testcase classname={quoteattr(outcome.name)} name={quoteattr(check.id)} "
            f'time="{share:.2f}"')
    if check.ok:
        return head + "/>"
    kind = "error" if outcome.verdict is Verdict.ENVIRONMENT else "failure"
    message = quoteattr(f"{check.text} expected: {check.expected}; seen: {check.seen} {check.why}")
    return f"{head}><{kind} message={message}>{escape(explanation(outcome))}</{kind}></testcase>"
