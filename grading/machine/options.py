"""The machine that make's variables describe, as tools/ and the test rings get it.

The Makefile hands its variables over in the environment, so that no quoting can go wrong:
QUIRE_KERNEL, QUIRE_IMAGE, QUIRE_INITRD (paths), and MEM, SMP, SWAP, APPEND, ROOT,
QEMUFLAGS, TIMEOUT, each with QUIRE_ in front.
"""

import os
import shlex
import shutil
import sys

from grading.machine.config import Config, Disk, parse_bytes
from grading.machine.verdict import EnvironmentProblem

DEFAULT_MEM = "128M"
DEFAULT_SMP = 2
DEFAULT_TIMEOUT = 600
LEAST_SWAP = "40K"  # ten pages; mkswap takes no less


def setting(name, default=""):
    """One of make's variables; the default if it is empty."""
    return os.environ.get(f"QUIRE_{name}", "").strip() or default


def make_command():
    """The make that started us, or one of GNU's: macOS has an old one of that name, and a new gmake."""
    return setting("MAKE") or ("gmake" if sys.platform == "darwin" and shutil.which("gmake") else "make")


def build_path(name):
    """A file of the build directory."""
    return os.path.join(setting("BUILD", "build"), name)


def config_from_environment(**changes):
    """A Config; `changes` override its fields."""
    fields = {
        "kernel": setting("KERNEL", build_path("quire.elf")),
        "mem": setting("MEM", DEFAULT_MEM),
        "smp": _number("SMP", DEFAULT_SMP),
        "swap": setting("SWAP", None),
        "append": setting("APPEND"),
        "qemuflags": _words("QEMUFLAGS"),
        "limit": _number("TIMEOUT", DEFAULT_TIMEOUT),
    }
    if fields["swap"] is not None:
        _check_size("SWAP", fields["swap"], LEAST_SWAP)
    _check_size("MEM", fields["mem"])
    root = setting("ROOT", "disk")
    if root == "initrd":
        fields["initrd"] = setting("INITRD", build_path("initrd.img"))
    elif root == "disk":
        fields["disks"] = [Disk(setting("IMAGE", build_path("fs.img")), "root")]
    elif root != "none":
        raise EnvironmentProblem(f"ROOT={root}: it is disk, initrd or none")
    fields.update(changes)
    return Config(**fields)


def _number(name, default):
    text = setting(name, str(default))
    if not text.isdigit() or int(text) == 0:
        raise EnvironmentProblem(f"{name}={text}: not a number above 0")
    return int(text)


def _words(name):
    try:
        return shlex.split(setting(name))
    except ValueError as problem:
        raise EnvironmentProblem(f"{name}={setting(name)}: {problem}") from None


def _check_size(name, text, least="1"):
    try:
        size = parse_bytes(text)
    except ValueError:
        size = 0
    if size <= 0:
        raise EnvironmentProblem(f"{name}={text}: not a size (such as 256M)")
    if size < parse_bytes(least):
        raise EnvironmentProblem(f"{name}={text}: {size} bytes; it needs {least} or more (such as 256M)")
