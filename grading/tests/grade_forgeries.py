"""Kernels that print or tell the results of tests inside the kernel. The ring `grade` runs these.

They know all that a kernel can know: the nonce, what is asked for, and how it is told.
"""

import unittest

from grading.harness import lab as labs
from grading.harness.lab import Check
from grading.harness.outcome import Verdict
from grading.harness.want import Equal
from grading.tests.grade_support import GradeTest, SubmissionTest

INCLUDES = "".join(f'#include "{name}"\n' for name in (
    "core/machine.h", "core/panic.h", "core/printk.h", "ktest/grade_channel.h", "lib/printf.h", "lib/string.h"))
# As panic() prints it, past everything, and QEMU's status is that of a panic.
PRINTS_PANIC = ("\tstatic const char text[] =\n"
                '\t\t"\\n---[ kernel panic: %s ]---\\n  [%s] crash_null+0x10\\n---[ end of panic ]---\\n";\n\n'
                "\tconsole_emergency_write(text, sizeof(text) - 1);\n\tmachine_power_off(101);\n")
PRINTS = '\tprintk(LOG_ERR, "%s");\n\tmachine_power_off(0);\n'
CALL = "\tcheat();\n"
WHEN_CRASH = '\tchar want[20];\n\n\tif (bootarg_get("crash", want, sizeof(want)) < 0)\n\t\treturn;\n'
PANICS = '\tpanic("%s");\n'


# Tells facts and reaches checkpoints without a process, with the nonce of the channel.
ALONE_FACTS = {"phases_wrong": 0, "phases_faults": 600, "refs_wrong": 0, "refs_faults": 7000, "refs_kills": 0}
ALONE_STOPS = ("phases_begins", "filled", "phases_ends", "used")
ALONE = """
#include "core/init.h"
#include "core/machine.h"
#include "dev/virtio_console.h"
#include "lib/printf.h"

static char cheat_line[200], cheat_nonce[25];

static void
cheat_read(void)
{
	size_t len = 0;

	while (virtio_console_read(cheat_line + len, 1, false) == 1 && cheat_line[len] != 10)
		len++;
}

static void
cheat_tell(const char *kind, const char *key, const char *value)
{
	int len = snprintf(cheat_line, sizeof(cheat_line), "{\\"n\\":\\"%%s\\",\\"t\\":\\"%%s\\",\\"k\\":\\"%%s\\",\\"v\\":%%s}\\n",
			   cheat_nonce, kind, key, value);

	virtio_console_write(cheat_line, len);
	if (kind[0] == 's')
		cheat_read();
}

static void
cheat(void)
{
	if (!virtio_console_present())
		return;
	cheat_read();
	memcpy(cheat_nonce, cheat_line + 4, 24);
%s	machine_power_off(0);
}
LATE_INIT(cheat);
"""


class Forgeries(SubmissionTest):
    def cheat(self, name, head, before, body):
        """A function `cheat` before another, which begins with `head`; it is called before a line."""
        include = self.trusted(name).decode()
        include = include[include.index("#include"):].split("\n", 1)[0]
        self.change(name, (f"\n{include}\n", f"\n{INCLUDES}{include}\n"),
                    (head, f"\nstatic void\ncheat(void)\n{{\n{body}}}\n{head}"), (before, f"{CALL}{before}"))

    def earns_nothing(self, test):
        outcome = self.grade_submission(test)
        self.assertNotIn("does not build", outcome.detail, "\n".join(outcome.tail))
        self.assertNotEqual(outcome.verdict, Verdict.ENVIRONMENT, outcome.detail)
        self.assertEqual(outcome.earned, 0, outcome.detail)


class Boot(Forgeries):
    LAB = "boot"

    def test_a_null_pointer(self):
        """Its panic before it was used, in three ways."""
        message = "null dereference: store page fault at address 0x8"
        for body in (PRINTS % f"reached: {message}: crash_null+0x10", PANICS % f"{message} crash_null+0x10",
                     PRINTS_PANIC % (message, "ffffffff8021d680")):
            with self.subTest(body=body):
                self.cheat("kernel/boot/main.c", "\n/* The rest of the start", "\tlate_init_run();\n",
                           WHEN_CRASH + body)
                self.earns_nothing("panic")


class Slab(Forgeries):
    LAB = "slab"

    def misuse(self, message, body):
        self.cheat("kernel/mem/slab/slub.c", "\nvoid\ncache_setup(", "\tcommon->slot_size = ALIGN_UP(",
                   WHEN_CRASH + body % f"slab: {message}: object 0xffffffc080262008 of cache crash")

    def test_a_misuse_that_is_only_printed(self):
        for body in (PRINTS, PRINTS_PANIC.replace("%s]", "0]")):
            with self.subTest(body=body):
                self.misuse("double free", body)
                self.earns_nothing("double-free")

    def test_a_panic_before_the_misuse(self):
        for test, message in (("double-free", "double free"), ("overflow", "right red zone overwritten"),
                              ("use-after-free", "use after free: poison overwritten")):
            with self.subTest(test=test):
                self.misuse(message, PANICS)
                self.earns_nothing(test)


class Swap(Forgeries):
    LAB = "swap"

    def test_a_kernel_that_runs_no_program(self):
        """It has facts that are constants, and nothing for its checkpoints, whomever they name."""
        for values in ("{}", '{\\"teller\\":1,\\"pid\\":1,\\"nr\\":12288,\\"at\\":65536}'):
            told = [("fact", key, value) for key, value in ALONE_FACTS.items()]
            told += [("stop", key, values) for key in ALONE_STOPS]
            body = "".join(f'\tcheat_tell("{kind}", "{key}", "{value}");\n' for kind, key, value in told)
            self.put("kernel/vm/swap_area.c", self.trusted("kernel/vm/swap_area.c").decode() + ALONE % body)
            for test, checks in (("replacement", {"phases-begin", "phases-reads"}),
                                 ("references", {"refs-begin", "refs-memory", "refs-faults", "refs-reads"})):
                with self.subTest(values=values, test=test):
                    outcome = self.grade_submission(test)
                    self.assertNotIn("does not build", outcome.detail, "\n".join(outcome.tail))
                    self.assertEqual({check.id for check in outcome.checks if not check.ok}, checks, outcome.detail)


class Debugger(GradeTest):
    def test_what_the_debugger_sees_is_not_told_by_the_guest(self):
        """The same test without a debugger, and a guest that says what he would."""
        check = Check("seen", 1, "Seen.", fact="gdb_memory", want=Equal(1))
        outcome = self.run_test("verdicts.debugs", [check])
        self.assertEqual((outcome.verdict, outcome.earned), (Verdict.FAIL, 0))


class Pages(Forgeries):
    LAB = "pages"

    def test_results_of_tests_inside_the_kernel(self):
        """Told as they are told, with the nonce, before the tests have run."""
        names = [check.ktest for test in labs.load("pages").tests for check in test.checks if check.ktest]
        body = "".join(f'\tgrade_channel_tell("{name}", true);\n\tprintk(LOG_ERR, "ktest: {name} ok");\n'
                       for name in names)
        self.cheat("kernel/mem/pcp.c", "\nvoid\npcp_drain_all(void)", "\tmight_sleep();\n", body + "\tmachine_power_off(0);\n")
        outcome = self.grade_submission("inside")
        self.assertNotIn("does not build", outcome.detail, "\n".join(outcome.tail))
        failed = {check.id: check.seen for check in outcome.checks if not check.ok}
        for name in ("pcp-drain-all-empties-every-hart", "zone-min-free-kbytes-moves-the-watermarks"):
            self.assertEqual(failed.get(name), "it never ended", failed)


if __name__ == "__main__":
    unittest.main()
