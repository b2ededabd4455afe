"""Temporary directories, and clean-up on every way out.

What is registered here is undone at exit, on Ctrl-C and on SIGTERM; a child that
outlives even SIGKILL of this process is prevented by die_with_parent().
"""

import atexit
import ctypes
import os
import shutil
import signal
import sys
import tempfile
import threading

PR_SET_PDEATHSIG = 1

_lock = threading.Lock()
_cleanups = {}
_handlers_installed = False
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def scratch_root():
    """A directory in memory, where the host has one."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else tempfile.gettempdir()


def make_directory():
    """A new private directory; remove_directory() ends it."""
    return tempfile.mkdtemp(prefix="quire-", dir=scratch_root())


def remove_directory(path):
    shutil.rmtree(path, ignore_errors=True)


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
