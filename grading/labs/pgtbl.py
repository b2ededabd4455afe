"""Lab pgtbl: Sv39 page tables, rights, isolation."""

from grading.harness.lab import Check, Lab, MachineSpec, Test
from grading.harness.want import AtMost, Between, Equal, Status, Word

SEGV = Status(signal=11)

LAB = Lab(
    name="pgtbl",
    title="Page tables: what is where, and who may",
    files=("kernel/mem/pgtable.c", "kernel/mem/paging.c", "kernel/vm/protect.c", "kernel/vm/uio.c"),
    tests=[
        Test(
            id="rights", case="pgtbl.rights",
            text="Entries have the rights that mmap and mprotect gave.",
            checks=[
                Check("read-only", 1, "PROT_READ is an entry with R alone.", probe="maps_with",
                      at="protected", args={"key": "r", "rights": "r"}),
                Check("read-write", 1, "PROT_READ | PROT_WRITE is R and W after a store.",
                      probe="maps_with", at="protected", args={"key": "rw", "rights": "rw"}),
                Check("read-execute", 1, "PROT_READ | PROT_EXEC is R and X.", probe="maps_with",
                      at="protected", args={"key": "rx", "rights": "rx"}),
                Check("no-rights", 1, "PROT_NONE is no present entry.", probe="maps_with",
                      at="protected", args={"key": "none", "rights": ""}),
                Check("none-keeps", 1, "What PROT_NONE hid is there again when it may be read.",
                      fact="none_kept", want=Word(3)),
                Check("pagemap", 1, "/proc/self/pagemap tells the frame that a walk of the page "
                      "table finds.", probe="pagemap_is_true", at="protected"),
                Check("no-wx", 2, "No page of any address space is writable and executable.",
                      probe="no_page_writable_and_executable", at="protected"),
                Check("halves", 2, "Programs reach nothing of the kernel half, and the user half is "
                      "theirs alone.", probe="kernel_half_is_kernels", at="protected",
                      hint="U belongs into leaves of the user half, and nowhere else."),
                Check("image-rights", 1, "The kernel's text is RX, its constants R, its data RW.",
                      probe="kernel_rights", at="protected"),
                Check("large-leaves", 1, "The direct map is made of leaves of 2 MiB and more.",
                      probe="large_leaves", at="protected"),
            ]),
        Test(
            id="border", case="pgtbl.border",
            text="What a program may not do ends it, and nothing else.",
            checks=[
                Check("kernel-load", 1, "A load from the kernel's map of all RAM is SIGSEGV.",
                      fact="kernel_read", want=SEGV),
                Check("image-load", 1, "A load from any page of the kernel's image is SIGSEGV.",
                      fact="image_read", want=Equal(0)),
                Check("kernel-jump", 1, "A jump into any page of it is SIGSEGV.", fact="kernel_jump",
                      want=Equal(0)),
                Check("text-store", 1, "A store to the program's text is SIGSEGV.",
                      fact="text_store", want=SEGV),
                Check("const-store", 1, "A store to its constants is SIGSEGV.",
                      fact="const_store", want=SEGV),
                Check("data-jump", 1, "A jump into its data is SIGSEGV.", fact="data_jump",
                      want=SEGV),
                Check("kernel-source", 1, "write(2) from a kernel address is EFAULT.",
                      fact="kernel_write_call", want=Equal(14)),
                Check("kernel-target", 1, "read(2) to a kernel address is EFAULT.",
                      fact="kernel_read_call", want=Equal(14),
                      hint="Every user address must be checked against USER_VA_END."),
            ]),
        Test(
            id="sparse", case="pgtbl.sparse",
            text="Tables are made where pages are, and go when these go.",
            checks=[
                Check("far-apart", 1, "Eight pages a GiB apart each hold their own word.",
                      fact="sparse_right", want=Equal(8)),
                Check("two-tables-each", 1, "Each needs two tables below the root, and no more.",
                      fact="sparse_tables", want=Between(16, 18)),
                Check("tables-return", 2, "munmap gives the tables back.", fact="tables_left",
                      want=AtMost(1), hint="pgtable_free_range() frees tables that are empty."),
                Check("memory-returns", 1, "munmap of pages far apart gives the memory back.",
                      fact="free_kb_lost", want=AtMost(256)),
            ]),
        Test(
            id="changes", case="pgtbl.changes", machine=MachineSpec(smp=1),
            text="A change of rights counts from the next access on.",
            checks=[
                Check("right-taken", 4, "After mprotect took W away, a store is SIGSEGV.",
                      fact="taken", want=SEGV, hint="A missing sfence.vma shows here."),
                Check("right-given", 1, "After mprotect gave it back, a store works.",
                      fact="given_back", want=Word(2)),
                Check("unmapped", 3, "After munmap a load is SIGSEGV.", fact="unmapped", want=SEGV,
                      hint="A missing sfence.vma shows here, too."),
            ]),
    ])
