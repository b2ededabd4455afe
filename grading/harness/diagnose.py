"""How a machine ended and why, in words: panics decoded, hangs told from livelocks.

At the driver's limit the machine still runs. It is watched for a moment from outside: do its
harts execute, do the kernel's own counters (switches, faults, tasks) move, does the test still
tell anything?

    idle, or busy in the kernel with no counter moving          hang
    busy, counters move or a program computes, nothing is told  livelock
    told something lately                                       timeout
"""

import re
import struct
import time

from grading.harness.console import LINE_MAX
from grading.harness.kernel import Unsound
from grading.harness.outcome import Verdict
from grading.harness.ram import TooMuch
from grading.harness.sv39 import BadTable
from grading.machine import EnvironmentProblem
from grading.machine.verdict import Result, Verdict as End

WATCH_SECONDS = 1.0  # of the machine's time
WATCH_WALL_SECONDS = 60
WATCH_POLL_SECONDS = 0.1
IDLE_SHARE = 0.1
LOOKS = 4
NEWS_SHARE = 0.2  # of the limit: what is told in its last fifth is lately
USER_END = 1 << 63
TRAP_ENTRY = "kernel/trap/entry.S:"
CHAIN_MAX = 8
KSTACK_BYTES = 16 << 10
FRAME = re.compile(r"\[([0-9a-f]{16})\] (\S+)")
PANIC_START = re.compile(r"---\[ kernel panic: (.*) \]---")
PANIC_END = "---[ end of panic ]---"

# What a panic says -> what is usually behind it. The first that matches counts.
HINTS = (
    (r"null dereference", "A pointer was NULL: look at the first function of the backtrace for a "
     "result that was not checked, or a field that is not set yet."),
    (r"stack overflow", "The kernel's stack is 16 KiB: look for recursion or large arrays on it."),
    (r"assertion failed.*refcount|refcount", "A reference was put once too often, or not taken: "
     "each page_get() needs exactly one page_put()."),
    (r"assertion failed", "The code states what must hold there, and it does not: read the line "
     "above the assertion, then who calls it."),
    (r"lock order: (\S+) .* while holding \1 ", "A lock was taken by who holds it, or another of its kind: "
     "both places are named. A function that is called with the lock held must not take it."),
    (r"out of order|lock order|rank", "A lock was taken while one of a later rank was held: "
     "docs/locking.md has the order."),
    (r"sleep.*atomic|atomic.*sleep|spinlock.*held", "Something that may sleep was called while a "
     "spinlock was held or interrupts were off."),
    (r"double free|freed twice|already free", "Memory was given back twice: who else owns it?"),
    (r"use after free|red zone|poison", "Memory was used after it was given back, or beyond its "
     "end: the report names who allocated and who freed it."),
    (r"store (access|page) fault", "The kernel wrote where it may not: is the address one of a "
     "user page? Those are reached only by vm/usercopy.h and kmap_local_page()."),
    (r"load (access|page) fault", "The kernel read where nothing is mapped: is it a user address, "
     "or one that was freed?"),
    (r"instruction (access|page) fault|illegal", "The kernel jumped into the void: a function "
     "pointer that was never set, or a damaged stack."),
    (r"out of memory|no memory", "The kernel ran out of memory where it must not: what is "
     "allocated and never given back?"),
    (r"init died of signal", "Process 1, or all of its memory, is not what it was: a frame that was freed while it was "
     "still mapped, an entry of a page table that leads elsewhere, or a reference that fork did not take."),
    (r"init", "Process 1 could not go on: everything above in the console led to it."),
)
SPINS_HINT = ("A lock is waited for that nobody gives back: does each way out of the function that takes it? "
              "`make DEBUG=1 BUILD=build/debug` makes a kernel that checks locks (docs/debugging.md).")


def at_limit(run):
    """The Result of a machine that runs at its limit."""
    lately = run.machine.clock.now() - run.last_news < NEWS_SHARE * run.test.limit * run.slow
    try:
        run.view.look()
        before, busy_before = run.view.progress(), run.machine.clock.busy_seconds()
        user_before = run.view.user_time()
        watched = watch(run.machine.clock)
        busy = run.machine.clock.busy_seconds() - busy_before
        moved = run.view.progress() != before
        computes = run.view.user_time() != user_before
        places, registers = look_at_harts(run)
    except (ConnectionError, AttributeError):
        return None
    except EnvironmentProblem as problem:
        return Result(End.QEMU_ERROR, None, str(problem))
    except (Unsound, BadTable, TooMuch, struct.error, TypeError):
        return None  # nothing to go by in its memory
    run.memo["harts"] = [line for index, pc in enumerate(places)
                         for line in describe_hart(run.view, index, pc, registers[index])]
    run.memo["spins"] = spins(run.view.elf, places)
    computes = computes or any(pc < USER_END for pc in places)
    if run.facts and lately:
        return Result(End.TIMEOUT, None, "results still came, but the limit was reached")
    if busy < IDLE_SHARE * watched:
        return Result(End.HANG, None, "every hart idles: somebody waits for what never comes "
                      "(a deadlock, or a lost wake-up)")
    if moved or computes:
        what = "the kernel goes on and on" if moved else "a program computes"
        return Result(End.LIVELOCK, None, f"{what}, but nothing comes of it")
    return Result(End.HANG, None, "a hart spins in the kernel and nothing goes on")


def spins(elf, places):
    return any((elf.name_of(pc) or "").startswith("spin_lock") for pc in places)


def look_at_harts(run):
    """Stops the machine. One that waits for a lock takes interrupts meanwhile, so a few looks are taken.
    => where each hart is, and its registers"""
    places = registers = []
    for look in range(LOOKS):
        if look:
            run.qmp.cont()
            time.sleep(WATCH_POLL_SECONDS)
        run.qmp.stop()
        registers = run.qmp.registers()
        places = [place_of(each, run.view.elf) for each in registers]
        if spins(run.view.elf, places):
            break
    return places, registers


def watch(clock):
    """Lets the machine go on for a while. => for how long, by its clock"""
    start, wall = clock.now(), time.monotonic()
    while clock.now() - start < WATCH_SECONDS and time.monotonic() - wall < WATCH_WALL_SECONDS:
        time.sleep(WATCH_POLL_SECONDS)
    return clock.now() - start


def place_of(registers, elf):
    """Where a hart is. QEMU likes to stop one when an interrupt has just been taken: it is where that
    came from, then; and so in all of the code that stores and loads registers around a trap."""
    pc = registers.get("pc", 0)
    enters = pc == registers.get("stvec") or elf.lines_of([pc])[0].startswith(TRAP_ENTRY)
    return registers.get("sepc", pc) if enters else pc


def describe_hart(view, index, pc, registers):
    """The same in words, and who called that."""
    if pc < USER_END:
        return [f"hart {index}: in a program, at {pc:#x}"]
    chain = call_chain(view, pc, registers)
    words = [(view.elf.name_of(address) or f"{address:#x}") + (f" ({line})" if line else "")
             for address, line in zip(chain, view.elf.lines_of(chain))]
    return [f"hart {index}: {words[0]}", *(f"  called by {each}" for each in words[1:])]


def call_chain(view, pc, registers):
    """Addresses in functions of the kernel, pc first, by the frame pointers on a hart's stack, as far as they make sense.
    A function that calls nothing saves no ra: its caller's frame pointer is where that would be."""
    chain, fp = [pc], registers.get("x8/s0", 0)
    try:
        if view.elf.name_of(view.value(fp - 8) - 1) is None:
            chain.append(registers.get("x1/ra", 0) - 1)
            fp = view.value(fp - 8)
        while len(chain) < CHAIN_MAX:
            caller, above = view.value(fp - 8) - 1, view.value(fp - 16)
            if view.elf.name_of(caller) is None:
                break
            chain.append(caller)
            if not fp < above < fp + KSTACK_BYTES:
                break
            fp = above
    except (Unsound, BadTable, TooMuch, struct.error):
        pass
    return [address for address in chain if address == pc or view.elf.name_of(address)]


def explain(outcome, result, run, text):
    """Fills in detail, hint and trace of an Outcome that is no pass."""
    outcome.detail = result.detail or str(result)
    if outcome.verdict is Verdict.PANIC:
        explain_panic(outcome, run.view.elf, text)
    elif "harts" in run.memo:
        outcome.trace = run.memo["harts"]
        if outcome.verdict is Verdict.HANG and run.memo["spins"]:
            outcome.hint = SPINS_HINT
    elif outcome.verdict in (Verdict.FAIL, Verdict.PARTIAL):
        outcome.detail = "" if run.ended or not run.test.case else \
            f"the test program did not come to its end ({result})"
        if run.test.ends == "exit" and result.verdict is End.PANIC:
            outcome.detail = result.detail


def panic_lines(text):
    """The lines of the first panic on a console."""
    lines = [line[:LINE_MAX] for line in text.decode("utf-8", "replace").replace("\r", "").split("\n")]
    for start, line in enumerate(lines):
        if PANIC_START.search(line):
            rest = lines[start:start + 60]
            ends = [index for index, each in enumerate(rest) if PANIC_END in each]
            return rest[:ends[0] + 1] if ends else rest
    return []


def explain_panic(outcome, elf, text):
    """The message, the decoded fault, the backtrace with files and lines, and a hint."""
    lines = panic_lines(text)
    if not lines:
        return
    outcome.detail = PANIC_START.search(lines[0]).group(1)
    outcome.hint = next((hint for pattern, hint in HINTS
                         if re.search(pattern, outcome.detail, re.IGNORECASE)), "")
    frames = [found.groups() for found in map(FRAME.search, lines) if found]
    places = elf.lines_of([int(address, 16) for address, _ in frames])
    fault = [re.sub(r"^\x1e\w+k ", "", line).strip() for line in lines[1:]
             if re.search(r"in thread|address 0x|level \d, entry", line)]
    outcome.trace = fault + [f"{name}" + (f"  {place}" if place else "")
                             for (_, name), place in zip(frames, places)]
