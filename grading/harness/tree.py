"""What is graded: a source tree and the builds that the tests need, each made once."""

import os
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from typing import Callable, Dict, Optional, Sequence

from grading.harness import sandbox
from grading.harness.inputs import Inputs
from grading.machine import EnvironmentProblem, scratch
from grading.machine.options import make_command
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


@dataclass
class Bounds:
    """What a submission is held in. The prefixes are commands that run make and QEMU without network and
    what they may not read; `layout` is the layout note that its kernels must have; `control` says why not even
    the reference's file of a variant can be made here, None if it can."""
    build_prefix: Sequence[str]
    machine_prefix: Sequence[str]
    layout: Dict[str, int]
    control: Optional[Callable[[str, str], Optional[str]]] = None


class Tree:
    """`build` is the directory of the default build. Submissions have `bounds`."""

    def __init__(self, root, build, bounds=None):
        self.root = root
        self.build = build
        self.bounds = bounds
        self._lock = threading.Lock()
        self._made = {}

    def directory(self, variant):
        if variant == "default":
            return self.build
        return os.path.join(self.build, "variants", variant)

    def path(self, variant, name):
        """A file of a build, made if need be. => raises BuildFailed, Tampered, EnvironmentProblem"""
        target = os.path.join(self.directory(variant), name)
        with self._lock:
            if (variant, name) not in self._made:
                self._made[variant, name] = self._failure(variant, name, target)
            failure = self._made[variant, name]
        if failure is not None:
            raise failure
        return os.path.join(self.root, target)

    def kernel(self, variant):
        return self.path(variant, "quire.elf")

    def _failure(self, variant, name, target):
        """Why a file cannot be made, None if it was."""
        try:
            output = self._make(variant, target)
            if output is not None and self.bounds and self.bounds.control and not scratch.stopping.is_set():
                output = self._make_after_control(variant, name, target)
        except (EnvironmentProblem, Tampered) as problem:
            return problem
        return None if output is None else BuildFailed(variant, output)

    def _make_after_control(self, variant, name, target):
        """A build failed, which may be the host's doing: a full disk, too little memory, no compiler. What the
        compiler prints proves nothing, for a submission can have it print anything. Where the reference cannot
        be built either, the host is at fault; where it can, what make says now counts."""
        complaint = self.bounds.control(variant, name)
        if complaint:
            raise EnvironmentProblem(complaint)
        return self._make(variant, target)

    def _make(self, variant, target):
        """None, or what make said when it failed. => raises Tampered"""
        directory = self.directory(variant)
        jobs = min(4, os.cpu_count() or 1)
        command = [make_command(), f"-j{jobs}", f"BUILD={directory}", *VARIANTS[variant], target]
        environment, before, inputs = dict(os.environ), None, None
        if self.bounds:
            command = [*self.bounds.build_prefix, *command, "EVERY_INPUT=1"]
            environment, before = sandbox.environment(self.root), sandbox.limit_build
            inputs = Inputs(self.root, directory, environment)
        for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"):
            environment.pop(name, None)
        with tempfile.TemporaryFile() as output:
            try:
                with build_lock(os.path.join(self.root, directory)):
                    status = run_group(command, self.root, environment, output, before)
            except FileNotFoundError as error:
                raise EnvironmentProblem(f"{error.filename} is not installed") from None
            output.seek(max(0, output.tell() - OUTPUT_BYTES))
            lines = output.read(OUTPUT_BYTES).decode("utf-8", "replace").splitlines()
        foreign = inputs.foreign() if inputs else None
        if foreign:
            raise Tampered(f"the {variant} kernel is refused: it is made from files outside of its tree: "
                           f"{foreign}")
        if status == 0 and inputs and inputs.silent():
            raise EnvironmentProblem(f"the compiler left no {inputs.silent()}")
        if status == 0:
            return None
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
