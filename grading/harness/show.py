"""What a person sees: a line for each test as it ends, and what is wrong with it."""

import shlex
import sys

from grading.harness.outcome import Verdict

COLORS = {Verdict.PASS: "32", Verdict.PARTIAL: "33", Verdict.ENVIRONMENT: "35",
          Verdict.NOT_RUN: "2"}
BAD = "31"
INDENT = " " * 10


def command_for(outcome, submission):
    """The command that repeats a test of a submission; `again` is for the student's own tree."""
    return (f"grading/grade {outcome.lab} {outcome.test} --submission {shlex.quote(submission)} "
            f"--seed {outcome.seed}")


class Show:
    """Text on a stream; colours where it is a terminal. `submission` is the folder that is graded, if
    it is not this tree."""

    def __init__(self, total, stream=sys.stdout, color=None, verbose=False, submission=None):
        self.total = total
        self.stream = stream
        self.color = stream.isatty() if color is None else color
        self.verbose = verbose
        self.submission = submission
        self.done = 0

    def paint(self, text, code):
        return f"\x1b[{code}m{text}\x1b[0m" if self.color else text

    def line(self, text=""):
        print(text, file=self.stream, flush=True)

    def tell(self, outcome):
        """One test that has ended."""
        self.done += 1
        word = self.paint(f"{outcome.verdict.value:<11}", COLORS.get(outcome.verdict, BAD))
        self.line(f"[{self.done:3}/{self.total}] {word} {outcome.name:<28} "
                  f"{outcome.earned:3}/{outcome.points:<3} {outcome.seconds:5.1f} s")
        if outcome.verdict is not Verdict.PASS:
            self._explain(outcome)
        elif self.verbose:
            for check in outcome.checks:
                self.line(f"{INDENT}ok {check.id}: {check.text}")

    def _explain(self, outcome):
        ran = outcome.verdict not in (Verdict.ENVIRONMENT, Verdict.NOT_RUN)
        for check in outcome.checks:
            if ran and not check.ok:
                self._explain_check(check)
        for name, text in (("verdict", outcome.detail), ("hint", outcome.hint)):
            if text:
                self.line(f"{INDENT}{name}: {text}")
        for title, lines in (("where", outcome.trace), ("note", outcome.notes)):
            for text in lines:
                self.line(f"{INDENT}{title}: {text}")
        for text in outcome.tail:
            self.line(f"{INDENT}| {text}")
        if outcome.log and not self.submission:
            self.line(f"{INDENT}console: {outcome.log}")
        if outcome.reproduce and self.submission:
            self.line(f"{INDENT}here:    {command_for(outcome, self.submission)}   (--gdb: under gdb)")
        if outcome.reproduce:
            self.line(f"{INDENT}again:   {outcome.reproduce}")
            self.line(f"{INDENT}in gdb:  {outcome.debug}")

    def _explain_check(self, check):
        points = f"{check.points} point{'s' if check.points != 1 else ''}"
        self.line(f"{INDENT}{self.paint('not so', BAD)} [{check.id}, {points}] {check.text}")
        for name, text in (("expected", check.expected), ("seen", check.seen),
                           ("why", check.why), ("hint", check.hint)):
            if text:
                self.line(f"{INDENT}    {name}: {text}")

    def totals(self, outcomes):
        """Points by lab, and all."""
        labs = {}
        for outcome in outcomes:
            earned, points = labs.get(outcome.lab, (0, 0))
            labs[outcome.lab] = earned + outcome.earned, points + outcome.points
        self.line()
        for lab, (earned, points) in labs.items():
            word = self.paint(f"{earned}/{points}", "32" if earned == points else BAD)
            self.line(f"  {lab:<10} {word}")
        earned = sum(each.earned for each in outcomes)
        points = sum(each.points for each in outcomes)
        self.line(f"  {'all':<10} {earned}/{points}")
        lost = sum(each.verdict is Verdict.NOT_RUN for each in outcomes)
        if lost:
            self.line(f"  stopped: {len(outcomes) - lost} of {len(outcomes)} tests had ended: these are no marks")
        faults = [each for each in outcomes if each.verdict is Verdict.ENVIRONMENT]
        if faults:
            self.line(f"  {len(faults)} tests could not run here: this machine lacks something, and "
                      "nobody's kernel is to blame (make doctor)")
