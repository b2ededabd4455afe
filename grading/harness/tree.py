"""What is graded: a source tree and the builds that the tests need, each made once."""

import os
import signal
import subprocess
import tempfile
import threading

from grading.machine import EnvironmentProblem, scratch
from grading.rings.build import VARIANTS, build_lock

MAKE_SECONDS = 1800  # of wall time, for a build that hangs
OUTPUT_LINES = 30
OUTPUT_BYTES = 16 << 10


class BuildFailed(Exception):
    """The tree does not build; `output` is the end of what make said."""

    def __init__(self, variant, output):
        super().__init__(f"the {variant} kernel does not build")
        self.output = output


class Tampered(Exception):
    """The kernel tells who looks from outside something else than the reference does."""


class Tree:
    """`build` is the directory of the default build. For submissions: `wrap` turns make's command
    into one in bounds, `before` sets limits in the child; machine_prefix and machine_before do the
    same for QEMU; `layout` is the layout note that its kernels must have."""

    def __init__(self, root, build, wrap=None, environment=None, before=None, machine_prefix=(),
                 machine_before=None, layout=None):
        self.root = root
        self.build = build
        self.machine_prefix = machine_prefix
        self.machine_before = machine_before
        self.layout = layout
        self._wrap = wrap or (lambda command: command)
        self._environment = environment
        self._before = before
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
        with tempfile.TemporaryFile() as output:
            try:
                with build_lock(os.path.join(self.root, directory)):
                    status = run_group(self._wrap(command), self.root, environment, output,
                                       self._before)
            except FileNotFoundError as error:
                raise EnvironmentProblem(f"{error.filename} is not installed") from None
            if status == 0:
                return None
            output.seek(max(0, output.tell() - OUTPUT_BYTES))
            lines = output.read(OUTPUT_BYTES).decode("utf-8", "replace").splitlines()
        why = "make took too long" if status is None else f"make ended with status {status}"
        return lines[-OUTPUT_LINES:] + [why]


def run_group(command, directory, environment, output, before):
    """The status of a command, None if it took too long; it is ended with all its children."""
    def in_child():
        scratch.die_with_parent()
        if before:
            before()

    process = subprocess.Popen(command, cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                               stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
                               preexec_fn=in_child)

    def end():
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass

    scratch.register(process, end)
    scratch.watch_group(process.pid)
    try:
        return process.wait(MAKE_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    finally:
        end()
        process.wait()
        output.seek(0, os.SEEK_END)
        scratch.unwatch_group(process.pid)
        scratch.unregister(process)
