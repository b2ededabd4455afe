"""How a check looks from outside: the registry of probes, and what all of them use.

A probe gets (run, values, **args of the check) while the machine is paused at a checkpoint: `values`
are the numbers that the guest gave with the checkpoint, such as pids and addresses. It returns if all
is right, else raises Wrong with what it expected, what it saw and why that matters.
"""

import importlib
import struct

from grading.harness import sv39
from grading.harness.kernel import Unsound
from grading.harness.sv39 import BadTable

MODULES = ("grading.harness.probes", "grading.harness.disk_probes")
PROBES = {}
PAGE = 4096


class Wrong(Exception):
    def __init__(self, expected, seen, why=""):
        super().__init__(seen)
        self.expected, self.seen, self.why = expected, seen, why


def probe(function):
    """Registers a probe under its name."""
    PROBES[function.__name__] = function
    return function


def find(name):
    """The probe of that name, or None."""
    for module in MODULES:
        importlib.import_module(module)
    return PROBES.get(name)


def call(check, run, values):
    """(ok, expected, seen, why) of a check's probe."""
    try:
        find(check.probe)(run, values, **check.args)
        return True, "", "", ""
    except Wrong as wrong:
        return False, wrong.expected, wrong.seen, wrong.why
    except (BadTable, Unsound) as problem:
        return False, "structures that can be followed", str(problem), \
            "the harness reads the machine's memory itself"
    except KeyError as missing:
        return False, f"a number {missing} with the checkpoint", "none", ""
    except (struct.error, TypeError) as problem:
        return False, "structures that can be followed", f"nothing that makes sense: {problem}", ""


def user_leaf(run, pid, va):
    """The entry and the leaf (or None) of a page of a process."""
    return sv39.lookup(run.view.ram, run.view.root_of(pid), va)


def frame_of(run, pid, va):
    """The frame that a process has at an address, None if there is none."""
    _, leaf = user_leaf(run, pid, va)
    return None if leaf is None else (leaf.pa + va % leaf.size) >> 12


def rights_of(run, pid, va):
    """The rights of a page as letters, or what the entry is instead."""
    entry, leaf = user_leaf(run, pid, va)
    if leaf is not None:
        return "".join(letter for bit, letter in ((sv39.R, "r"), (sv39.W, "w"), (sv39.X, "x"))
                       if leaf.bits & bit)
    return "nothing" if entry == 0 else "not present"


def word_in(run, frame, offset=0):
    """The 64-bit word at an offset in a frame, in the machine's memory."""
    return run.view.ram.u64s((frame << 12) + offset, 1)[0]


def addresses(values, key="at"):
    return [values[key] + index * PAGE for index in range(values.get("nr", 1))]
