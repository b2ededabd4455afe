"""Lab cow: copy-on-write fork."""

from grading.harness.lab import Check, Lab, MachineSpec, Test
from grading.harness.want import AtMost, Equal, Fact, Status, Word

PAGES = 8

LAB = Lab(
    name="cow",
    title="Copy-on-write: fork shares, a store divides",
    files=("kernel/vm/fork.c", "kernel/vm/fault.c", "kernel/vm/anon.c", "kernel/vm/zap.c"),
    tests=[
        Test(
            id="share", case="cow.share",
            text="fork shares pages; the first store gives the writer a page of its own.",
            checks=[
                Check("fork-shares", 3, "After fork parent and child map the same frames, "
                      "read-only.", probe="shares_frames", at="forked", args={"nr": PAGES},
                      hint="mm_fork() copies entries, and takes W away in both address spaces."),
                Check("fork-counts", 2, "Each shared frame's struct page counts both mappers.",
                      probe="counts_mappers", at="forked", args={"nr": PAGES},
                      hint="One page_get() and one more in mapcount for each entry copied."),
                Check("text-shared", 1, "Parent and child execute the same frame of the program.",
                      probe="text_shared", at="forked"),
                Check("child-sees", 1, "The child reads in all pages what the parent wrote before "
                      "fork.", fact="child_sees", want=Equal(8)),
                Check("write-splits", 3, "The child's store gives it a frame of its own for that "
                      "page; all others stay shared.", probe="split_page", at="split",
                      args={"nr": PAGES},
                      hint="fault_cow(): look, prepare, lock, look again."),
                Check("write-bytes", 2, "In the machine's memory, the parent's frame keeps the old "
                      "word and the child's has the new one.", probe="split_bytes", at="split"),
                Check("child-page", 1, "The child reads back what it wrote.", fact="child_page0",
                      want=Word(100)),
                Check("one-fault", 1, "One store to a shared page is one fault.",
                      fact="write_faults", want=Equal(1),
                      hint="After the copy the entry must be writable, or the store faults again."),
                Check("parent-keeps", 2, "The parent's pages are as they were.",
                      fact="parent_keeps", want=Equal(8)),
                Check("frame-noted", 1, "When the child has gone, the parent still has its page.",
                      probe="notes_frame", at="alone"),
                Check("last-reuses", 2, "The last owner's store takes the page as it is, without a "
                      "copy.", probe="reused_frame", at="rewritten",
                      hint="cow_reuse_locked(): when nobody else has the page, its entry gets W, and D."),
                Check("parent-page", 1, "The parent's own store after that is what it reads.",
                      fact="parent_page1", want=Word(101)),
            ]),
        Test(
            id="many", case="cow.many",
            text="Forks of much memory cost little and leave nothing behind.",
            checks=[
                Check("no-copy-at-fork", 2, "fork of 16 MiB needs less than 1 MiB of new pages.",
                      fact="anon_kb_forked", want=Fact("anon_kb", 0, 1024)),
                Check("writers-right", 1, "Twenty children, one after the other, each see only "
                      "their own stores.", fact="writers_right", want=Equal(20)),
                Check("original-kept", 1, "The parent's page is untouched by all of them.",
                      fact="original", want=Word(0)),
                Check("none-counted", 1, "When the children are gone, their pages are counted no "
                      "more.", fact="anon_left", want=AtMost(4)),
                Check("nothing-left", 5, "When parents and children are gone, so are the frames of "
                      "their pages, the originals and the copies.", fact="frames_lost",
                      want=AtMost(64), hint="A page_get() without its page_put() shows here."),
            ]),
        Test(
            id="chain", case="cow.chain", machine=MachineSpec(smp=4),
            text="Copies of copies: eight generations at once, on four harts.",
            checks=[
                Check("generations", 2, "In a chain of forks every generation sees its own store and "
                      "no other's.", fact="chain_wrong", want=Equal(0),
                      hint="fork takes W away in both page tables, and the hart must not go on with the "
                      "entries of before (a missing TLB flush): else two generations store to one page, of "
                      "their stacks, too, and nothing that they tell makes sense."),
            ]),
        Test(
            id="threads", case="cow.threads", machine=MachineSpec(smp=2),
            text="Two threads of a process, on a hart each, and fork: both have what the page table says.",
            checks=[
                Check("store-seen", 4, "What a thread stores after fork, the other threads of its process "
                      "load from then on, on whatever hart.", fact="stale_loads", want=Equal(0),
                      hint="A missing TLB flush after the copy: other harts may still know the entry of the "
                      "page that was shared, and read that."),
                Check("fork-for-all", 3, "A page that another thread wrote before fork, and writes after it, "
                      "is the child's as it was.", fact="threads_child_keeps", want=Equal(PAGES),
                      hint="A missing TLB flush after fork: other harts may still know the entries of the "
                      "parent with W, and store to what is the child's, too."),
            ]),
        Test(
            id="kernel-writes", case="cow.kernel_writes",
            text="The kernel's own stores into user memory divide pages, too.",
            checks=[
                Check("read-splits", 2, "read(2) into a shared page gives the reader its own page.",
                      fact="read_into", want=Word(100),
                      hint="copy_to_user() must break the sharing as a store does; and the hart must not "
                      "go on with the entry of the page that was shared."),
                Check("read-parent-kept", 2, "read(2) into the child's page leaves the parent's as it was.",
                      fact="read_parent", want=Word(0)),
                Check("readonly-dies", 1, "A store to a page that mprotect made read-only is "
                      "SIGSEGV, and no copy.", fact="readonly_status", want=Status(signal=11)),
                Check("readonly-kept", 1, "That page is untouched.", fact="readonly_kept",
                      want=Word(1)),
            ]),
    ])
