"""Checks by looking from outside, while the machine is paused at a checkpoint.

A probe gets (run, values, **args of the check): `values` are the numbers that the guest gave
with the checkpoint, such as pids and addresses. It returns if all is right, else raises Wrong
with what it expected, what it saw and why that matters.
"""

import struct

from grading.harness import sv39
from grading.harness.kernel import Unsound
from grading.harness.sv39 import BadTable

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


def call(check, run, values):
    """(ok, expected, seen, why) of a check's probe."""
    try:
        PROBES[check.probe](run, values, **check.args)
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


@probe
def types_word(run, values):
    """Types a word of the seed and Enter at the console, as a person would."""
    run.machine.console.send(f"{run.word(7):016x}\n")


@probe
def no_page_writable_and_executable(run, values):
    """W^X: in the kernel's table and in every process's, no leaf is both."""
    view = run.view
    roots = {"the kernel": view.kernel_root()}
    roots.update({f"process {pid}": view.root_of(pid) for pid, _, mm in view.processes() if mm})
    for owner, root in roots.items():
        for leaf in sv39.walk(view.ram, root):
            if leaf.may(sv39.W | sv39.X):
                raise Wrong("no page that is writable and executable",
                            f"{owner} maps {leaf.va:#x} with {leaf.rights()}")


@probe
def kernel_half_is_kernels(run, values):
    """No leaf of the kernel half has U, in any process, and none of the user half lacks it."""
    view = run.view
    for pid, _, mm in view.processes():
        if not mm:
            continue
        root = view.root_of(pid)
        for leaf in sv39.walk(view.ram, root, 256):
            if leaf.bits & sv39.U:
                raise Wrong("no page of the kernel half that programs can reach",
                            f"process {pid} maps {leaf.va:#x} with {leaf.rights()}")
        for leaf in sv39.walk(view.ram, root, 0, 256):
            if not leaf.bits & sv39.U:
                raise Wrong("every page of the user half has U",
                            f"process {pid} maps {leaf.va:#x} with {leaf.rights()}")


@probe
def kernel_rights(run, values):
    """Text is RX, constants are R, data are RW, by the image's own symbols."""
    view = run.view
    sections = (("text_start", "text_end", sv39.R | sv39.X), ("rodata_start", "rodata_end", sv39.R),
                ("data_start", "bss_end", sv39.R | sv39.W))
    for start, end, want in sections:
        for va in range(view.symbol(start), view.symbol(end), PAGE):
            _, leaf = sv39.lookup(view.ram, view.kernel_root(), va)
            have = leaf.bits & (sv39.R | sv39.W | sv39.X) if leaf else 0
            if have != want:
                raise Wrong(f"{sv39.Leaf(va, 0, PAGE, want).rights()} from {start} to {end}",
                            f"{leaf.rights() if leaf else 'nothing'} at {va:#x}")


@probe
def firmware_is_not_free(run, values):
    """No frame of the firmware or of the kernel's image is on the buddy's lists."""
    view = run.view
    image = range(view.number("KERNEL_LINK_PA") >> 12,
                  view.pa_of(view.symbol("bss_end")) >> 12)
    firmware = range(0x80000, 0x80080)
    for frames in view.free_frames().values():
        for name, taken in (("the firmware", firmware), ("the kernel's image", image)):
            both = frames.intersection(taken)
            if both:
                raise Wrong(f"frames of {name} are never free", f"frame {min(both):#x} is",
                            "the device tree tells what is reserved")
