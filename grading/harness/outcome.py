"""What a test came to: a verdict, and for each check whether it holds and why not."""

import enum
import os
import re
from dataclasses import dataclass, field
from typing import List

from grading.harness.console import plain
from grading.machine import scratch

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GRADER = "<quire>"  # stands for TOP


class Verdict(enum.Enum):
    PASS = "pass"
    PARTIAL = "partial"
    FAIL = "fail"
    PANIC = "panic"
    HANG = "hang"
    LIVELOCK = "livelock"
    REBOOT_LOOP = "reboot loop"
    TIMEOUT = "timeout"
    ENVIRONMENT = "environment fault"
    NOT_RUN = "not run"


@dataclass
class CheckOutcome:
    """`ok` False: expected, seen and why say what is wrong."""
    id: str
    points: int
    text: str
    ok: bool = False
    expected: str = ""
    seen: str = ""
    why: str = ""
    hint: str = ""

    @property
    def earned(self):
        return self.points if self.ok else 0


@dataclass
class Outcome:
    """`detail` is the verdict in words, `trace` lines of a backtrace or of where the harts are;
    `seconds` went by on the wall, of which the machine could use `machine_seconds`."""
    lab: str
    test: str
    text: str
    verdict: Verdict
    checks: List[CheckOutcome]
    detail: str = ""
    hint: str = ""
    trace: List[str] = field(default_factory=list)
    tail: List[str] = field(default_factory=list)
    notes: List[str] = field(default_factory=list)
    reproduce: str = ""
    debug: str = ""
    seconds: float = 0.0
    machine_seconds: float = 0.0
    seed: int = 0
    log: str = ""

    @property
    def name(self):
        return f"{self.lab}/{self.test}"

    @property
    def points(self):
        return sum(check.points for check in self.checks)

    @property
    def earned(self):
        return sum(check.earned for check in self.checks)

    def clean(self):
        """Takes out of all words, some of which are a kernel's or a student's, what is no text, and where on this
        machine things are."""
        self.detail, self.hint = public(self.detail), public(self.hint)
        for lines in (self.trace, self.tail, self.notes):
            lines[:] = map(public, lines)
        for check in self.checks:
            check.expected, check.seen, check.why = map(public, (check.expected, check.seen, check.why))

    def as_dict(self):
        """For JSON."""
        return {
            "lab": self.lab, "test": self.test, "verdict": self.verdict.value,
            "earned": self.earned, "points": self.points, "seconds": round(self.seconds, 2),
            "seed": self.seed, "detail": self.detail, "hint": self.hint, "trace": self.trace,
            "console": self.tail, "notes": self.notes, "reproduce": self.reproduce,
            "debug": self.debug,
            "checks": [{"id": each.id, "points": each.points, "ok": each.ok, "text": each.text,
                        "expected": each.expected, "seen": each.seen, "why": each.why,
                        "hint": "" if each.ok else each.hint} for each in self.checks],
        }


def public(text):
    """Words for everybody: paths begin at the top of the copy in which is graded, or where the tree is that grades,
    and neither is told."""
    copy = f"{spellings(scratch.scratch_root())}/{scratch.PREFIX}\\w+(/|(?![\\w.-]))"
    text = re.sub(copy, lambda found: "" if found.group(1) else ".", text)
    return plain(re.sub(f"{spellings(TOP)}(?![\\w.-])", GRADER, text))


def spellings(path):
    """A regular expression for a path and for where its symbolic links lead, which is what make says: of macOS'
    /tmp, /private/tmp."""
    both = sorted({path, os.path.realpath(path)}, key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, both))})"


def not_run(test, verdict, detail):
    """An outcome without a run."""
    checks = [CheckOutcome(check.id, check.points, check.text, why="it did not run",
                           hint=check.hint) for check in test.checks]
    return Outcome(test.lab, test.id, test.text, verdict, checks, detail=public(detail))
