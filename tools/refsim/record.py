"""A reference string as text: what /proc/pagerefs shows, or pages that a person has typed.

    # policy clock
    # frames 3
    0! 1! 2! 0 3! 1

Lines of # say what is known of the recording, one word and its value. A page with ! was a fault there.
"""

import re
from dataclasses import dataclass, field

WORD = re.compile(r"(\d+)(!?)$")


class BadRecord(Exception):
    """The text is no reference string, or not all of one."""


@dataclass
class Record:
    """references: pages. faulted: what the kernel says of each. notes: the lines of #."""
    references: list
    faulted: list
    notes: dict = field(default_factory=dict)

    def number(self, name):
        """A note that is a number. => None: there is no such note"""
        return int(self.notes[name]) if name in self.notes else None

    @property
    def is_recorded(self):
        """Does it come from the kernel, so that what it says of faults can be compared?"""
        return "policy" in self.notes and "frames" in self.notes


def check_whole(record):
    """Is everything there that the kernel noted?"""
    for name in ("lost", "strays"):
        if record.number(name):
            raise BadRecord(f"the recording has {record.notes[name]} {name}")
    for name, seen in (("references", len(record.references)), ("faults", sum(record.faulted))):
        if record.number(name) not in (None, seen):
            raise BadRecord(f"{name}: {record.notes[name]} noted, {seen} there")


def parse(text):
    """=> a Record, or BadRecord"""
    record = Record([], [])
    for line in text.splitlines():
        if line.startswith("#"):
            name, _, value = line[1:].strip().partition(" ")
            record.notes[name] = value
            continue
        for word in line.split():
            match = WORD.match(word)
            if not match:
                raise BadRecord(f"no page: {word[:40]!r}")
            record.references.append(int(match[1]))
            record.faulted.append(bool(match[2]))
    check_whole(record)
    return record
