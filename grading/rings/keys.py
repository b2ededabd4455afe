"""Keys that ask for a signal, typed while the shell starts a command: none may be lost.

Each turn types a line that would run for ever, and its key: as one write, or when the line's
end was echoed, or some moment later; then the prompt must come. The moments are random: they
are there to meet every step between the end of the line and the program.
"""

import random
import re
import time

from grading.machine import ConsoleEnded, ExpectTimeout, Machine
from grading.rings.boot_line import guest_config
from grading.rings.report import Job

TURNS = 45
LIMIT_SECONDS = 600
ANSWER_SECONDS = 60
MOMENT_SECONDS = 0.004
PROMPT = r"^\$ "
INTERRUPT, SUSPEND = "\x03", "\x1a"
AT_ONCE, AT_ECHO = "at once", "at the echo"

# Lines that end only by a Ctrl-C.
LINES = (
    "sleep 1000",
    "cat",
    "sleep 1000; echo no",
    "true && sleep 1000",
    "(sleep 1000; echo no)",
    "{ sleep 1000; }",
    "sleep 1000 | cat | sleep 1000",
    "cat | sleep 1000",
    "echo $(sleep 1000) no",
    "sh -c 'sleep 1000; echo no'",
    "while :; do :; done",
    "for i in 1 2; do sleep 1000; done",
    "until read x; do :; done",
    "read x",
    "read x | cat",
    "wait",
)
# Lines whose shell gets the signal itself at one certain step, and no key.
SENDING_LINES = (
    "(sleep 0.02; kill -INT $$) & sleep 1000",
    "(sleep 0.02; kill -INT $$) & cat | sleep 1000",
    "echo $(kill -INT $$)$(sleep 1000) no",
    "sleep 1000$(kill -INT $$); echo no",
)
SUSPENDED_LINES = ("sleep 1000", "sleep 1000 | cat", "(sleep 1000; echo no)")


def type_keys(console, line, key, moment):
    """A line and a key; returns what the terminal showed until the prompt."""
    if moment == AT_ONCE:
        console.send(f"{line}\r{key}")
    else:
        console.send(f"{line}\r")
        if moment == AT_ECHO:
            console.expect(re.escape(line) + r"\r*\n", ANSWER_SECONDS)
        else:
            time.sleep(moment)
        console.send(key)
    return console.expect(rf"((?s:.*?)){PROMPT}", ANSWER_SECONDS).group(1)


def require(condition, text):
    if not condition:
        raise ExpectTimeout(text)


def interrupt_turns(console, chance):
    """Ctrl-C ends everything that the line would do."""
    console.send("sleep 1000 &\r")
    console.expect(PROMPT, ANSWER_SECONDS)
    for number in range(TURNS):
        line = LINES[number % len(LINES)]
        moment = chance.choice((AT_ONCE, AT_ECHO, chance.uniform(0, MOMENT_SECONDS)))
        shown = type_keys(console, line, INTERRUPT, moment)
        require(b"\nno" not in shown, f"{line!r} went on: {shown!r}")
        require(b"Stopped" not in shown, f"{line!r} stopped: {shown!r}")
    for line in SENDING_LINES:
        shown = type_keys(console, line, "", AT_ECHO)
        require(b"\nno" not in shown, f"{line!r} went on: {shown!r}")
    console.send("kill %1; wait\r")
    console.expect(PROMPT, ANSWER_SECONDS)


def suspend_turns(console, chance):
    """Ctrl-Z stops the job; in the foreground again, Ctrl-C ends it."""
    for number in range(TURNS):
        line = SUSPENDED_LINES[number % len(SUSPENDED_LINES)]
        console.send(f"{line}\r")
        console.expect(re.escape(line) + r"\r*\n", ANSWER_SECONDS)
        time.sleep(chance.uniform(0, MOMENT_SECONDS))
        console.send(SUSPEND)
        console.expect(r"\] Stopped|\]\+ Stopped", ANSWER_SECONDS)
        console.expect(PROMPT, ANSWER_SECONDS)
        console.send("fg\r")
        console.expect(re.escape("fg") + r"\r*\n" + re.escape(line) + r"\r*\n", ANSWER_SECONDS)
        console.send(INTERRUPT)
        console.expect(PROMPT, ANSWER_SECONDS)


def key_job(what, turns, harts):
    title = f"keys {what} smp{harts}"

    def run(report):
        config = guest_config(smp=harts, limit=LIMIT_SECONDS)
        config.log = report.log_path(title)
        with Machine(config) as machine:
            try:
                machine.console.expect(PROMPT, ANSWER_SECONDS)
                turns(machine.console, random.Random(harts))
                machine.console.send("echo left: $(ps | grep -c -e '[s]leep' -e '[c]at *$')\r")
                machine.console.expect(r"^left: 0\r*$", ANSWER_SECONDS)
                machine.console.send("framecheck; echo frames: $?\r")
                machine.console.expect(r"^frames: 0\r*$", ANSWER_SECONDS)
            except (ConsoleEnded, ExpectTimeout) as problem:
                report.failed(title, str(problem), config.log, machine.console.text())
                return
        report.ok(title)
    return Job(title, run, 20)


def jobs():
    return [key_job(what, turns, harts) for harts in (1, 2, 4)
            for what, turns in (("interrupt", interrupt_turns), ("suspend", suspend_turns))]
