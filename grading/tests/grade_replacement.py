"""Every policy passes the checks of page replacement, and bad kernels do not. The ring `grade` runs these."""

import dataclasses
import unittest

from grading.harness import lab as labs
from grading.harness.outcome import Verdict
from grading.harness.suite import Suite
from grading.tests.grade_support import GradeTest, SubmissionTest, reference
from tools.refsim import policies

CLOCK_JUDGE = "\treturn used & (USED_MAPPED | USED_CALL)"
LRU_JUDGE = "\tif (!(used & USED_MAPPED))\n\t\treturn POLICY_EVICT;\n"
CHANCE = ("\tstatic u64 x = 88172645463325252;\n\n\tx ^= x << 13;\n\tx ^= x >> 7;\n\tx ^= x << 17;\n"
          "\tif (used || !used)\n\t\treturn x % 16 ? POLICY_KEEP : POLICY_EVICT;\n")
READ = "\tfault_hold(f, page);\n\treturn FAULT_OK;\n"
READ_TWICE = ("\tstatic u64 dropped;\n\n\tfault_hold(f, page);\n"
              "\tif (dropped != f->pte.bits) {\n\t\tdropped = f->pte.bits;\n\t\tpage_lock(page);\n"
              "\t\tif (page_test(page, PG_swapcache))\n\t\t\tswap_cache_remove(page);\n"
              "\t\tpage_unlock(page);\n\t}\n\treturn FAULT_OK;\n")


class Policies(GradeTest):
    def test_all_pass(self):
        for policy in policies.KERNEL:
            test = next(test for test in labs.load("swap").tests if test.id == "replacement")
            test.machine = dataclasses.replace(test.machine, append=f"reclaim={policy}")
            suite = Suite([test], reference(), self.scratch.name, workers=1)
            suite.go(lambda outcome: None)
            outcome = suite.outcomes[0]
            self.assertEqual(outcome.verdict, Verdict.PASS,
                             (policy, outcome.seed, [check.seen for check in outcome.checks]))


class BadKernels(SubmissionTest):
    def loses(self, test, *checks):
        """These checks fail, and the kernel is right otherwise."""
        outcome = self.grade_submission(test)
        failed = [check.id for check in outcome.checks if not check.ok]
        self.assertEqual((outcome.verdict, failed), (Verdict.PARTIAL, list(checks)),
                         "\n".join([outcome.detail, *outcome.tail]))


class BadReclaim(BadKernels):
    LAB = "reclaim"

    def test_accessed_bits_that_nobody_looks_at(self):
        self.change("kernel/vm/policy_clock.c",
                    ("used & (USED_MAPPED | USED_CALL)", "used & USED_CALL"))
        self.loses("accessed", "hot-faults")

    def test_a_victim_left_to_chance(self):
        self.change("kernel/vm/policy_clock.c", (CLOCK_JUDGE, CHANCE + CLOCK_JUDGE))
        self.loses("accessed", "hot-faults")


class BadSwap(BadKernels):
    """The lab's own files, and one of the kernel's that a submission may not bring."""

    LAB = "swap"

    def setUp(self):
        super().setUp()
        more = ("kernel/vm/policy_lru.c", "kernel/vm/lru.c")
        for name in more:
            self.put(name, self.trusted(name))
        self.lab.files += more

    def test_a_victim_left_to_chance(self):
        self.change("kernel/vm/policy_lru.c", (LRU_JUDGE, CHANCE + LRU_JUDGE))
        self.loses("replacement", "phases-faults")

    def test_the_youngest_goes_first(self):
        self.change("kernel/vm/lru.c", ("list_last_entry(&lru->lists[list], struct page, lru)",
                                        "list_first_entry(&lru->lists[list], struct page, lru)"))
        self.loses("replacement", "phases-faults")

    def test_each_page_is_read_twice(self):
        self.change("kernel/vm/fault_swap.c", (READ, READ_TWICE),
                    ('#include "vm/swap.h"\n', '#include "vm/swap.h"\n#include "vm/swap_area.h"\n'))
        self.loses("replacement", "phases-reads")


if __name__ == "__main__":
    unittest.main()
