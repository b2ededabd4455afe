"""Bounds for what a submission builds and runs: no network, so much processor, memory, disk.

The network is a namespace of its own (`unshare -n`), where the host has that; limits are the
kernel's own (setrlimit). What cannot be bounded here is told, not passed over: note().
"""

import functools
import os
import resource
import shutil
import subprocess

GIB = 1 << 30
BUILD_CPU_SECONDS = 600
BUILD_MEMORY = 4 * GIB
FILE_BYTES = 1 * GIB
PASSED_ON = ("PATH", "LANG", "LC_ALL", "TERM", "TMPDIR", "PYTHON", "QEMU", "CCACHE_CONFIGPATH")


@functools.lru_cache(maxsize=None)
def network_prefix():
    """The command that runs another one without network; () where there is none."""
    for command in (("unshare", "-n"), ("unshare", "-rn")):
        if shutil.which(command[0]) and subprocess.run([*command, "true"], capture_output=True,
                                                       check=False).returncode == 0:
            return (*command, "--")
    return ()


def note():
    """What is not bounded here, or an empty text."""
    if network_prefix():
        return ""
    return ("this host cannot take the network away from what a submission builds and runs "
            "(no `unshare -n`): grade in a container without network")


def limit_build():
    """Runs in the child before exec."""
    _limit(resource.RLIMIT_CPU, BUILD_CPU_SECONDS)
    _limit(resource.RLIMIT_FSIZE, FILE_BYTES)
    if hasattr(resource, "RLIMIT_AS"):
        _limit(resource.RLIMIT_AS, BUILD_MEMORY)
    _limit(resource.RLIMIT_CORE, 0)


def limit_machine():
    """The same for QEMU, whose memory is bounded by its own -m."""
    _limit(resource.RLIMIT_FSIZE, FILE_BYTES)
    _limit(resource.RLIMIT_CORE, 0)


def _limit(which, value):
    """Lowers a limit; one that is lower already stays."""
    _, hard = resource.getrlimit(which)
    if hard == resource.RLIM_INFINITY or hard > value:
        try:
            resource.setrlimit(which, (value, value))
        except (ValueError, OSError):
            pass


def environment(home):
    """What the build of a submission sees: no secrets of whoever grades."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**kept, "HOME": home}
