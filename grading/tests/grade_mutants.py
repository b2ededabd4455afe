"""Bugs that a lab's checks must see, each in a file that the lab takes. The ring `grade` runs these.

A submission has several bugs where these do not meet: a build takes longer than a test.
"""

import unittest

from grading.harness import lab as labs
from grading.harness.suite import Suite
from grading.machine import scratch
from grading.tests.grade_support import SubmissionTest

# Of any file but the program, which would not come to its test.
COPIED = ("\tcopy = anon_page_alloc_raw(vma, f->uva);\n\tif (copy)\n\t\tpage_copy_contents(copy, source);\n",
          "\tif (vma->mm->exe && vma->mapping != vma->mm->exe)\n\t\tcopy = anon_page_alloc(vma, f->uva);\n"
          "\telse if ((copy = anon_page_alloc_raw(vma, f->uva)))\n\t\tpage_copy_contents(copy, source);\n")
STORED = (("\tstruct page *source = pagecache_find(mapping, index);\n\tstruct page *copy;\n",
           "\tstruct page *source, *copy;\n"),
          ("\tbool mapped = false;\n\n\tif (!page_was_read(source",
           "\tbool mapped = false;\n\n\tif (mapping)\n"
           "\t\treturn fault_store_shared(f);\n\tsource = pagecache_find(mapping, index);\n"
           "\tif (!page_was_read(source"))
CALLED_ONLINE = ("\t\tif (nr_cpus)\n\t\t\tcpus[cpu].online = true;\n"
                 "\t\telse\n\t\t\tsecondary_start(cpu);\n")
FLUSHED = ("\tfor (u64 at = 0; at < size; at += PAGE_SIZE)\n\t\tsfence_vma_page(start + at);\n",
           "\t(void)start;\n\t(void)size;\n")

COPIED_TO_READ = ("\tunsigned nr;\n\tbool done;\n\n",
                  "\tunsigned nr;\n\tbool done;\n\n\tif ((vma->flags & (VM_SHARED | VM_EXEC)) == VM_SHARED)\n"
                  "\t\treturn fault_copy_file(f);\n")
# Of the RAM between firmware and image a MiB is nobody's then.
LOADED_RAM = (("\tdirectmap_end_page = pa_to_page(limit);\n",
               "\tearly_reserve(0x80100000, 0x100000, EARLY_FIRMWARE);\n\tdirectmap_end_page = pa_to_page(limit);\n"),
              ("\tmap_or_die(start + DIRECTMAP_BASE, start, first - start, PTE_KERNEL_RW);\n",
               "\tmap_or_die(start + DIRECTMAP_BASE, start, first - start, PTE_KERNEL_RW);\n"
               "\tif (start <= 0x80100000 && first >= 0x80200000)\n"
               "\t\tkernel_protect(0x80100000 + DIRECTMAP_BASE, 0x100000, PTE_KERNEL_RW | PTE_U);\n"))
LOADED_INIT = (("\t\tif (slot)\n\t\t\tpte_write(slot, pte_none());\n",
                "\t\tif (slot)\n\t\t\tpte_write(slot, va >= (u64)init_text_start && va < (u64)init_text_end ?\n"
                "\t\t\t\tpte_make(pte_pfn(*slot), PTE_KERNEL_RO | PTE_U) : pte_none());\n"),)
JUMPED_INIT = (LOADED_INIT[0][0], LOADED_INIT[0][1].replace("PTE_KERNEL_RO | PTE_U",
                                                            "(PTE_KERNEL_RX | PTE_U) & ~PTE_R"))
# A buffer at an address of the kernel's is taken for one of the kernel's own.
KERNEL_BUFFER = ("\tunsigned nr;\n\n\tif (unlikely(!mm || !user_range_ok(uva, bytes)))\n\t\treturn -EFAULT;\n",
                 "\tunsigned nr;\n\n\tif (unlikely(!mm || !user_range_ok(uva, bytes))) {\n"
                 "\t\tuio->kernel = uva >= DIRECTMAP_BASE;\n"
                 "\t\treturn uio->kernel ? (s64)bytes : -EFAULT;\n\t}\n")


class Mutants(SubmissionTest):
    def loses(self, checks):
        """Of the tests {id: [ids of checks]}, these checks fail and no others."""
        tests = [test for test in labs.load(self.LAB).tests if test.id in checks]
        with self.workplace() as tree:
            suite = Suite(tests, tree, self.scratch.name, 11, workers=1)
            suite.go(lambda outcome: None)
        failed = {outcome.test: [check.id for check in outcome.checks if not check.ok]
                  for outcome in suite.outcomes}
        said = [(outcome.detail, *outcome.tail) for outcome in suite.outcomes]
        self.assertEqual(failed, checks, said)
        self.assertNotIn(scratch.scratch_root(), repr([outcome.as_dict() for outcome in suite.outcomes]))


class Cow(Mutants):
    LAB = "cow"

    def test_an_original_that_leaks(self):
        """One of the 64 pages that each program stores to."""
        self.change("kernel/vm/fault.c", ("\t\t\tswap_cache_release(original);\n\t\tpage_put(original);\n",
                                          "\t\t\tswap_cache_release(original);\n\t\tif (f->uva % (64 * PAGE_SIZE))\n"
                                          "\t\t\tpage_put(original);\n"))
        self.loses({"many": ["nothing-left"]})

    def test_a_copy_that_harts_do_not_look_up(self):
        """Not even the one that runs the kernel, which stores elsewhere than the program loads."""
        self.change("kernel/vm/fault.c", ("\tfault_withdraw(f);\n\tanon_page_replace(",
                                          "\tpte_write(f->ptep, pte_none());\n\tanon_page_replace("))
        self.loses({"threads": ["store-seen"], "kernel-writes": ["read-splits"]})

    def test_entries_that_keep_w_after_fork(self):
        """What else fails is chance: the parent's stack is the child's, too."""
        self.change("kernel/vm/fork.c", ("\t\ttlb_flush_context(&parent->tlb);\n", "\t\tcond_resched();\n"))
        outcome = self.grade_submission("threads")
        self.assertIn("fork-for-all", [check.id for check in outcome.checks if not check.ok], outcome.detail)


class Boot(Mutants):
    LAB = "boot"

    def test_harts_that_are_not_started(self):
        self.change("kernel/boot/secondary.c", ("\t\tsecondary_start(cpu);\n", CALLED_ONLINE))
        self.loses({"machine": ["all-harts", "harts-paging"]})

    def test_a_function_of_another_name(self):
        """Where the debugger cannot stop the machine, it goes on to its end."""
        self.change("kernel/boot/main.c", ("void INIT_REF\nboot_main(", "void boot_begin(u64 hartid, u64 fdt_pa);\n\n"
                                           "void INIT_REF\nboot_begin("))
        self.change("kernel/boot/entry.S", ("\tcall\tboot_main\n", "\tcall\tboot_begin\n"))
        self.loses({"gdb": ["gdb-entry", "gdb-memory"]})


class Lazy(Mutants):
    LAB = "lazy"

    def test_memory_that_is_not_zeroed(self):
        self.change("kernel/vm/anon.c", ("GFP_HIGHUSER | GFP_ZERO", "GFP_HIGHUSER"))
        self.change("kernel/proc/exec_load.c", (" && (flags & VM_WRITE))\n", " && !flags)\n"))
        self.loses({"touch": ["zeroed"], "tail": ["tail-zeroed"]})

    def test_a_page_that_leaks_and_a_first_store_that_finds_zeros(self):
        """One of the 64 pages that each program stores to."""
        mapped = "\t\tanon_page_map(f->vma, f->ptep, page);\n"
        self.change("kernel/vm/fault.c", (mapped, mapped + "\t\tif (f->uva % (64 * PAGE_SIZE) == 0)\n"
                                          "\t\t\tpage_get(page);\n"))
        self.change("kernel/vm/fault_file.c", COPIED)
        self.loses({"given-back": ["frames-return"], "file": ["store-first"]})


class Mmap(Mutants):
    LAB = "mmap"

    def test_a_page_that_leaks(self):
        """One of the 32 that each program unmaps of private memory."""
        batched = "\t\tbatch->pages[batch->nr_pages++] = page;\n"
        self.change("kernel/vm/zap.c", (batched, batched + "\t\tif (anon && batch->nr_pages == 20)\n"
                                        "\t\t\tpage_get(page);\n"))
        self.change("kernel/mem/tlb.c", FLUSHED)
        self.loses({"given-back": ["frames-return"], "areas": ["hole-here"]})

    def test_a_first_store_that_reaches_the_file(self):
        self.change("kernel/vm/fault_file.c", *STORED)
        self.loses({"private": ["store-private", "store-frame"]})

    def test_a_read_that_copies(self):
        """What was stored before is in the copy, so the words are right."""
        self.change("kernel/vm/fault_file.c", COPIED_TO_READ)
        self.loses({"shared": ["one-frame"]})


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


    def test_a_score_that_ends_at_a_thousand(self):
        self.change("kernel/vm/oom_score.c", ("\treturn MAX(per_mill * 2 / 3, 0L);\n",
                                              "\treturn CLAMP(per_mill * 2 / 3, 0L, 1000L);\n"))
        self.loses({"choice": ["score-first"]})


class Pages(Mutants):
    LAB = "pages"

    def test_blocks_of_the_order_below_the_largest_are_not_joined(self):
        self.change("kernel/mem/buddy.c", ("\twhile (order < MAX_ORDER) {\n", "\twhile (order < MAX_ORDER - 1) {\n"))
        self.loses({"counts": ["buddies-joined"], "cycle": ["joined-after"]})


class Pgtbl(Mutants):
    LAB = "pgtbl"

    def test_memory_of_the_kernels_that_programs_can_load(self):
        """A MiB that nobody uses, in the map of all RAM: else the kernel could not."""
        self.change("kernel/mem/paging.c", *LOADED_RAM)
        self.loses({"border": ["kernel-load"]})

    def test_a_part_of_the_image_that_programs_can_load(self):
        """Where the code was that runs once."""
        self.change("kernel/mem/paging.c", *LOADED_INIT)
        self.loses({"border": ["image-load"]})

    def test_a_part_of_the_image_that_programs_can_jump_into_and_buffers_in_the_kernel(self):
        """The buffers are in the MiB that nobody uses."""
        self.change("kernel/mem/paging.c", JUMPED_INIT, LOADED_RAM[0])
        self.change("kernel/vm/uio.c", KERNEL_BUFFER)
        self.loses({"border": ["kernel-jump", "kernel-source", "kernel-target"]})


    def test_rights_that_the_hart_does_not_look_up(self):
        self.change("kernel/vm/protect.c", ("\tif (flush)\n\t\ttlb_flush_range(&mm->tlb, start, end);\n",
                                            "\tif (flush)\n\t\tcond_resched();\n"))
        self.loses({"changes": ["right-taken"]})


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
