"""The builds that jobs need: each made once, whoever asks first."""

import os
import threading

from grading.machine.options import setting
from grading.rings.process import make_environment, run_host

TIMEOUT_SECONDS = 600

# Name of a build -> make's variables for it.
VARIANTS = {
    "default": [],
    "debug": ["DEBUG=1"],
    "linux-gcc": ["TOOLPREFIX=riscv64-linux-gnu-"],
    "clang": ["CLANG=1"],
    "slab": ["SLAB=slab", "DEBUG=1"],
    "slob": ["SLAB=slob", "DEBUG=1"],
}

_locks = {name: threading.Lock() for name in VARIANTS}
_results = {}


def directory(variant):
    """The build directory of a variant; the default one is the user's own."""
    top = setting("BUILD", "build")
    return top if variant == "default" else os.path.join(top, "variants", variant)


def build(variant, targets=("all",)):
    """(status, output) of making a variant; made once for the same targets."""
    key = (variant, tuple(targets))
    with _locks[variant]:
        if key not in _results:
            command = ["make", f"BUILD={directory(variant)}", *VARIANTS[variant], *targets]
            _results[key] = run_host(command, TIMEOUT_SECONDS, make_environment())
        return _results[key]


def kernel(variant):
    """The kernel's path in a variant, made if need be. => None if it cannot be built"""
    status, _ = build(variant)
    return os.path.join(directory(variant), "quire.elf") if status == 0 else None


def image(variant):
    return os.path.join(directory(variant), "fs.img")


def initrd(variant):
    """The initrd's path, made if need be. => None if it cannot be built"""
    path = os.path.join(directory(variant), "initrd.img")
    status, _ = build(variant, [path])
    return path if status == 0 else None
