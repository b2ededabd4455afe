"""The builds that jobs need: each made once, whoever asks first."""

import contextlib
import fcntl
import os
import time

from grading.machine import EnvironmentProblem, scratch
from grading.machine.options import make_command, setting
from grading.rings.process import make_environment, run_host

LOCK_POLL_SECONDS = 0.05
TIMEOUT_SECONDS = 1800  # of wall time, for a build that hangs

# Name of a build -> make's variables for it.
VARIANTS = {
    "default": [],
    "debug": ["DEBUG=1"],
    "linux-gcc": ["TOOLPREFIX=riscv64-linux-gnu-"],
    "clang": ["CLANG=1"],
    "slab": ["SLAB=slab", "DEBUG=1"],
    "slob": ["SLAB=slob", "DEBUG=1"],
    # Debug builds have hooks in every cache, so the ways without are these builds' alone.
    "slab-release": ["SLAB=slab"],
    "slob-release": ["SLAB=slob"],
    "kasan": ["KASAN=1"],
}

# Of these only the kernel is made, for their variables say nothing of programs: those and what they are put
# in are the default's.
KERNEL_ONLY = ("debug", "slab", "slob", "slab-release", "slob-release", "kasan")

# Of these no object but the allocator's is another one's, so they are linked in its directory.
LINKED_BESIDE = {"slab": "debug", "slob": "debug", "slab-release": "default", "slob-release": "default"}

_results = {}


def can_make(variant):
    """Whether the sources have what a variant is of: slab and slob may be left out."""
    slab = variant.partition("-")[0]
    return slab not in ("slab", "slob") or os.path.exists(f"kernel/mem/slab/{slab}.c")


def directory(variant):
    """The build directory of a variant; the default one is the user's own."""
    top = setting("BUILD", "build")
    variant = LINKED_BESIDE.get(variant, variant)
    return top if variant == "default" else os.path.join(top, "variants", variant)


def kernel_name(variant):
    return f"quire-{variant}.elf" if variant in LINKED_BESIDE else "quire.elf"


def lock(variant):
    """build_lock() of a variant's directory."""
    return build_lock(directory(variant))


@contextlib.contextmanager
def build_lock(path, reading=False):
    """Keeps others out of a build directory, threads and processes: two makes at once would both build
    what is missing, and a copy that is made meanwhile would be torn. Who is only `reading` keeps no other
    readers out, and needs no leave to write: where nobody has built under the lock, nobody can be kept out."""
    if not reading:
        os.makedirs(path, exist_ok=True)
    name = os.path.join(path, ".lock")
    kind = fcntl.LOCK_SH if reading else fcntl.LOCK_EX
    with contextlib.ExitStack() as stack:
        try:
            file = stack.enter_context(open(name, "ab"))
        except OSError:
            if not reading:
                raise
            if not os.path.exists(name):
                yield
                return
            file = stack.enter_context(open(name, "rb"))
        while True:
            try:
                fcntl.flock(file, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if scratch.stopping.is_set():
                    raise EnvironmentProblem("stopped") from None
                time.sleep(LOCK_POLL_SECONDS)
        yield


def build(variant, targets=None):
    """(status, output) of making a variant; made once for the same targets."""
    targets = targets or (["kernel"] if variant in KERNEL_ONLY else ["all"])
    key = (variant, tuple(targets))
    with lock(variant):
        if key not in _results:
            command = [make_command(), f"BUILD={directory(variant)}", f"KERNEL_ELF={kernel_name(variant)}",
                       *VARIANTS[variant], *targets]
            _results[key] = run_host(command, TIMEOUT_SECONDS, make_environment())
            with open(log_path(variant), "wb") as log:
                log.write(_results[key][1])
        return _results[key]


def log_path(variant):
    """What make said when it built a variant."""
    path = os.path.join(setting("BUILD", "build"), "test-logs", f"build_{variant}.log")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    return path


class BuildFailed(Exception):
    """What a test needs could not be built."""


def require(variant, targets=None):
    """Makes a variant. => raises BuildFailed"""
    status, _ = build(variant, targets)
    if status != 0:
        raise BuildFailed(f"the {variant} build failed (log: {log_path(variant)})")


def kernel(variant):
    """The kernel's path in a variant, made if need be."""
    require(variant)
    return os.path.join(directory(variant), kernel_name(variant))


def programs_variant(variant):
    """Whose programs, host tools and images go with a variant's kernel."""
    return "default" if variant in KERNEL_ONLY else variant


def image(variant):
    """The root image's path, made if need be."""
    variant = programs_variant(variant)
    require(variant)
    return os.path.join(directory(variant), "fs.img")


def initrd(variant):
    """The initrd's path, made if need be."""
    variant = programs_variant(variant)
    path = os.path.join(directory(variant), "initrd.img")
    require(variant, [path])
    return path


def image_with(tree):
    """The path of a root image with a tree added to it, made now."""
    top = directory("default")
    with lock("default"):
        status, output = run_host([make_command(), f"BUILD={top}", f"EXTRA={tree}", "print-image"],
                                  TIMEOUT_SECONDS, make_environment())
    if status != 0:
        raise BuildFailed(f"no image with {tree}: {output.decode('utf-8', 'replace')}")
    return output.decode().split()[-1]
