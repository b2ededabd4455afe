"""Cheats, and what each earns. These tests build and boot kernels: the ring `grade` runs them.

Every cheat is a submission for the lab cow, so of its files only those that the lab names are
taken. A kernel that reads the nonce out of the channel can forge facts, and no harness can prevent
that: the test program runs on it. What it cannot forge is what is seen from outside.
"""

import os
import re
import shutil
import time
import unittest
from unittest import mock

from grading.harness import tree
from grading.harness.outcome import Verdict
from grading.harness.submission import Refused, read_submission
from grading.harness.tree import BuildFailed
from grading.tests.grade_support import TOP, SubmissionTest

FAULT = "kernel/vm/fault.c"
FORK = "kernel/vm/fork.c"
INCLUDES = "".join(f'#include "{name}"\n' for name in (
    "core/machine.h", "core/panic.h", "core/printk.h", "dev/virtio_console.h", "lib/printf.h", "lib/string.h",
    "proc/process.h", "sched/sched.h", "sched/task.h", "vm/usercopy.h"))
CALL = '\tif (strcmp(current->name, "gradetest") == 0)\n\t\tcheat();\n'

# Runs once, at the first fork.
ONCE = "\nstatic void\ncheat(void)\n{\n\tstatic bool done;\n\n\tif (done)\n\t\treturn;\n\tdone = true;\n%s}\n"
PRINTS = ('\tprintk(LOG_ERR, "[  1/1] pass cow/share 20/20");\n\tprintk(LOG_ERR, "PASS");\n'
          "\tmachine_power_off(0);\n")
FORGES = ('\tstatic const char line[] =\n\t\t"{\\"n\\":\\"0\\",\\"t\\":\\"fact\\",\\"k\\":\\"parent_keeps\\",'
          '\\"v\\":8}\\n";\n\n\tvirtio_console_write(line, sizeof(line) - 1);\n\tmachine_power_off(0);\n')
EXITS = "\tmachine_power_off(0);\n"
FLOODS_CHANNEL = ('\tstatic char line[2048];\n\n\tmemset(line, 120, sizeof(line));\n'
                  "\tfor (int i = 0; i < 2000; i++)\n\t\tvirtio_console_write(line, sizeof(line));\n")
FLOODS_CONSOLE = ('\tfor (int i = 0; i < 60000; i++)\n'
                  '\t\tprintk(LOG_ERR, "PASS PASS PASS PASS PASS PASS PASS PASS PASS PASS PASS");\n'
                  "\tmachine_power_off(0);\n")
# Guesses all facts that are plain numbers; the nonce comes from where the test program keeps it.
STEALS = ('\tstatic const char *const facts[] = {"child_sees", "parent_keeps", "write_faults"};\n'
          '\tstatic const int values[] = {8, 8, 1};\n\tchar nonce[25] = "", line[200];\n'
          "\tuva_t at = 0x10000;\n\n"
          "\twhile (at < 0x80000 && !nonce[0]) {\n"
          "\t\tchar text[64];\n\n"
          "\t\tif (copy_from_user(text, at, 40) == 0 && text[24] == 0 && text[0] != 0) {\n"
          "\t\t\tbool hex = true;\n\n"
          "\t\t\tfor (int i = 0; i < 24; i++)\n"
          "\t\t\t\thex &= (text[i] >= '0' && text[i] <= '9') ||\n"
          "\t\t\t\t       (text[i] >= 'a' && text[i] <= 'f');\n"
          "\t\t\tif (hex)\n\t\t\t\tmemcpy(nonce, text, 24);\n\t\t}\n\t\tat += 4;\n\t}\n"
          "\tfor (int i = 0; i < 3; i++) {\n"
          '\t\tint len = snprintf(line, sizeof(line),\n'
          '\t\t\t"{\\"n\\":\\"%s\\",\\"t\\":\\"fact\\",\\"k\\":\\"%s\\",\\"v\\":%d}\\n", nonce, facts[i],\n'
          "\t\t\tvalues[i]);\n\n\t\tvirtio_console_write(line, len);\n\t}\n\tmachine_power_off(0);\n")


# Checkpoints of its own: no pages, or one process as parent and child.
NUMBERS = ('\tstatic const char *const stops[] = {"forked", "split", "alone", "rewritten"};\n\n'
           "\tfor (int i = 0; i < 4; i++) {\n"
           "\t\tint len = snprintf(line, sizeof(line),\n"
           '\t\t\t"{\\"n\\":\\"%%s\\",\\"t\\":\\"stop\\",\\"k\\":\\"%%s\\",\\"v\\":{\\"teller\\":%%d,\\"parent\\":%%d,"\n'
           '\t\t\t"\\"child\\":%%d,\\"at\\":%%d,\\"nr\\":%%d,\\"text\\":%%d}}\\n", nonce, stops[i], %s,\n'
           "\t\t\t%s, %s, 0x10000, %s, 0x10000);\n\n\t\tvirtio_console_write(line, len);\n\t}\n"
           "\ttask_sleep_ns(2000000000, false);\n\tmachine_power_off(0);\n")

# The list of processes leads from here to here.
NEVER_ENDS = "\tcurrent->process->parent->all_link.next = &current->process->parent->all_link;\n"

# A layout note before the kernel's own: the page tables of processes would be elsewhere.
FALSE_NOTE = """
static const struct {
	u32 owner_size, data_size, type;
	char owner[12];
	char name[40];
	u64 value;
} cheat_note SECTION(".note.quire") USED = {12, 48, 1, "QUIRE", "OFFSET(pgtable.root)", 64};
"""
# One that ends before it began, one of an owner in no language.
BAD_NOTES = ('__asm__(".pushsection .note.quire,\\"a\\",@note\\n.word 0xffffff00, 0xfffffff0, 1\\n.popsection");\n',
             '__asm__(".pushsection .note.quire,\\"a\\",@note\\n.word 4, 0, 1\\n.byte 255, 254, 255, 0\\n.popsection");\n')
# The names that the harness starts from, for something else.
FALSE_NAMES = '\n__asm__(".pushsection .data\\nprocess_list: .quad 0, 0\\n.popsection");\n'
# A gigabyte in an object file.
LARGE_OBJECT = "\nconst char cheat_large[1 << 30] USED = {1};\n"


class Cheats(SubmissionTest):
    LAB = "cow"

    def cheat(self, body):
        """The kernel cheats when the test program forks."""
        text = self.trusted(FORK).decode()
        first = re.search(r'^#include "vm/.*\n', text, re.MULTILINE).end()
        start = text.index("\nstruct mm *\nmm_fork(")
        declarations = text.index("\n\n", text.index("{\n", start)) + 2
        self.put(FORK, text[:first] + INCLUDES + text[first:start] + ONCE % body
                 + text[start:declarations] + CALL + text[declarations:])

    def grade(self, limit=40):
        """The outcome of cow/share."""
        outcome = self.grade_submission("share", limit)
        self.assertNotIn("does not build", outcome.detail, "\n".join(outcome.tail))
        return outcome

    def test_the_reference_as_a_submission_has_full_marks(self):
        outcome = self.grade()
        self.assertEqual(outcome.verdict, Verdict.PASS, outcome.detail)

    def test_printing_pass(self):
        self.cheat(PRINTS)
        self.assertEqual(self.grade().earned, 0)

    def test_results_without_the_nonce(self):
        self.cheat(FORGES)
        outcome = self.grade()
        self.assertEqual(outcome.earned, 0)
        self.assertTrue(any("nonce" in note for note in outcome.notes))

    def test_exiting_early(self):
        self.cheat(EXITS)
        self.assertEqual(self.grade().earned, 0)

    def test_flooding_the_channel(self):
        self.cheat(FLOODS_CHANNEL)
        outcome = self.grade()
        self.assertEqual(outcome.earned, 0)
        self.assertTrue(any("flooded" in note for note in outcome.notes))

    def test_flooding_the_console(self):
        self.cheat(FLOODS_CONSOLE)
        outcome = self.grade()
        self.assertEqual(outcome.earned, 0)
        self.assertTrue(any("flooded" in note for note in outcome.notes), outcome.detail)

    def test_stealing_the_nonce_forges_numbers_and_nothing_else(self):
        self.cheat(STEALS)
        outcome = self.grade()
        forged = {check.id for check in outcome.checks if check.ok}
        self.assertLessEqual(forged, {"child-sees", "parent-keeps", "one-fault"})
        self.assertLess(outcome.earned * 4, outcome.points)

    def test_checkpoints_with_numbers_that_suit(self):
        """Of probes, that no page and one and the same process have nothing to differ in."""
        for numbers in (("1", "1", "1", "0"), ("1", "1", "1", "8"), ("current->process->pid",) * 3 + ("8",)):
            with self.subTest(numbers=numbers):
                self.cheat(STEALS.replace("\tmachine_power_off(0);\n", NUMBERS % numbers))
                outcome = self.grade()
                forged = {check.id for check in outcome.checks if check.ok}
                self.assertLessEqual(forged, {"child-sees", "parent-keeps", "one-fault"})

    def test_a_list_that_does_not_end_costs_the_checks_and_no_time(self):
        self.cheat(NEVER_ENDS)
        start = time.monotonic()
        outcome = self.grade(limit=15)
        self.assertNotEqual(outcome.verdict, Verdict.ENVIRONMENT, outcome.detail)
        seen = {check.id: check.seen for check in outcome.checks}
        self.assertRegex(seen["fork-shares"], "not end")
        self.assertLess(time.monotonic() - start, 300)

    def test_other_files_are_not_taken(self):
        self.put("user/test/gradetest/cow.c", "int broken(\n")
        self.put("grading/labs/cow.py", "raise SystemExit(0)\n")
        self.put("Makefile", "all:\n\tfalse\n")
        self.put("kernel/dev/virtio_console.c", "broken\n")
        self.assertEqual(self.grade().verdict, Verdict.PASS)

    def test_a_kernel_that_does_not_build_has_failed_and_says_why(self):
        self.put(FAULT, self.trusted(FAULT) + b"\nint broken(\n")
        outcome = self.grade_submission("share")
        self.assertEqual(outcome.verdict, Verdict.FAIL)
        self.assertTrue(any("fault.c" in line for line in outcome.tail))

    def build_fails(self, name, text):
        """Adds a text to a file. => the last lines of the build, which must fail"""
        self.put(name, self.trusted(name) + text.encode())
        with self.workplace() as tree:
            with self.assertRaises(BuildFailed) as raised:
                tree.kernel("default")
        return "\n".join(raised.exception.output)

    def test_a_false_layout_note_leads_nobody_elsewhere(self):
        self.put(FORK, self.trusted(FORK).decode() + FALSE_NOTE)
        outcome = self.grade()
        if outcome.verdict is not Verdict.PASS:  # the false one came first in the image
            self.assertEqual((outcome.verdict, outcome.earned), (Verdict.FAIL, 0))
            self.assertIn("layout note", outcome.detail)

    def test_static_variables_do_not_hide_the_kernels(self):
        self.put("kernel/vm/zap.c", self.trusted("kernel/vm/zap.c").decode() + FALSE_NAMES)
        self.assertEqual(self.grade().verdict, Verdict.PASS)

    def test_a_build_that_writes_too_much_is_stopped(self):
        self.assertRegex(self.build_fails(FORK, LARGE_OBJECT), "(?i)file size|too large|status")

    def test_a_build_that_writes_too_much_in_all_is_stopped(self):
        with mock.patch.object(tree, "BUILD_BYTES", 40 << 20):
            said = self.build_fails(FORK, "\nconst char cheat_large[200 << 20] USED = {1};\n")
        self.assertIn("make wrote more than 40 MiB", said)

    def test_a_file_of_the_host_is_no_file_of_the_submission(self):
        """It is neither code nor marks."""
        self.build_fails(FORK, '\n#include "/etc/hostname"\n')

    def refused(self, pattern):
        with self.assertRaisesRegex(Refused, pattern):
            read_submission(self.folder, self.lab.files)

    def test_symbolic_links_are_refused(self):
        path = os.path.join(self.folder, FAULT)
        os.remove(path)
        os.symlink("/etc/hostname", path)
        self.refused("symbolic link")

    def test_a_folder_that_leads_elsewhere_is_refused(self):
        shutil.rmtree(os.path.join(self.folder, "kernel/vm"))
        os.symlink(os.path.join(TOP, "kernel/vm"), os.path.join(self.folder, "kernel/vm"))
        self.refused("symbolic link")

    def test_pipes_are_refused(self):
        path = os.path.join(self.folder, FAULT)
        os.remove(path)
        os.mkfifo(path)
        self.refused("not a plain file")

    def test_large_files_are_refused(self):
        self.put(FAULT, b"/* */\n" * 100000)
        self.refused("KiB, more than")

    def test_binaries_are_refused(self):
        self.put(FAULT, b"int x;\0\x7fELF")
        self.refused("not a text")


class BootCheats(SubmissionTest):
    """Files of this lab are linked before the layout note."""

    LAB = "boot"
    FIRST = "kernel/boot/fdt_machine.c"

    def test_a_note_that_is_none_is_no_fault_of_the_hosts(self):
        """Nor does one of another owner hide the kernel's."""
        for text, verdict in zip(BAD_NOTES, (Verdict.FAIL, Verdict.PASS)):
            self.put(self.FIRST, self.trusted(self.FIRST).decode() + text)
            outcome = self.grade_submission("exit-status")
            self.assertEqual(outcome.verdict, verdict, outcome.detail)

    def test_a_kernel_larger_than_the_machine_is_no_fault_of_the_hosts(self):
        """QEMU ends before the firmware says a word."""
        self.put(self.FIRST, self.trusted(self.FIRST).decode() +
                 '\n__asm__(".section .bss\\n.zero 0x20000000\\n.text");\n')
        outcome = self.grade_submission("exit-status")
        self.assertEqual((outcome.verdict, outcome.earned), (Verdict.FAIL, 0))
        self.assertIn("this kernel's doing", outcome.detail)


if __name__ == "__main__":
    unittest.main()
