"""Bugs that a lab's checks must see, each in a file that the lab takes. The ring `grade` runs these.

A submission has several bugs where these do not meet: a build takes longer than a test.
"""

import unittest

from grading.harness import lab as labs
from grading.harness.suite import Suite
from grading.tests.grade_support import SubmissionTest


class Mutants(SubmissionTest):
    def loses(self, checks):
        """Of the tests {id: [ids of checks]}, these checks fail and no others."""
        tests = [test for test in labs.load(self.LAB).tests if test.id in checks]
        with self.workplace() as tree:
            suite = Suite(tests, tree, self.scratch.name, 11, workers=1)
            suite.go(lambda outcome: None)
        failed = {outcome.test: [check.id for check in outcome.checks if not check.ok]
                  for outcome in suite.outcomes}
        self.assertEqual(failed, checks, [outcome.detail for outcome in suite.outcomes])


class Cow(Mutants):
    LAB = "cow"

    def test_originals_that_leak(self):
        self.change("kernel/vm/fault.c", ("\t\t\tswap_cache_release(original);\n\t\tpage_put(original);\n",
                                          "\t\t\tswap_cache_release(original);\n"))
        self.loses({"many": ["nothing-left"]})


class Lazy(Mutants):
    LAB = "lazy"

    def test_pages_that_leak(self):
        self.change("kernel/vm/fault.c", ("\t\tanon_page_map(f->vma, f->ptep, page);\n",
                                          "\t\tanon_page_map(f->vma, f->ptep, page);\n\t\tpage_get(page);\n"))
        self.loses({"given-back": ["frames-return"]})


class Mmap(Mutants):
    LAB = "mmap"

    def test_pages_that_leak(self):
        batched = "\t\tbatch->pages[batch->nr_pages++] = page;\n"
        self.change("kernel/vm/zap.c", (batched, batched + "\t\tif (!anon)\n\t\t\tpage_get(page);\n"))
        self.loses({"given-back": ["frames-return"]})


if __name__ == "__main__":
    unittest.main()
