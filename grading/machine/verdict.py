"""How a machine ended.

    exited       the guest powered off; `code` is its status
    panic        the kernel panicked (it exits with PANIC_CODE, or stops after saying so)
    timeout      the guest's own watchdog ended it: the limit of guest time was reached
    livelock     the same, but the machine was busy all the time and printed nothing
    hang         not even the watchdog ran: no guest progress
    reboot loop  the firmware's banner came a third time
    qemu error   QEMU itself failed
    killed       the driver was told to stop it
"""

import enum
import re
from dataclasses import dataclass

PANIC_CODE = 101
WATCHDOG_CODE = 124
REBOOT_LOOP_BOOTS = 3
PANIC_TEXT = re.compile(rb"^(?:\x1e\w+k )?---\[ kernel panic: (.*?) \]---\r?$", re.MULTILINE)
FIRMWARE_BANNER = re.compile(rb"^OpenSBI v[0-9]", re.MULTILINE)


class EnvironmentProblem(Exception):
    """The host lacks something: nobody's kernel is to blame."""


class Verdict(enum.Enum):
    EXITED = "exited"
    PANIC = "panic"
    TIMEOUT = "timeout"
    LIVELOCK = "livelock"
    HANG = "hang"
    REBOOT_LOOP = "reboot loop"
    QEMU_ERROR = "qemu error"
    KILLED = "killed"


# What `make run` exits with when there is no status of a command to exit with.
EXIT_STATUS = {
    Verdict.PANIC: 125,
    Verdict.TIMEOUT: 124,
    Verdict.LIVELOCK: 124,
    Verdict.HANG: 124,
    Verdict.REBOOT_LOOP: 123,
    Verdict.QEMU_ERROR: 126,
    Verdict.KILLED: 122,
}


@dataclass
class Result:
    """The end of one machine: verdict, exit code of QEMU (None if it was killed), why."""
    verdict: Verdict
    code: int = None
    detail: str = ""

    def ok(self):
        """True if the guest powered off with status 0."""
        return self.verdict is Verdict.EXITED and self.code == 0

    def __str__(self):
        text = self.verdict.value
        if self.verdict is Verdict.EXITED:
            text += f" with status {self.code}"
        return f"{text} ({self.detail})" if self.detail else text


def panic_message(console):
    """The text of the first panic on the console, or None."""
    found = PANIC_TEXT.search(console)
    return found.group(1).decode("utf-8", "replace") if found else None


def boots(console):
    """How often the firmware started."""
    return len(FIRMWARE_BANNER.findall(console))


def classify_exit(code, console, error_text, was_busy):
    """The result of a machine whose QEMU ended by itself."""
    message = panic_message(console)
    if code == PANIC_CODE and message is not None:
        return Result(Verdict.PANIC, code, message)
    if code == WATCHDOG_CODE:
        if was_busy:
            return Result(Verdict.LIVELOCK, code, "busy until the limit of guest time")
        return Result(Verdict.TIMEOUT, code, "the limit of guest time was reached")
    if code < 0:
        return Result(Verdict.QEMU_ERROR, code, f"QEMU was killed by signal {-code}")
    if code != 0 and not boots(console) and error_text:
        why = error_text.strip().splitlines()[0]
        if "regions are overlapping" in why:
            why = "too little memory for the firmware and the kernel"
        return Result(Verdict.QEMU_ERROR, code, why)
    return Result(Verdict.EXITED, code)


def classify_backstop(console, busy_share):
    """The result of a machine that the driver had to end."""
    message = panic_message(console)
    if message is not None:
        return Result(Verdict.PANIC, None, message)
    state = "spinning" if busy_share > 0.5 else "idle"
    return Result(Verdict.HANG, None, f"no end within the limit, {state}")
