"""Reading a console: the kernel's own lines, and what a person wants to see of it."""

import re

KTEST_RESULT = re.compile(r"ktest: (\S+) (ok|FAILED)")
KTEST_COMPLAINT = re.compile(r"ktest: (\S+:\d+: .*|\S+ left .*)")
MARK = re.compile(r"\x1e[0-9a-f]{16}(k |begin|end \d+)?")
STAMP = re.compile(r"^\[ *\d+\.\d+\] ")
# C0 but the tab, DEL and C1 (which terminals obey, too), what turns the direction of text, halves of pairs.
CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# The same for a console as it comes: bytes. Kernel and programs print ASCII, and what UTF-8 hides in more bytes
# than one (C1, direction) may come in two pieces.
TO_TERMINAL = bytes(byte if 0x20 <= byte < 0x7f or byte in b"\t\n\r" else ord("?") for byte in range(256))
NOT_TEXT = re.compile(r"[^\x20-\x7e\t]")
LINE_MAX = 400  # what panic_line() prints


def kernel_lines(text, mark):
    """The lines with this run's mark, without mark and time: nothing else is the kernel's. Of endless ones
    the beginning, for expressions to search in."""
    found = re.findall(rb"\x1e" + mark.encode() + rb"k ([^\r\n]*)", text)
    return [STAMP.sub("", line[:LINE_MAX].decode("utf-8", "replace")) for line in found]


def from_kernel(text, mark):
    """A console from the kernel's first line on, without the firmware's; all of it if the kernel said nothing."""
    return text[max(text.find(b"\x1e" + mark.encode() + b"k "), 0):]


def matches(pattern, line):
    return re.search(pattern, line) is not None


def ktest_complaints(lines, name):
    """What the kernel said between the result before a test's and the test's own."""
    complaints = []
    for line in lines:
        result = KTEST_RESULT.search(line)
        if result:
            if result.group(1) == name:
                return complaints
            complaints = []
        found = KTEST_COMPLAINT.search(line)
        if found:
            complaints.append(found.group(1))
    return []


def plain(text):
    """One line of anybody's words for a terminal and for XML: nothing in it but text."""
    return CONTROL.sub("?", text)


def printable(text):
    """The lines of a console for a person: no marks, no control characters, nothing endless."""
    lines = text[-65536:].decode("utf-8", "replace").replace("\r", "").rstrip().split("\n")
    return [NOT_TEXT.sub("?", MARK.sub("", line))[:LINE_MAX] for line in lines]
