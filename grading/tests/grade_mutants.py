"""Bugs that a lab's checks must see, each in a file that the lab takes. The ring `grade` runs these.

A submission has several bugs where these do not meet: a build takes longer than a test.
"""

import unittest

from grading.harness import lab as labs
from grading.harness.suite import Suite
from grading.tests.grade_support import SubmissionTest

COPIED = ("\tcopy = anon_page_alloc_raw(vma, f->uva);\n\tif (copy)\n\t\tpage_copy_contents(copy, source);\n",
          "\tcopy = anon_page_alloc(vma, f->uva);\n")
STORED = (("\tstruct page *source = pagecache_find(mapping, index);\n\tstruct page *copy;\n",
           "\tstruct page *source, *copy;\n"),
          ("\tbool mapped = false;\n\n\tif (!source", "\tbool mapped = false;\n\n\tif (mapping)\n"
           "\t\treturn fault_store_shared(f);\n\tsource = pagecache_find(mapping, index);\n\tif (!source"))
CALLED_ONLINE = ("\t\tif (nr_cpus)\n\t\t\tcpus[cpu].online = true;\n"
                 "\t\telse\n\t\t\tsecondary_start(cpu);\n")
FLUSHED = ("\tfor (u64 at = 0; at < size; at += PAGE_SIZE)\n\t\tsfence_vma_page(start + at);\n",
           "\t(void)start;\n\t(void)size;\n")


class Mutants(SubmissionTest):
    def loses(self, checks):
        """Of the tests {id: [ids of checks]}, these checks fail and no others."""
        tests = [test for test in labs.load(self.LAB).tests if test.id in checks]
        with self.workplace() as tree:
            suite = Suite(tests, tree, self.scratch.name, 11, workers=1)
            suite.go(lambda outcome: None)
        failed = {outcome.test: [check.id for check in outcome.checks if not check.ok]
                  for outcome in suite.outcomes}
        self.assertEqual(failed, checks, [(outcome.detail, *outcome.tail) for outcome in suite.outcomes])


class Cow(Mutants):
    LAB = "cow"

    def test_originals_that_leak(self):
        self.change("kernel/vm/fault.c", ("\t\t\tswap_cache_release(original);\n\t\tpage_put(original);\n",
                                          "\t\t\tswap_cache_release(original);\n"))
        self.loses({"many": ["nothing-left"]})


class Boot(Mutants):
    LAB = "boot"

    def test_harts_that_are_not_started(self):
        self.change("kernel/boot/secondary.c", ("\t\tsecondary_start(cpu);\n", CALLED_ONLINE))
        self.loses({"machine": ["all-harts", "harts-paging"]})


class Lazy(Mutants):
    LAB = "lazy"

    def test_memory_that_is_not_zeroed(self):
        self.change("kernel/vm/anon.c", ("GFP_HIGHUSER | GFP_ZERO", "GFP_HIGHUSER"))
        self.change("kernel/proc/exec_load.c", (" && (flags & VM_WRITE))\n", " && !flags)\n"))
        self.loses({"touch": ["zeroed"], "tail": ["tail-zeroed"]})

    def test_pages_that_leak_and_a_first_store_that_finds_zeros(self):
        mapped = "\t\tanon_page_map(f->vma, f->ptep, page);\n"
        self.change("kernel/vm/fault.c", (mapped, mapped + "\t\tpage_get(page);\n"))
        self.change("kernel/vm/fault_file.c", COPIED)
        self.loses({"given-back": ["frames-return"], "file": ["store-first"]})


class Mmap(Mutants):
    LAB = "mmap"

    def test_pages_that_leak(self):
        batched = "\t\tbatch->pages[batch->nr_pages++] = page;\n"
        self.change("kernel/vm/zap.c", (batched, batched + "\t\tif (!anon)\n\t\t\tpage_get(page);\n"))
        self.change("kernel/mem/tlb.c", FLUSHED)
        self.loses({"given-back": ["frames-return"], "areas": ["hole-here"]})

    def test_a_first_store_that_reaches_the_file(self):
        self.change("kernel/vm/fault_file.c", *STORED)
        self.loses({"private": ["store-private", "store-frame"]})


class Oom(Mutants):
    LAB = "oom"

    def test_spaces_that_leak_and_a_score_without_adjustment(self):
        self.change("kernel/vm/oom_reap.c", ("\twake_up_all(&done_wq);\n\ttlb_context_put(&mm->tlb);\n",
                                             "\twake_up_all(&done_wq);\n"),
                    ("zap_range(mm, va, end);\n", "cond_resched();\n"))
        self.change("kernel/vm/oom_score.c",
                    ("\treturn points + adj * (s64)nr_total_pages / OOM_SCORE_PER_MILL;\n",
                     "\treturn nr_total_pages ? points : 0;\n"))
        self.loses({"killer": ["spaces-freed"], "reaper": ["reap-tables"],
                    "choice": ["score-first", "first-first"]})


class Reclaim(Mutants):
    LAB = "reclaim"

    def test_kswapd_sleeps_and_caches_stay(self):
        self.change("kernel/vm/reclaim.c", ("\tkswapd_wake();\n\tkswapd_throttle(gfp);\n", ""),
                    ("\tpage_low_hook = kswapd_wake;\n", ""))
        self.change("kernel/vm/shrinker.c", ("\tif (priority == 0)\n\t\treturn nr;\n",
                                             "\tif (nr)\n\t\treturn 0;\n"))
        self.loses({"large": ["kswapd-steals"], "caches": ["shrinkers"]})


if __name__ == "__main__":
    unittest.main()
