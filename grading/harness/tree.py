"""What is graded: a source tree and the builds that the tests need, each made once."""

import os
import subprocess
import threading

from grading.machine import EnvironmentProblem
from grading.rings.build import VARIANTS

MAKE_SECONDS = 1800  # of wall time, for a build that hangs
OUTPUT_LINES = 30


class BuildFailed(Exception):
    """The tree does not build; `output` is the end of what make said."""

    def __init__(self, variant, output):
        super().__init__(f"the {variant} kernel does not build")
        self.output = output


class Tree:
    """`build` is the directory of the default build; `wrap` turns a command into one in bounds."""

    def __init__(self, root, build, wrap=None, environment=None):
        self.root = root
        self.build = build
        self._wrap = wrap or (lambda command: command)
        self._environment = environment
        self._lock = threading.Lock()
        self._made = {}

    def directory(self, variant):
        if variant == "default":
            return self.build
        return os.path.join(self.build, "variants", variant)

    def path(self, variant, name):
        """A file of a build, made if need be. => raises BuildFailed"""
        directory = self.directory(variant)
        target = os.path.join(directory, name)
        with self._lock:
            if (variant, name) not in self._made:
                self._made[variant, name] = self._make(variant, directory, target)
            failure = self._made[variant, name]
        if failure is not None:
            raise BuildFailed(variant, failure)
        return os.path.join(self.root, target)

    def kernel(self, variant):
        return self.path(variant, "quire.elf")

    def _make(self, variant, directory, target):
        """None, or what make said when it failed."""
        jobs = min(4, os.cpu_count() or 1)
        command = ["make", f"-j{jobs}", f"BUILD={directory}", *VARIANTS[variant], target]
        environment = dict(self._environment or os.environ)
        for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"):
            environment.pop(name, None)
        try:
            done = subprocess.run(self._wrap(command), cwd=self.root, env=environment,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, timeout=MAKE_SECONDS)
        except FileNotFoundError as error:
            raise EnvironmentProblem(f"{error.filename} is not installed") from None
        except subprocess.TimeoutExpired:
            return [f"make took longer than {MAKE_SECONDS} s"]
        if done.returncode == 0:
            return None
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        return lines[-OUTPUT_LINES:] or [f"make ended with status {done.returncode}"]
