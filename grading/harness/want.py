"""What a check expects of a value that the guest told.

Each has judge(value, run) -> None if it is right, else a text: what was expected. `run` gives
the seed's words and the other facts, so that no expected value is in the guest.
"""

import time
from dataclasses import dataclass
from typing import Any, Sequence

from grading.harness import replace


@dataclass
class Equal:
    """One value. A text is formatted with the machine's numbers first."""
    value: Any

    def judge(self, value, run):
        want = self.value.format(**run.numbers) if isinstance(self.value, str) else self.value
        return None if value == want else str(want)


@dataclass
class Word:
    """A word of the seed; `mask` keeps some bits of it."""
    index: int
    mask: int = (1 << 64) - 1

    def judge(self, value, run):
        want = run.word(self.index) & self.mask
        return None if value == want else f"{want:#x}, which the test wrote in this run"


@dataclass
class Between:
    """From low to high, both included."""
    low: float
    high: float

    def judge(self, value, run):
        if isinstance(value, int) and self.low <= value <= self.high:
            return None
        return f"between {self.low} and {self.high}"


@dataclass
class AtLeast:
    low: float

    def judge(self, value, run):
        return None if isinstance(value, int) and value >= self.low else f"at least {self.low}"


@dataclass
class AtMost:
    high: float

    def judge(self, value, run):
        return None if isinstance(value, int) and value <= self.high else f"at most {self.high}"


@dataclass
class Number:
    """One of the machine's numbers (memory, harts ...), or less by a share of at most `below`."""
    name: str
    below: float = 0.0

    def judge(self, value, run):
        want = run.numbers[self.name]
        if isinstance(value, int) and want * (1 - self.below) <= value <= want:
            return None
        slack = f" (or at most {self.below:.0%} less)" if self.below else ""
        return f"{want}{slack}, as this machine was started"


@dataclass
class HostTime:
    """What the host's clock says, give or take a day: the RTC of the machine has its time."""
    slack: int = 86400

    def judge(self, value, run):
        now = int(time.time())
        if isinstance(value, int) and abs(value - now) <= self.slack:
            return None
        return f"{now}, the host's time in seconds since 1970, or a day more or less"


@dataclass
class Fact:
    """Another fact, times a factor, plus from `low` to `high`."""
    name: str
    low: int = 0
    high: int = 0
    factor: float = 1

    def judge(self, value, run):
        other = run.facts.get(self.name)
        if not isinstance(other, int):
            return f"a value to compare with: {self.name} was not told"
        if not isinstance(value, int):
            return f"a number near {self.name}, which is {other}"
        base = other * self.factor
        if base + self.low <= value <= base + self.high:
            return None
        return f"from {base + self.low:g} to {base + self.high:g} ({self.name} is {other})"


@dataclass
class Status:
    """How a child must have ended: with an exit status, or by a signal."""
    code: int = None
    signal: int = None

    def judge(self, value, run):
        want = self.code << 8 if self.signal is None else self.signal
        if isinstance(value, int) and value & ~0x80 == want:
            return None
        return (f"exit with status {self.code}" if self.signal is None
                else f"killed by signal {self.signal}")


@dataclass
class Replacement:
    """Faults of half hot, half cold references in memory at large, after all pages were used in order:
    bounds for as many frames as the process was seen to have (probe `counts_frames`)."""
    first: int
    count: int
    hot: int
    total: int

    def judge(self, value, run):
        frames = run.memo.get("frames")
        if not frames:
            return "pages in memory at the end, as seen from outside"
        best, worst = replace.bounds_at_large(run.seed, self, frames)
        if isinstance(value, int) and best <= value <= worst:
            return None
        return (f"between {best} (chance leaves no fewer with {frames} frames) and {worst} (the worst of "
                "FIFO, CLOCK, ageing and LRU, and 5 %)")


@dataclass
class AnyPolicy:
    """Faults of a replace.String in recorded memory: from OPT's up to the worst policy's, and 2 %."""
    string: replace.String

    def judge(self, value, run):
        best = self.string.faults("opt", run.seed)
        worst = replace.worst(self.string, run.seed)
        if isinstance(value, int) and best <= value <= worst * 1.02:
            return None
        return (f"between {best} (OPT) and {worst} (the worst of FIFO, CLOCK, ageing and LRU) or 2 % more, "
                f"with {self.string.frames} frames")


@dataclass
class UsesSeen:
    """Faults of a replace.String where a policy must see uses: from OPT's up to half-way from CLOCK's
    to FIFO's, which sees none."""
    string: replace.String

    def judge(self, value, run):
        best, clock, fifo = (self.string.faults(name, run.seed) for name in ("opt", "clock", "fifo"))
        if isinstance(value, int) and best <= value <= (clock + fifo) / 2:
            return None
        return (f"between {best} (OPT) and {(clock + fifo) // 2}, with {self.string.frames} frames: CLOCK "
                f"has {clock} faults, FIFO, which never looks at accessed bits, {fifo}")


def show(value):
    """A value as a student reads it: large numbers in hexadecimal."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1 << 20:
        return f"{value} ({value:#x})"
    return str(value)
