"""Runs the jobs of the rings side by side."""

import time
import traceback

from grading.machine import EnvironmentProblem, scratch
from grading.machine.parallel import run_parallel
from grading.rings.build import BuildFailed


def guarded(job, report):
    """A job whose own errors are results, too."""
    def run():
        start = time.monotonic()
        try:
            job.run(report)
        except EnvironmentProblem as problem:
            report.failed(job.name, f"this machine lacks something: {problem}")
        except BuildFailed as problem:
            report.failed(job.name, str(problem))
        except Exception as error:
            if scratch.stopping.is_set():
                return  # its machine was taken away
            log = report.save_log(job.name + ".traceback", traceback.format_exc())
            report.failed(job.name, f"{type(error).__name__}: {error}", log)
        finally:
            report.took(job.name, time.monotonic() - start)
    return run


def run_jobs(jobs, report, workers):
    """Runs all jobs, the heavy ones first; the report has the results."""
    scratch.prepare()
    ordered = sorted(jobs, key=lambda job: -job.weight)
    for _ in run_parallel([guarded(job, report) for job in ordered], workers):
        pass
