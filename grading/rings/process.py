"""Host commands of the jobs: run, logged, ended with their children."""

import os
import signal
import subprocess

from grading.machine import scratch

BACKSTOP_SECONDS = 1800  # of wall time, for what hangs: never a measure of anything


class Command:
    """One command, in a process group of its own, so that ending it ends all of it."""

    def __init__(self, arguments, environment=None):
        self.process = subprocess.Popen(
            arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
            env={**os.environ, **(environment or {})})
        scratch.register(self, self.kill)

    def kill(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass  # it has ended; macOS says the latter of one that nobody has waited for

    def finish(self, timeout):
        """(status, output); the status is None if it took too long."""
        try:
            output, _ = self.process.communicate(timeout=timeout)
            return self.process.returncode, output
        except subprocess.TimeoutExpired:
            self.kill()
            output, _ = self.process.communicate()
            return None, output
        finally:
            scratch.unregister(self)


def run_host(arguments, timeout=BACKSTOP_SECONDS, environment=None):
    """(status, output) of a host command."""
    return Command(arguments, environment).finish(timeout)


def make_environment():
    """Variables of the make above that a make below must not inherit."""
    return {"MAKEFLAGS": "", "MFLAGS": "", "MAKELEVEL": "0"}


def command_job(report, name, arguments, timeout=BACKSTOP_SECONDS, environment=None):
    """Runs a host command as one test. Returns (passed, output)."""
    status, output = run_host(arguments, timeout, {**make_environment(), **(environment or {})})
    log = report.save_log(name, output)
    if status == 0:
        lines = output.decode("utf-8", "replace").strip().splitlines()
        report.ok(name, lines[-1] if lines else "")
        return True, output
    why = f"status {status}" if status is not None else f"no end in {timeout} s"
    report.failed(name, why, log, output)
    return False, output
