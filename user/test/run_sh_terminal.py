#!/usr/bin/env python3
"""Types at the shell on a pseudo terminal: line editing, history, completion, job control.

Each step types some keys and waits until the screen shows a text; the screen is what the
shell wrote since the last step, without escape sequences. What is typed for a program waits
until the shell has given up the terminal (TAKEN).

usage: run_sh_terminal.py SHELL-COMMAND ...    such as: run_sh_terminal.py qemu-riscv64 build/user/bin/sh
"""

import os
import pty
import re
import select
import shutil
import signal
import sys
import tempfile
import termios
import time

TIMEOUT_SECONDS = 300  # for what never comes
POLL_SECONDS = 0.02
ESCAPES = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")
PROMPT = "$ "
TAKEN = "\0"

UP, DOWN, RIGHT, LEFT = "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D"
HOME, END, DELETE = "\x1b[H", "\x1b[F", "\x1b[3~"

# (what is tested, keys, what must appear)
STEPS = (
    ("a line", "echo one$((1 + 1))\r", "one2"),
    ("left and insert", "echo abd" + LEFT + "c\r", "\nabcd"),
    ("home, end, delete", "xecho mid" + HOME + DELETE + END + "dle\r", "\nmiddle"),
    ("ctrl-a, ctrl-e", "cho ct\x01e\x05rl\r", "\nctrl"),
    ("ctrl-k", "echo kept gone\x01\x06\x06\x06\x06\x06\x06\x06\x06\x06\x0b\r", "\nkept\n"),
    ("ctrl-u and ctrl-y", "echo yank\x15\x19\r", "\nyank"),
    ("ctrl-w", "echo first second\x17third\r", "\nfirst third"),
    ("backspace", "echo wrogn\x7f\x7fng\r", "\nwrong"),
    ("history up", UP + "\r", "\nwrong"),
    ("history up and down", UP + UP + UP + DOWN + "\r", "\nfirst third"),
    ("a long line that wraps", "echo " + "0123456789" * 12 + LEFT * 100 + "X\r",
     "\n" + "0123456789" * 2 + "X" + "0123456789" * 10),
    ("completion of a command", "expor\tFROM_TAB=yes; echo $FROM_TAB\r", "\nyes"),
    ("completion of a file", "echo unique_na\t\r", "\nunique_name"),
    ("completion of a directory", "echo some_d\tins\t\r", "\nsome_dir/inside"),
    ("a list of completions", "echo amb\t\t", "ambiguous_1  ambiguous_2"),
    ("the common part", "1\r", "\nambiguous_1"),
    ("ctrl-c drops the line", "echo never\x03", "^C"),
    ("its status", "echo $?\r", "\n130"),
    ("more lines", "for i in 1 2\rdo echo turn$i\rdone\r", "turn2"),
    ("an open quote", "echo 'a\rb'\r", "a\nb\n"),
    ("a syntax error", "echo )\r", "syntax error"),
    ("and on", "echo after $?\r", "after 2"),
    ("a write error", "echo lost >/dev/full\r", "echo: write error: No space left on device"),
    ("its status", "printf 'lost\\n' >/dev/full; echo status $?\r", "status 1"),
    ("ctrl-c ends a program", "sleep 30; echo not\r" + TAKEN + "\x03", "^C"),
    ("its status", "echo $?\r", "\n130"),
    ("ctrl-c ends a loop", "while :; do :; done\r" + TAKEN + "\x03", "^C"),
    ("ctrl-z stops", "sleep 30\r" + TAKEN + "\x1a", "Stopped"),
    ("jobs", "jobs\r", "[1]+ Stopped   sleep 30"),
    ("bg", "bg\r", "[1] sleep 30"),
    ("jobs again", "jobs\r", "Running"),
    ("fg", "fg\r" + TAKEN + "\x03", "^C"),
    ("in the background", "sleep 0.1 & wait; echo waited\r", "\nwaited"),
    ("kill a job", "sleep 30 & kill %1; wait; echo killed\r", "\nkilled"),
    ("the pids of jobs", "sleep 30 | sleep 31 & jobs -l >jl; grep -c \" $! Running\" jl; kill %1; wait\r", "\n1\n"),
    ("the job before the last", "sleep 30 & sleep 31 & kill %- && wait %-; echo gone $?; kill %%; wait\r", "\ngone 143"),
    ("another that stops", "sleep 30\r" + TAKEN + "\x1a", "Stopped"),
    ("wait for a job that was continued", "kill -CONT %1; kill %1; wait; jobs >jl; grep -c . jl\r", "\n0\n"),
    ("a pipeline with ctrl-d", "cat | cat\r" + TAKEN + "piped\r\x04", "piped\npiped"),
    ("read", "read x; echo got $x\r" + TAKEN + "input\r", "got input"),
    ("ctrl-d in a line deletes", "echo de" + LEFT + "\x04a\r", "\nda"),
)


class Terminal:
    """A shell on a pseudo terminal."""

    def __init__(self, command, directory):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.environ.update(PATH="/usr/bin:/bin", HOME=directory, TERM="vt100")
            os.execvp(command[0], command)
        self.raw = b""

    def screen(self):
        return ESCAPES.sub(b"", self.raw).replace(b"\r", b"").decode(errors="replace")

    def wait_for(self, condition):
        """Reads until condition(screen) holds; False when it does not in time."""
        end = time.monotonic() + TIMEOUT_SECONDS
        while not condition(self.screen()):
            if time.monotonic() > end:
                return False
            if not select.select([self.fd], [], [], POLL_SECONDS)[0]:
                continue
            try:
                data = os.read(self.fd, 4096)
            except OSError:
                return False
            if not data:
                return False
            self.raw += data
        return True

    def is_taken(self):
        """Is the terminal as programs get it, not as the line editor wants it?"""
        return bool(termios.tcgetattr(self.fd)[3] & termios.ICANON)

    def type(self, keys):
        """Types; at TAKEN waits until the shell has taken the line."""
        for number, part in enumerate(keys.split(TAKEN)):
            if number:
                self.wait_for(lambda screen: self.is_taken())
            os.write(self.fd, part.encode())

    def close(self):
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def run_steps(terminal):
    failed = 0
    if not terminal.wait_for(lambda screen: screen.endswith(PROMPT)):
        print("FAIL the first prompt: %r" % terminal.screen())
        return len(STEPS)
    for name, keys, expected in STEPS:
        terminal.raw = b""
        terminal.type(keys)
        at_prompt = keys[-1] in "\r\x03\x04\x1a"

        def shown(screen, expected=expected, at_prompt=at_prompt):
            return expected in screen and (not at_prompt or screen.endswith(PROMPT))

        if not terminal.wait_for(shown):
            failed += 1
            print("FAIL %s: %r does not show %r" % (name, terminal.screen(), expected))
            terminal.type("\x03")
            terminal.raw = b""
            terminal.wait_for(lambda screen: screen.endswith(PROMPT))
    return failed


def main():
    command = sys.argv[1:]
    if not command:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    if os.path.exists(command[-1]):
        command[-1] = os.path.abspath(command[-1])
    directory = tempfile.mkdtemp()
    os.mkdir(os.path.join(directory, "some_dir"))
    for name in ("unique_name", "some_dir/inside", "ambiguous_1", "ambiguous_2"):
        with open(os.path.join(directory, name), "w", encoding="utf-8"):
            pass
    terminal = Terminal(command, directory)
    try:
        failed = run_steps(terminal)
    finally:
        terminal.close()
        shutil.rmtree(directory)
    print("%d of %d terminal steps passed" % (len(STEPS) - failed, len(STEPS)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
