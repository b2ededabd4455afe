"""How a check looks from outside: the registry of probes, and what all of them use.

A probe gets (run, values, **args of the check) while the machine is paused at a checkpoint: `values`
are the numbers that the guest gave with the checkpoint, such as pids and addresses. It returns if all
is right, else raises Wrong with what it expected, what it saw and why that matters.
"""

import importlib
import os

from grading.harness import sv39
from grading.harness.elf import Elf
from grading.harness.kernel import Unsound
from grading.harness.ram import TooMuch
from grading.harness.sv39 import BadTable
from grading.machine import EnvironmentProblem

MODULES = ("grading.harness.probes", "grading.harness.disk_probes", "grading.harness.end_probes")
ENDS = ("end", "panic")  # checkpoints when the machine has ended: however, and by a panic
PROBES = {}
PAGE = 4096
PROGRAM = "gradetest"
TELLER = "teller"  # the process that reached a checkpoint: every one names it
ROLES = (TELLER, "pid", "parent", "child")  # what a checkpoint calls processes
SHF_EXECINSTR = 4


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
        if check.probe and check.at not in ENDS:
            check_processes(run, values)
        if check.ktest:
            find("ktest_passed")(run, values, check.ktest)
        else:
            find(check.probe)(run, values, **check.args)
        return True, "", "", ""
    except Wrong as wrong:
        return False, wrong.expected, wrong.seen, wrong.why
    except (BadTable, Unsound, TooMuch) as problem:
        return False, "structures that can be followed", str(problem), \
            "the harness reads the machine's memory itself"
    except KeyError as missing:
        return False, f"a number {missing} with the checkpoint", "none", ""
    except (EnvironmentProblem, OSError):
        raise
    except Exception as problem:  # pylint: disable=broad-exception-caught
        # Whatever the machine's memory holds, it is the kernel's doing and not the host's.
        return (False, "structures that can be followed",
                f"nothing that makes sense: {type(problem).__name__}: {problem}", "")


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


def addresses(values, nr=1, key="at"):
    """Of `nr` pages, a number of the check's: what the guest says must be the same."""
    told = values.get("nr", 1)
    if told != nr:
        raise Wrong(f"a checkpoint with {nr} pages", f"one with {told}")
    return [values[key] + index * PAGE for index in range(nr)]


def check_processes(run, values):
    """A kernel that knows the nonce can send a checkpoint of its own, with numbers that suit it. So those that a
    checkpoint names are processes of the test program, and parent and child are that; and one has reached it, or
    there would be no program at all."""
    if TELLER not in values:
        raise Wrong(f"a checkpoint that names the process of {PROGRAM} that reached it", "one that names none")
    for role in ROLES:
        if role in values:
            check_program(run, role, values[role])
    if "parent" in values and "child" in values:
        parent, child = (run.view.process(values[role]) for role in ("parent", "child"))
        if parent.address == child.address or parent.mm == child.mm or parent.root == child.root:
            raise Wrong("a parent and a child with address spaces of their own",
                        f"processes {parent.pid} and {child.pid} share one")
        if child.parent != parent.address:
            raise Wrong(f"process {child.pid} is a child of {parent.pid}", "it is not")


def check_program(run, role, pid):
    """A process has the test program's name, and its text, as far as that is present, is the file's."""
    process, seen = run.view.process(pid), 0
    if process.name != PROGRAM:
        raise Wrong(f"the {role} is a process of {PROGRAM}", f"process {pid} is one of {process.name!r}")
    for va, text in program_text(run):
        _, leaf = sv39.lookup(run.view.ram, process.root, va)
        if leaf is None:
            continue
        seen += 1
        if not leaf.may(sv39.U | sv39.X) or run.view.ram.read(leaf.pa + va % leaf.size, len(text)) != text:
            raise Wrong(f"the {role} executes {PROGRAM}", f"process {pid} has other text at {va:#x}")
    if not seen:
        raise Wrong(f"the {role} executes {PROGRAM}", f"process {pid} has nothing of its text")


def program_text(run):
    """[(address, bytes)] for each page of the test program's text, as it lies on the host."""
    if "program" not in run.memo:
        directory = os.path.join(run.tree.root, run.tree.directory(run.test.machine.variant))
        elf = Elf(os.path.join(directory, "user", "bin", PROGRAM))
        run.memo["program"] = [page for _, _, flags, start, offset, size, *_ in elf.sections
                               if flags & SHF_EXECINSTR
                               for page in split_pages(start, elf.data[offset:offset + size])]
    return run.memo["program"]


def split_pages(start, data):
    """(address, bytes) for the part of each page."""
    at = start
    while at < start + len(data):
        end = min((at // PAGE + 1) * PAGE, start + len(data))
        yield at, data[at - start:end - start]
        at = end
