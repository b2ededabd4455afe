"""Temporary directories, and clean-up on every way out.

What is registered here is undone at exit, on Ctrl-C and on SIGTERM. After SIGKILL of this
process its children are ended and its directories removed by a process of their own (keeper.py),
and on Linux the kernel ends the children at once (die_with_parent()).
"""

import atexit
import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

PR_SET_PDEATHSIG = 1
MEMORY_DIRECTORY = "/dev/shm"
PREFIX = "quire-"
# Containers have 64 MiB there, which is less than a machine's memory.
MEMORY_LEAST = 600 << 20

# The handler of a signal may need them while its own thread has them.
_lock = threading.RLock()
_cleanups = {}
_handlers_installed = False
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_keeper = None
_keeper_lock = threading.RLock()

# Set when all is to end: no machine runs on, none is started.
stopping = threading.Event()
_held = 0
_stop_came = False


def stop(_number, _frame):
    """A handler for Ctrl-C and SIGTERM: machines end, what has results keeps them. A second one comes through
    whatever is held, which may wait for a pipe."""
    global _stop_came
    stopping.set()
    first, _stop_came = not _stop_came, False
    if _held and first:
        _stop_came = True
        return
    raise KeyboardInterrupt


@contextlib.contextmanager
def stop_held():
    """What belongs together, a result and its line in a file, is not cut in two by a stop: that comes after
    the block. Handlers run in the main thread; in any other this does nothing."""
    global _held, _stop_came
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _held += 1
    try:
        yield
    finally:
        _held -= 1
        came, _stop_came = _stop_came, False
        if came:
            raise KeyboardInterrupt


def scratch_root():
    """A directory in memory, where the host has one (macOS has none) that is large enough, else the one for
    temporary files."""
    if os.access(MEMORY_DIRECTORY, os.W_OK) and shutil.disk_usage(MEMORY_DIRECTORY).total >= MEMORY_LEAST:
        return MEMORY_DIRECTORY
    return tempfile.gettempdir()


def make_directory():
    """A new private directory; remove_directory() ends it."""
    path = tempfile.mkdtemp(prefix=PREFIX, dir=scratch_root())
    _tell_keeper(f"directory {path}")
    return path


def remove_directory(path):
    shutil.rmtree(path, ignore_errors=True)
    _tell_keeper(f"directory-gone {path}")


def watch_group(pid):
    """A child that leads a process group: it ends with this process, whatever happens."""
    _tell_keeper(f"group {pid}")


def unwatch_group(pid):
    """... it has ended."""
    _tell_keeper(f"group-gone {pid}")


def _tell_keeper(line):
    global _keeper
    with _keeper_lock:
        if _keeper is None:
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keeper.py")
            _keeper = subprocess.Popen([sys.executable, "-S", "-E", script], stdin=subprocess.PIPE,
                                       stdout=subprocess.DEVNULL, start_new_session=True,
                                       bufsize=0)
            atexit.register(_end_keeper, _keeper)
        _keeper.stdin.write(line.encode() + b"\n")


def _end_keeper(keeper):
    run_cleanups()  # they tell the keeper of what they removed
    keeper.stdin.close()
    keeper.wait()


def register(owner, cleanup):
    """Has `cleanup()` called at exit unless unregister(owner) comes first."""
    _install_handlers()
    with _lock:
        _cleanups[id(owner)] = cleanup


def unregister(owner):
    with _lock:
        _cleanups.pop(id(owner), None)


def run_cleanups():
    """Undoes everything registered. => called at exit, or when all is lost"""
    with _lock:
        pending = list(_cleanups.values())
        _cleanups.clear()
    for cleanup in pending:
        cleanup()


def _exit_on_signal(number, _frame):
    run_cleanups()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _install_handlers():
    """SIGINT stays an exception in the main thread; the others end the process."""
    global _handlers_installed
    if _handlers_installed or threading.current_thread() is not threading.main_thread():
        return
    _handlers_installed = True
    atexit.register(run_cleanups)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _exit_on_signal)


def prepare():
    """Installs the handlers. Call it in the main thread before starting others."""
    _install_handlers()


def die_with_parent():
    """Runs in the child before exec: the kernel kills it if the thread that started it dies."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
