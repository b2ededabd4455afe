"""One test: starts its machine, hears what it says, looks at it at checkpoints, judges.

The judging is all here on the host. The guest tells facts (channel.py) and stops at
checkpoints, where probes (probe.py) look from outside while the machine is paused.
"""

import os
import random
import secrets
import threading

from grading.harness import console, diagnose, drivers, probe, sandbox
from grading.harness.channel import Channel
from grading.harness.elf import BadElf
from grading.harness.kernel import KernelView
from grading.harness.outcome import CheckOutcome, Outcome, Verdict
from grading.harness.qmp import Qmp
from grading.harness.seed import word
from grading.harness.tree import Tampered
from grading.harness.want import Status, show
from grading.machine import Config, Disk, EnvironmentProblem, Machine, Result, Verdict as End, scratch
from grading.machine.command import encode
from grading.machine.config import parse_bytes

TAIL_LINES = 15
FACTS_MAX = 2000
CONSOLE_BYTES_MAX = 4 << 20
SETTLE_SECONDS = 20
VERDICTS = {End.PANIC: Verdict.PANIC, End.HANG: Verdict.HANG, End.LIVELOCK: Verdict.LIVELOCK,
            End.REBOOT_LOOP: Verdict.REBOOT_LOOP, End.TIMEOUT: Verdict.TIMEOUT,
            End.QEMU_ERROR: Verdict.ENVIRONMENT, End.KILLED: Verdict.NOT_RUN}


class Run:
    """facts, conflicts: what the guest told; stops: checkpoints by name, in order of coming;
    found: what probes said, by check id; memo: what probes remember for later ones."""

    def __init__(self, test, tree, seed, log=None, echo=None, slow=1.0):
        self.test = test
        self.tree = tree
        self.seed = seed
        self.log = log
        self.echo = echo
        self.slow = slow
        self.facts, self.conflicts, self.stops = {}, set(), {}
        self.found, self.memo = {}, {}
        self.ended = False
        self.result = None
        self.problem = None  # what kept probes from looking
        self.nonce = secrets.token_hex(12)
        self.mark = secrets.token_hex(8)
        self.machine = self.channel = self.qmp = self.view = None
        self.numbers = self._choose()
        self.last_news = 0.0
        self._probing = threading.Lock()
        self._connected = threading.Event()  # qmp and view are there, or never will be

    def word(self, index):
        return word(self.seed, index)

    def _choose(self):
        """The machine's numbers: choices made by the seed, and what follows from them."""
        chance = random.Random(self.seed)
        spec = self.test.machine
        chosen = {name: chance.choice(value) if isinstance(value, tuple) else value
                  for name, value in (("mem", spec.mem), ("smp", spec.smp), ("swap", spec.swap))}
        mem = parse_bytes(chosen["mem"])
        return {"mem": chosen["mem"], "mem_bytes": mem, "mem_kb": mem >> 10, "mem_pages": mem >> 12,
                "smp": chosen["smp"], "swap": chosen["swap"],
                "swap_kb": parse_bytes(chosen["swap"]) >> 10 if chosen["swap"] else 0,
                "token": f"{self.word(1000):016x}", "low7": self.word(1001) % 100 + 1,
                "typed": f"{self.word(7):016x}"}

    def config(self, directory):
        """The machine of this run."""
        spec = self.test.machine
        append = [spec.append.format(**self.numbers), f"init.nonce={self.mark}"]
        if self.test.case:
            append.append(f"init.cmd={encode('gradetest')}")
        kernel = self.tree.kernel(spec.variant)
        fields = {}
        if spec.root == "initrd":
            fields["initrd"] = self.tree.path(spec.variant, "initrd.img")
        elif spec.root == "disk":
            fields["disks"] = [Disk(self.tree.path(spec.variant, "fs.img"), "root")]
        if self.tree.bounds:
            fields.update(prefix=list(self.tree.bounds.machine_prefix), before=sandbox.limit_machine)
        return Config(kernel, mem=self.numbers["mem"], smp=self.numbers["smp"],
                      swap=self.numbers["swap"], append=" ".join(filter(None, append)),
                      qemuflags=list(spec.qemuflags), icount=spec.icount, limit=None,
                      backstop=self.test.limit * self.slow, qmp=True, shared_ram=True,
                      stop_at_errors=True, gdb=self.test.driver == "gdb", log=self.log,
                      channel=os.path.join(directory, "results"),
                      console_bytes=CONSOLE_BYTES_MAX, **fields)

    def go(self):
        """Runs the test. => the Outcome"""
        directory = scratch.make_directory()
        scratch.register(self, lambda: scratch.remove_directory(directory))
        try:
            config = self.config(directory)
            self.channel = Channel(directory, self.nonce, self._take)
            self.view = self._view(config)
            if self.tree.bounds and self.tree.bounds.layout != self.view.layout:
                raise Tampered("the kernel's layout note (kernel/boot/layout_note.c) is not the "
                               "reference's: what is looked at from outside would be elsewhere")
            case = " ".join([self.test.case or "ktest", *self.test.args]).format(**self.numbers)
            self.channel.start(f"run {self.nonce} {self.seed} {case}")
            return self._boot(config)
        finally:
            self._connected.set()
            if self.channel is not None:
                self.channel.close()
            if self.view is not None:
                self.view.close()
            scratch.unregister(self)
            scratch.remove_directory(directory)

    @staticmethod
    def _view(config):
        """What the kernel's file says of itself. => raises Tampered"""
        try:
            return KernelView(config.kernel, parse_bytes(config.mem))
        except BadElf as error:
            raise Tampered(f"the kernel's image is not as it was linked: {error}") from None

    def _boot(self, config):
        self.machine = Machine(config, tap=self.echo, at_limit=self._at_limit, watch=self._watch)
        with self.machine:
            try:
                self._connect()
                if self.test.driver:
                    drivers.start(self.test.driver, self)
                result = self.machine.wait()
            finally:
                self._settle()
            self._look_at_end(result)
            return self._judge(result)

    def _connect(self):
        """QEMU's monitor and memory; a machine that ended at once tells why by its end."""
        try:
            self.qmp = Qmp(self.machine.socket("qmp"), self.machine.running)
            self.view.open(self.machine.socket("ram"))
        except ConnectionError:
            self.qmp = None
        finally:
            self._connected.set()

    def _settle(self):
        """No probe runs any more, and all that the guest said was heard."""
        self.machine.kill()
        self.channel.close()
        if self._probing.acquire(timeout=SETTLE_SECONDS):
            self._probing.release()
        if self.qmp is not None:
            self.qmp.close()

    def _look_at_end(self, result):
        """What the machine left in its memory, which is a file as long as it is ours."""
        self.result = result
        if self.view.ram is None and os.path.exists(self.machine.socket("ram")):
            self.view.open(self.machine.socket("ram"))
        if self.view.ram is None:
            return  # there was no machine
        ends = [end for end in probe.ENDS if end == "end" or result.verdict is End.PANIC]
        for check in self.test.checks:
            if check.ktest or check.at in ends:
                self.view.look()
                self.found[check.id] = probe.call(check, self, {})

    def _watch(self):
        """The Result of a machine that nobody can look at, or that QEMU has stopped: its disk is the host's fault, be it
        full or broken."""
        if self.problem is not None:
            return Result(End.QEMU_ERROR, None, str(self.problem))
        if self.qmp is None or self.qmp.io_error is None:
            return None
        return Result(End.QEMU_ERROR, None,
                      f"the host could not read or write a disk's image: {self.qmp.io_error}")

    def _at_limit(self):
        with self._probing:
            return diagnose.at_limit(self)

    def _take(self, message):
        """One line of the guest's. => in the channel's thread"""
        self.last_news = self.machine.clock.now() if self.machine.clock else 0.0
        kind, key, value = message["t"], message.get("k"), message.get("v")
        if kind == "end":
            self.ended = True
        elif kind == "fact" and len(self.facts) < FACTS_MAX and key not in drivers.FACTS:
            if self.facts.setdefault(key, value) != value:
                self.conflicts.add(key)
        elif kind == "stop" and len(self.stops) < FACTS_MAX:
            self._checkpoint(key, value)

    def _checkpoint(self, name, values):
        """Pauses the machine, lets the probes look, and sends it on. A machine may boot faster than we
        get hold of it: its first checkpoint waits for that."""
        self._connected.wait()
        wanted = [check for check in self.test.checks if check.probe and check.at == name]
        with self._probing:
            first = name not in self.stops
            self.stops.setdefault(name, values)
            if wanted and first and not self._look_at(wanted, values):
                return
        self.channel.send("go")

    def _look_at(self, checks, values):
        """Lets the probes of a checkpoint look. => False if they could not, `problem` says why: that the machine has
        ended is none"""
        if self.qmp is None or self.view.ram is None:
            return False  # it had ended at once
        try:
            self.qmp.stop()
            with self.machine.clock.paused():
                for check in checks:
                    self.view.look()
                    self.found[check.id] = probe.call(check, self, values)
            self.qmp.cont()
            return True
        except ConnectionError:
            pass
        except (EnvironmentProblem, OSError) as problem:
            self.problem = problem
        except Exception as problem:  # pylint: disable=broad-exception-caught
            self.problem = EnvironmentProblem(f"{type(problem).__name__}: {problem}")
        return False

    def _judge(self, result):
        """The Outcome of a run that has ended."""
        if self.problem is not None:
            raise EnvironmentProblem(f"nothing could be looked at: {self.problem}")
        text = self.machine.console.text()
        lines = console.kernel_lines(text, self.mark)
        checks = [self._judge_check(check, result, lines) for check in self.test.checks]
        outcome = Outcome(self.test.lab, self.test.id, self.test.text, Verdict.PASS, checks,
                          seconds=self.machine.clock.wall(),
                          machine_seconds=self.machine.clock.now(), seed=self.seed, log=self.log or "")
        outcome.verdict = self._verdict(result, outcome)
        if outcome.verdict is not Verdict.PASS:
            diagnose.explain(outcome, result, self, text)
            outcome.tail = console.printable(console.from_kernel(text, self.mark))[-TAIL_LINES:]
        outcome.notes += self._notes()
        return outcome

    def _verdict(self, result, outcome):
        expected_end = End.PANIC if self.test.ends == "panic" else End.EXITED
        if result.verdict is not expected_end and result.verdict in VERDICTS:
            return VERDICTS[result.verdict]
        if outcome.earned == outcome.points:
            return Verdict.PASS
        return Verdict.PARTIAL if outcome.earned else Verdict.FAIL

    def _notes(self):
        notes = []
        if self.machine.console.flooded:
            notes.append("the console was flooded, and the middle of it was not kept")
        if self.channel.flooded:
            notes.append("the result channel was flooded, and closed")
        if self.channel.strangers:
            notes.append(f"{self.channel.strangers} lines on the result channel did not carry this "
                         "run's nonce, and did not count")
        return notes

    def _judge_check(self, check, result, lines):
        outcome = CheckOutcome(check.id, check.points, check.text, hint=check.hint)
        if check.probe:
            self._judge_probe(check, outcome)
        elif check.console:
            outcome.ok = any(console.matches(check.console, line) for line in lines)
            outcome.expected = f"a line of the kernel's that matches {check.console!r}"
            outcome.seen = "no such line"
        elif check.status is not None:
            want = check.status if not isinstance(check.status, str) \
                else self.numbers[check.status]
            outcome.ok = result.code == want and result.verdict is End.EXITED
            outcome.expected, outcome.seen = f"exit status {want}", str(result)
            if outcome.ok and want == 0 and not self.ended:
                outcome.ok, outcome.why = False, "the test program had not come to its end"
        elif check.ktest:
            self._judge_ktest(check, outcome, lines)
        else:
            self._judge_fact(check, outcome)
        if outcome.ok:
            outcome.expected = outcome.seen = outcome.why = ""
        return outcome

    def _judge_probe(self, check, outcome):
        found = self.found.get(check.id)
        if found is None and check.at in probe.ENDS:
            outcome.expected, outcome.seen = "a panic of the kernel's", str(self.result)
        elif found is None:
            outcome.why = f"the test program did not reach its checkpoint {check.at!r}"
        else:
            outcome.ok, outcome.expected, outcome.seen, outcome.why = found

    def _judge_fact(self, check, outcome):
        value = self.facts.get(check.fact)
        if value is None:
            who = "the debugger" if check.fact in drivers.FACTS else "the test program"
            outcome.why = f"{who} did not come to tell {check.fact!r}"
            return
        if check.fact in self.conflicts:
            outcome.why = (f"{check.fact!r} was told twice, with different values: by two processes of which each takes "
                           "itself for the one, or by one that came there twice")
            return
        expected = check.want.judge(value, self)
        outcome.ok = expected is None
        outcome.expected = expected or ""
        outcome.seen = wait_status(value) if isinstance(check.want, Status) else show(value)

    def _judge_ktest(self, check, outcome, lines):
        value = self.facts.get(f"ktest.{check.ktest}")
        outcome.ok = value == 1 and f"ktest.{check.ktest}" not in self.conflicts
        outcome.expected = f"the kernel's test {check.ktest} passes"
        if value is None:
            outcome.why = "the kernel did not come to this test"
        elif outcome.ok:
            outcome.ok, outcome.expected, outcome.seen, outcome.why = self.found[check.id]
        else:
            outcome.seen = "it failed"
            outcome.why = "; ".join(console.ktest_complaints(lines, check.ktest))


def wait_status(value):
    """A wait status in words."""
    if not isinstance(value, int):
        return show(value)
    signal = value & 0x7f
    return f"killed by signal {signal}" if signal else f"exit with status {value >> 8 & 0xff}"
