"""The grading harness: the reference has full marks in every lab, each verdict can be provoked,
and cheats earn what they should."""

import sys

from grading.harness import lab as labs
from grading.harness.outcome import Verdict
from grading.harness.show import Show
from grading.harness.suite import Suite
from grading.harness.tree import Tree
from grading.rings import build
from grading.rings.process import command_job
from grading.rings.report import Job

SUITES = ("grade_verdicts", "grade_cheats", "grade_sources", "grade_builds", "grade_forgeries",
          "grade_replacement", "grade_mutants", "grade_gradescope", "grade_stops", "grade_commands")


def lab_job(name):
    title = f"grade {name}"

    def run(report):
        build.require("default")
        suite = Suite(labs.load(name).tests, Tree(".", build.directory("default")),
                      report.log_path("grade") + "s", workers=1)
        suite.go(lambda outcome: None)
        lost = [outcome for outcome in suite.outcomes if outcome.verdict is not Verdict.PASS]
        if not lost:
            report.ok(title, f"{sum(each.earned for each in suite.outcomes)} points")
            return
        path = report.log_path(title)
        with open(path, "w", encoding="utf-8") as log:
            shown = Show(len(lost), log)
            for outcome in lost:
                shown.tell(outcome)
        report.failed(title, ", ".join(f"{each.name} {each.verdict.value}" for each in lost), path)
    return Job(title, run, 60)


def suite_job(name):
    def run(report):
        build.require("default")
        command_job(report, f"grade tests {name}",
                    [sys.executable, "-m", "unittest", "-q", f"grading.tests.{name}"])
    return Job(f"grade tests {name}", run, 65)


def jobs():
    return [lab_job(name) for name in labs.LAB_NAMES if labs.has_lab(name)] + \
        [suite_job(name) for name in SUITES]
