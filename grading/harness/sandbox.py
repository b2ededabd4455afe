"""Bounds for what a submission builds and runs: no network, no trusted tree, so much processor, memory, disk.

The network is a namespace of its own (`unshare -n`), and so are mounts (`unshare -m`): a build sees its copy of the
tree, the compilers and what these need of the system, and no other file of the host's (build_prefix); for QEMU the
trusted tree and the submissions are empty directories (prefix). Limits are the kernel's own (setrlimit). What cannot
be bounded here is told, not passed over: notes().
"""

import functools
import glob
import mmap
import os
import resource
import shutil
import subprocess
import sys
import tempfile

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


# What a build may see of the system, and which of the directories in PATH it needs, with what is beside them.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix", "/gnu", "/etc/alternatives", "/etc/ld.so.cache",
          "/dev/null", "/dev/zero", "/dev/urandom")
TOOLS = ("riscv64*-gcc", "riscv64*-ld", "clang", "ld.lld", "gcc", "make", "gmake", "python3")

# A root directory of its own, at the first argument: in it are only the files and directories that are the others up
# to --, as the host has them. There the command that follows is run, in the directory that is the second argument.
VIEW = """set -e
root=$1 tree=$2
shift
mount -t tmpfs -o mode=755,size=1m none "$root"
while [ "$1" != -- ]; do
	if [ -L "$1" ]; then
		ln -s "$(readlink "$1")" "$root$1"
	elif [ -d "$1" ]; then
		mkdir -p "$root$1"
		mount --rbind "$1" "$root$1"
	else
		mkdir -p "$root$(dirname "$1")"
		: >"$root$1"
		mount --bind "$1" "$root$1"
	fi || exit 125
	shift
done
shift
exec unshare --root="$root" --wd="$tree" -- "$@"
"""


def viewing(command, mountpoint, tree, places):
    """A command of unshare's, after which there are only these places. `mountpoint`: an empty directory in tree."""
    return (*command, "--", "sh", "-c", VIEW, "sh", mountpoint, tree, *places, "--")


def places_needed(hidden):
    """Files and directories that a build needs outside of its copy. None of them has one of `hidden` in it."""
    found = [place for place in SYSTEM if os.path.lexists(place)]
    secret = [os.path.expanduser("~"), *hidden]
    wanted = [sys.prefix, sys.base_prefix]
    for directory in os.environ.get("PATH", "").split(os.pathsep):
        if os.path.isabs(directory) and any(glob.glob(os.path.join(glob.escape(directory), tool)) for tool in TOOLS):
            beside = os.path.dirname(os.path.realpath(directory))
            wanted.append(directory if any(is_within(each, beside) for each in secret) else beside)
    for place in sorted(set(wanted)):
        if not any(is_within(place, other) for other in found) and \
                not any(is_within(each, place) or is_within(place, each) for each in hidden):
            found.append(place)
    return found


def is_within(path, directory):
    """Is it the directory, or in it?"""
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)


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


def build_prefix(tree, hidden):
    """The same for a build in `tree`, which sees nothing else of the host than what it needs. Where the host cannot do
    that, `hidden` and other processes' directories are empty, as far as it can."""
    if _mounts() and can_view():
        return _viewing(tree, hidden)
    return prefix([*(path for path in hidden if not is_within(path, tree)), PROCESSES])


def _viewing(tree, hidden):
    mountpoint = os.path.join(tree, "view")
    os.makedirs(mountpoint, exist_ok=True)
    return viewing(_mounts(), mountpoint, tree, [*places_needed([*hidden, tree]), tree])


@functools.lru_cache(maxsize=None)
def can_view():
    """Can a build have a root directory of its own? => there are namespaces of mounts"""
    with tempfile.TemporaryDirectory() as tree:
        return works(_viewing(os.path.realpath(tree), ()))


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
    if _mounts() and not can_view():
        found.append("this host cannot hide all its files from what a submission builds (no `unshare --root`), only "
                     "the tree that grades and what was handed in: a build that reads others is refused "
                     "(docs/instructor.md)")
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
