"""Bounds for what a submission builds and runs: no network, no trusted tree, so much processor, memory, disk.

The network is a namespace of its own (`unshare -n`), and so are mounts (`unshare -m`): where the trusted
tree is, a submission sees an empty directory. Limits are the kernel's own (setrlimit). What cannot be
bounded here is told, not passed over: notes().
"""

import functools
import mmap
import os
import resource
import shutil
import subprocess
import sys

GIB = 1 << 30
BUILD_CPU_SECONDS = 600
BUILD_MEMORY = 4 * GIB
BUILD_FILE_BYTES = 256 << 20  # the image of the root disk has 128 MiB
MACHINE_CPU_SECONDS = 3600    # far above any test's limit, for a QEMU that nothing else ends
MACHINE_FILE_BYTES = 1 * GIB
PROCESSES = "/proc"  # the directory of any process leads to where it is, past all mounts
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TERM", "PYTHON", "QEMU")

# Name of a limit in `resource`, its value for the build, for QEMU (None: not bounded so), what it is.
LIMITS = (
    ("RLIMIT_CPU", BUILD_CPU_SECONDS, MACHINE_CPU_SECONDS, "processor time"),
    ("RLIMIT_FSIZE", BUILD_FILE_BYTES, MACHINE_FILE_BYTES, "sizes of files"),
    ("RLIMIT_AS", BUILD_MEMORY, None, "memory"),  # QEMU's is bounded by its own -m
    ("RLIMIT_CORE", 0, 0, "core dumps"),
)


# Mounts an empty directory over each argument up to --, and becomes the command that follows.
HIDE = ('while [ "$1" != -- ]; do mount -t tmpfs -o ro,size=4k,mode=555 none "$1" || exit 125; shift; done; '
        'shift; exec "$@"')


def hiding(command, directories):
    """A command of unshare's, after which these directories are empty."""
    return (*command, "--", "sh", "-c", HIDE, "sh", *directories, "--")


def works(command):
    return subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0


@functools.lru_cache(maxsize=None)
def network_prefix():
    """The command that runs another one without network; () where there is none."""
    for command in (("unshare", "-n"), ("unshare", "-rn")):
        if shutil.which(command[0]) and works(command):
            return (*command, "--")
    return ()


@functools.lru_cache(maxsize=None)
def _mounts():
    """The command for namespaces of network and mounts, in which directories can be hidden; ()."""
    for command in (("unshare", "-nm"), ("unshare", "-rnm")):
        if shutil.which(command[0]) and works(hiding(command, ["/tmp"])):
            return command
    return ()


def can_hide():
    """Can directories be hidden from what a submission builds and runs?"""
    return bool(_mounts())


def prefix(hidden=()):
    """The command that runs another one without network, and with empty directories for `hidden`."""
    return hiding(_mounts(), hidden) if _mounts() else network_prefix()


@functools.lru_cache(maxsize=None)
def unbounded():
    """What the host does not let us bound, in words: found out in a child."""
    program = ("import sys; from grading.harness import sandbox; "
               "print('\\n'.join(sandbox.try_limits()))")
    top = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    done = subprocess.run([sys.executable, "-c", program], cwd=top, capture_output=True, text=True,
                          check=False)
    if done.returncode:
        return tuple(what for _, _, _, what in LIMITS)
    return tuple(done.stdout.split("\n")[:-1] if done.stdout.strip() else ())


def try_limits():
    """Sets the build's limits for this process. => what could not be bounded"""
    return [what for name, value, _, what in LIMITS
            if not _limit(name, value) or name == "RLIMIT_AS" and not _memory_ends()]


def _memory_ends():
    """Is more memory refused than the limit allows? macOS can take the limit and not heed it."""
    try:
        mmap.mmap(-1, BUILD_MEMORY + GIB).close()
    except (OSError, ValueError):
        return True
    return False


def notes():
    """What is not bounded here; nothing where all is."""
    found = []
    if not network_prefix():
        found.append("this host cannot take the network away from what a submission builds and runs "
                     "(no `unshare -n`): grade in a container without network")
    if not can_hide():
        found.append("this host cannot hide the tree that grades from what a submission builds and runs "
                     "(no `unshare -m`): a build that names files of it is refused (docs/instructor.md)")
    if unbounded():
        found.append("this host does not bound, for what a submission builds and runs: "
                     f"{', '.join(unbounded())}: grade in a container with limits")
    return found


def limit_build():
    """Runs in the child before exec."""
    for name, value, _, _ in LIMITS:
        _limit(name, value)


def limit_machine():
    """The same for QEMU."""
    for name, _, value, _ in LIMITS:
        if value is not None:
            _limit(name, value)


def _limit(name, value):
    """Lowers a limit; one that is lower already stays. => false: the host does not do it"""
    which = getattr(resource, name, None)
    if which is None:
        return False
    _, hard = resource.getrlimit(which)
    if hard == resource.RLIM_INFINITY or hard > value:
        try:
            resource.setrlimit(which, (value, value))
        except (ValueError, OSError):
            return False
    return True


def environment(home, temporary):
    """What the build of a submission sees: no secrets of whoever grades. Two directories are its own."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    # A cache of compilers would not say what the assembler read (inputs.py).
    return {**kept, "HOME": home, "TMPDIR": temporary, "CCACHE_DISABLE": "1"}
