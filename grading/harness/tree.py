"""What is graded: a source tree and the builds that the tests need, each made once."""

import os
import signal
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import Callable, Dict, Optional, Sequence

from grading.harness import sandbox
from grading.harness.inputs import Inputs
from grading.machine import EnvironmentProblem, scratch
from grading.machine.options import make_command
from grading.rings.build import VARIANTS, build_lock

MAKE_SECONDS = 1800  # of wall time, for a build that hangs
BUILD_BYTES = 512 << 20  # what all builds of a submission add to its tree, together; see docs/instructor.md
TEMPORARY = "tmp"  # of a submission's tree
LOOK_SECONDS = 0.2
TOO_MUCH = "make wrote more than"
OUTPUT_LINES = 30
OUTPUT_BYTES = 16 << 10


class BuildFailed(Exception):
    """A file of a variant does not build; `output` is the end of what make said."""

    def __init__(self, variant, output, name="quire.elf"):
        what = "kernel" if name == "quire.elf" else f"build's {name}"
        super().__init__(f"the {variant} {what} does not build")
        self.output = output


class Tampered(Exception):
    """The kernel tells who looks from outside something else than the reference does."""


@dataclass
class Bounds:
    """What a submission is held in. The prefixes are commands that run make and QEMU without network and
    what they may not read; `layout` is the layout note that its kernels must have; `control` says why not even
    the reference's file of a variant can be made here, None if it can; `reference` makes a Workplace of the
    reference's, for what a machine's end says of the host."""
    build_prefix: Sequence[str]
    machine_prefix: Sequence[str]
    layout: Dict[str, int]
    control: Optional[Callable[[str, str], Optional[str]]] = None
    reference: Optional[Callable] = None


class Tree:
    """`build` is the directory of the default build. Submissions have `bounds`, and a tree that is theirs alone."""

    def __init__(self, root, build, bounds=None):
        self.root = root
        self.build = build
        self.bounds = bounds
        self._most = used_bytes(root) + BUILD_BYTES if bounds else None
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
            if (variant, name) in self._made:
                failure = self._made[variant, name]
            else:
                failure = self._failure(variant, name, target)
                if not isinstance(failure, EnvironmentProblem):  # that may have passed when it is asked again
                    self._made[variant, name] = failure
        if failure is not None:
            raise failure
        return os.path.join(self.root, target)

    def kernel(self, variant):
        return self.path(variant, "quire.elf")

    def _failure(self, variant, name, target):
        """Why a file cannot be made, None if it was."""
        try:
            output = self._make(variant, target)
            if output is not None and self._may_be_the_hosts(output):
                output = self._make_after_control(variant, name, target)
        except (EnvironmentProblem, Tampered) as problem:
            return problem
        return None if output is None else BuildFailed(variant, output, name)

    def _may_be_the_hosts(self, output):
        """Is a failed build worth another one of the reference's? Not when it was ended in its bounds."""
        return self.bounds and self.bounds.control and not scratch.stopping.is_set() and \
            not output[-1].startswith(TOO_MUCH)

    def _make_after_control(self, variant, name, target):
        """A build failed, which may be the host's doing: a full disk, too little memory, no compiler. What the
        compiler prints proves nothing, for a submission can have it print anything. Where the reference cannot
        be built either, the host is at fault; where it can, what make says now counts."""
        complaint = self.bounds.control(variant, name)
        if complaint:
            raise EnvironmentProblem(complaint)
        return self._make(variant, target)

    def _environment(self):
        """What a build of a submission sees. The compiler's temporary files are in its tree, and count."""
        temporary = os.path.join(self.root, TEMPORARY)
        os.makedirs(temporary, exist_ok=True)
        return sandbox.environment(self.root, temporary)

    def _make(self, variant, target):
        """None, or what make said when it failed. => raises Tampered"""
        directory = self.directory(variant)
        jobs = min(4, os.cpu_count() or 1)
        command = [make_command(), f"-j{jobs}", f"BUILD={directory}", *VARIANTS[variant], target]
        environment, before, inputs = dict(os.environ), None, None
        if self.bounds:
            command = [*self.bounds.build_prefix, *command, "EVERY_INPUT=1"]
            environment, before = self._environment(), sandbox.limit_build
            inputs = Inputs(self.root, directory, environment)
        for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"):
            environment.pop(name, None)
        with tempfile.TemporaryFile() as output:
            try:
                with build_lock(os.path.join(self.root, directory)):
                    why = run_group(command, self.root, environment, output, before, self._most)
            except FileNotFoundError as error:
                raise EnvironmentProblem(f"{error.filename} is not installed") from None
            output.seek(max(0, output.tell() - OUTPUT_BYTES))
            lines = output.read(OUTPUT_BYTES).decode("utf-8", "replace").splitlines()
        foreign = inputs.foreign() if inputs else None
        if foreign:
            raise Tampered(f"the {variant} kernel is refused: it is made from files outside of its tree: "
                           f"{foreign}")
        if why is None and inputs and inputs.silent():
            raise EnvironmentProblem(f"the compiler left no {inputs.silent()}")
        return None if why is None else lines[-OUTPUT_LINES:] + [why]


def used_bytes(directory):
    """What its files take of the disk, as far as they stay while they are counted."""
    used = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                used += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except OSError:
                continue
    return used


def wait_in_bounds(process, directory, most):
    """Waits for make. => why it failed or must be ended, None when all is well"""
    end = time.monotonic() + MAKE_SECONDS
    status = None
    while status is None and time.monotonic() < end:
        try:
            status = process.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        if most is not None and used_bytes(directory) > most:
            return f"{TOO_MUCH} {BUILD_BYTES >> 20} MiB"
    if status is None:
        return "make took too long"
    return f"make ended with status {status}" if status else None


def run_group(command, directory, environment, output, before, most=None):
    """Runs make, ends it with all its children. `most`: so many bytes there may be in the directory. => why it
    failed; None when it did not"""
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
        return wait_in_bounds(process, directory, most)
    finally:
        end()
        process.wait()
        output.seek(0, os.SEEK_END)
        scratch.unwatch_group(process.pid)
        scratch.unregister(process)
