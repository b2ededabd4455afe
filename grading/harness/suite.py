"""Many tests side by side; each outcome is handed over as it comes."""

import contextlib
import os
import secrets
import traceback

from grading.harness.outcome import Verdict, not_run
from grading.harness.run import Run
from grading.harness.tree import BuildFailed, Tampered
from grading.machine import EnvironmentProblem, scratch
from grading.machine.parallel import run_parallel

STOPPED = "stopped before this test had ended"


def missing(tests, outcomes):
    """Outcomes for those of `tests` that have none."""
    done = {outcome.name for outcome in outcomes}
    return [not_run(test, Verdict.NOT_RUN, STOPPED) for test in tests if test.name not in done]


class Suite:
    """`outcomes` in order of ending. `interrupted`: Ctrl-C came before the last."""

    def __init__(self, tests, tree, log_directory, seed=None, workers=None, echo=None, slow=1.0,
                 prefix="make grade"):
        self.tests = tests
        self.tree = tree
        self.log_directory = log_directory
        self.seed = seed
        self.workers = workers
        self.echo = echo
        self.slow = slow
        self.prefix = prefix
        self.outcomes = []
        self.interrupted = False
        self._ended = []  # by whichever thread ran it

    def go(self, tell):
        """Runs all tests; calls tell(outcome) for each, one at a time."""
        os.makedirs(self.log_directory, exist_ok=True)
        jobs = [lambda test=test: self._one(test) for test in self.tests]
        try:
            for index, value in run_parallel(jobs, self.workers):
                if isinstance(value, BaseException):
                    test = self.tests[index]
                    value = self._without_run(test, Verdict.ENVIRONMENT, self._log_error(test, value))
                with scratch.stop_held():
                    self.outcomes.append(value)
                    tell(value)
        except KeyboardInterrupt:
            self.interrupted = True
            self._tell_untold(tell)
            for outcome in self.missing():
                self.outcomes.append(outcome)

    def _tell_untold(self, tell):
        """Of tests that had ended when the stop came, while another one was told."""
        for outcome in self._ended:
            if outcome not in self.outcomes and outcome.verdict is not Verdict.NOT_RUN:
                self.outcomes.append(outcome)
                tell(outcome)

    def missing(self):
        """Outcomes for the tests that have none."""
        return missing(self.tests, self.outcomes)

    @staticmethod
    def _without_run(test, verdict, why):
        """The outcome of a test that came to no end. When all is being stopped, builds are ended and files go:
        nobody knows what it would have come to."""
        if scratch.stopping.is_set():
            return not_run(test, Verdict.NOT_RUN, STOPPED)
        return not_run(test, verdict, str(why))

    def _one(self, test):
        """The outcome of one test, whatever happens."""
        outcome = self._run(test)
        self._ended.append(outcome)
        return outcome

    def _run(self, test):
        if scratch.stopping.is_set():
            return not_run(test, Verdict.NOT_RUN, STOPPED)
        seed = self.seed if self.seed is not None else secrets.randbits(32)
        outcome = self._attempt(test, seed)
        if outcome.verdict is Verdict.ENVIRONMENT and self.tree.bounds and self.tree.bounds.reference:
            outcome = self._after_control(test, seed, outcome)
        if outcome.verdict is not Verdict.PASS and scratch.stopping.is_set():
            return not_run(test, Verdict.NOT_RUN, STOPPED)  # its files went while it was judged
        outcome.clean()
        outcome.seed = seed
        again = f"{self.prefix} LAB={test.lab} TEST={test.id} SEED={seed}"
        outcome.reproduce, outcome.debug = again, f"{again} GDB=1"
        return outcome

    def _after_control(self, test, seed, outcome):
        """A submission's test came to an end that looks like the host's doing. A kernel can bring QEMU to one as
        well. Where the reference does not pass here either, it is the host's; else the submission has another try,
        and what that comes to counts."""
        try:
            with self.tree.bounds.reference() as tree:
                if self._attempt(test, seed, tree).verdict is not Verdict.PASS:
                    return outcome
        except EnvironmentProblem:
            return outcome
        outcome = self._attempt(test, seed)
        if outcome.verdict is Verdict.ENVIRONMENT:
            outcome.verdict = Verdict.PARTIAL if outcome.earned else Verdict.FAIL
            outcome.detail += "; twice, and not with the reference's kernel: it is this kernel's doing"
        return outcome

    def _attempt(self, test, seed, reference=None):
        """What a test comes to, whatever happens: in the tree that is graded, or quietly in the reference's."""
        log = os.path.join(self.log_directory, f"{test.lab}-{test.id}.log")
        try:
            if reference:
                return Run(test, reference, seed, slow=self.slow).go()
            return Run(test, self.tree, seed, log, self.echo, self.slow).go()
        except BuildFailed as failure:
            outcome = self._without_run(test, Verdict.FAIL, failure)
            outcome.tail = failure.output
        except Tampered as tampered:
            outcome = self._without_run(test, Verdict.FAIL, tampered)
        except EnvironmentProblem as problem:
            outcome = self._without_run(test, Verdict.ENVIRONMENT, problem)
        except Exception as error:  # the grader's own
            outcome = self._without_run(test, Verdict.ENVIRONMENT, self._log_error(test, error))
        return outcome

    def _log_error(self, test, error):
        """An error of the grader's own, in words; where it came from is in a file, for whoever mends it."""
        path = os.path.join(self.log_directory, f"{test.lab}-{test.id}.traceback")
        with contextlib.suppress(OSError), open(path, "w", encoding="utf-8") as log:
            log.writelines(traceback.format_exception(type(error), error, error.__traceback__))
        return f"{type(error).__name__}: {error}"
