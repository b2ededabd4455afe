"""Lab swap: areas, slots, pages out and in."""

from grading.harness.lab import Check, Lab, MachineSpec, Test
from grading.harness.replace import PHASES
from grading.harness.want import (AnyPolicy, AtLeast, AtMost, Between, Equal, Number, Replacement,
                                  Status)

OUT_PAGES = 9216       # 36 MiB, with 32 MiB of RAM
OUT_PAGES_MIN = 1024   # so these do not fit, and nor does the kernel
REFS_PAGES = 12288     # 48 MiB
REFS_OUT_BYTES = 16 << 20  # as many at least, of a machine of 32 MiB
HOT_PAGES = 256
REFS = 32000
REFS_READ_MIN = 4096   # half of them go anywhere, and a third of the pages is out: 5333
PHASES_READ_MIN = 400  # OPT has 580 faults, 90 of which come first to a page
READ_ALONG = 0.1       # neighbours in swap that were read, too, and not used

LAB = Lab(
    name="swap",
    title="Swap: memory on a disk",
    files=("kernel/vm/swap_area.c", "kernel/vm/swap_slots.c", "kernel/vm/swap_cache.c",
           "kernel/vm/swap_io.c", "kernel/vm/swap_in.c", "kernel/vm/swapoff.c",
           "kernel/vm/fault_swap.c"),
    tests=[
        Test(
            id="areas", case="swap.areas", machine=MachineSpec(swap=("24M", "32M", "48M")),
            text="Swap areas come and go.",
            checks=[
                Check("no-header", 1, "swapon of a disk without a swap header is EINVAL.",
                      fact="no_header", want=Equal(22)),
                Check("mkswap", 1, "mkswap writes the header.", fact="mkswap", want=Status(0)),
                Check("header-on-disk", 1, "Linux's magic word is where Linux looks for it, at the "
                      "end of the disk's first page.", probe="swap_header", at="made"),
                Check("swapon", 1, "swapon takes it then.", fact="swapon", want=Equal(0)),
                Check("swap-total", 1, "SwapTotal grows by the disk, less its header.",
                      fact="total_kb", want=Number("swap_kb", below=0.01)),
                Check("swap-free", 1, "All of it is free at first.", fact="free_kb",
                      want=Number("swap_kb", below=0.01)),
                Check("proc-swaps", 1, "/proc/swaps lists it.", fact="listed_kb",
                      want=Number("swap_kb", below=0.01)),
                Check("swapon-twice", 1, "A second swapon of it is EBUSY.", fact="twice",
                      want=Equal(16)),
                Check("swapon-missing", 1, "swapon of what is not there is ENOENT.",
                      fact="missing", want=Equal(2)),
                Check("swapon-directory", 1, "swapon of a directory is EISDIR.", fact="directory",
                      want=Equal(21)),
                Check("swapon-pointer", 1, "swapon with a bad pointer is EFAULT.",
                      fact="bad_pointer", want=Equal(14)),
                Check("swapoff", 1, "swapoff gives it back.", fact="swapoff", want=Equal(0)),
                Check("total-after", 1, "SwapTotal is 0 again.", fact="total_after", want=AtMost(0)),
                Check("swapoff-twice", 1, "swapoff of what is not in use is EINVAL.",
                      fact="off_twice", want=Equal(22)),
                Check("swapon-again", 1, "It can be taken again.", fact="again", want=Equal(0)),
            ]),
            Test(
            id="out", case="swap.out", machine=MachineSpec(mem="32M", swap="48M"), limit=120,
            text="More memory than there is RAM: pages go to the disk and come back.",
            checks=[
                Check("pages-in-slots", 2, "Each page that is out has a slot of its own, which its "
                      "page-table entry names.", probe="slots_differ", at="filled",
                      args={"nr": OUT_PAGES, "at_least": OUT_PAGES_MIN},
                      hint="A slot is taken from the time on that it is given out, whoever asks next."),
                Check("slots-hold-pages", 3, "On the disk, in that slot, are the page's bytes.",
                      probe="slots_hold_pages", at="filled",
                      args={"nr": OUT_PAGES, "at_least": OUT_PAGES_MIN // 2},
                      hint="A page may leave memory only when its write has ended, and ended well."),
                Check("disk-written", 1, "So much was written to the disk as does not fit into RAM, "
                      "as QEMU counts it.", probe="disk_written", at="filled",
                      args={"at_least": OUT_PAGES_MIN // 2 * 4096}),
                Check("pswpout", 1, "/proc/vmstat counts the pages written.", fact="written_out",
                      want=AtLeast(OUT_PAGES_MIN // 2)),
                Check("vm-swap", 1, "The process's VmSwap says how much of it is out.",
                      fact="swapped_kb", want=AtLeast(OUT_PAGES_MIN * 4)),
                Check("come-back", 3, "All pages come back whole when they are read.",
                      fact="out_right", want=Equal(OUT_PAGES)),
                Check("pswpin", 1, "/proc/vmstat counts the pages read.", fact="read_in",
                      want=AtLeast(OUT_PAGES_MIN // 2)),
                Check("swap-majors", 1, "A page that has to be read is a major fault, and with "
                      "read-ahead not each.", fact="majors",
                      want=Between(OUT_PAGES_MIN // 64, OUT_PAGES)),
                Check("child-reads", 2, "A child of fork reads its parent's pages, wherever they are.",
                      fact="out_child", want=Status(0),
                      hint="fork copies the entry of a page that is out, and counts one more user of "
                      "its slot."),
                Check("written-again", 2, "Pages that came back, were changed and went out again "
                      "hold what was written last.", fact="out_again", want=Equal(OUT_PAGES // 2),
                      hint="A page that a store made dirty differs from its slot."),
                Check("slots-return", 2, "munmap gives the slots of its pages back.",
                      fact="used_after_unmap_kb", want=AtMost(6144)),
                Check("swapoff-brings-back", 1, "swapoff of a disk in use brings all pages back.",
                      fact="out_swapoff", want=Equal(0)),
                Check("after-swapoff", 1, "After swapoff all pages of the area are whole.",
                      fact="out_last", want=Equal(1024)),
                Check("no-kill", 1, "Nobody was killed: there was room on the disk.",
                      fact="out_kills", want=Equal(0)),
            ]),
        Test(
            id="replacement", case="swap.replacement", machine=MachineSpec(mem="64M", swap="32M"),
            text="Which page goes out, in a memory of 32 frames that nothing else disturbs.",
            checks=[
                Check("phases-right", 1, "6000 references to 90 pages, 30 of them at a time, all read what "
                      "was written there.", fact="phases_wrong", want=Equal(0)),
                Check("phases-faults", 3, "They cost no fewer faults than is possible, and no more than 2 % "
                      "above what FIFO, CLOCK, ageing and LRU cost: who goes is not left to chance.",
                      fact="phases_faults", want=AnyPolicy(PHASES),
                      hint="What was not used for longest, or came first, is at the old end of a list: is "
                      "the victim taken from there?"),
                Check("phases-begin", 1, "The program is at the beginning of its references.",
                      probe="notes_reads", at="phases_begins"),
                Check("phases-reads", 2, "A fault reads its page from the disk, and not twice, as QEMU counts.",
                      probe="reads_needed", at="phases_ends",
                      args={"fact": "phases_faults", "string": PHASES, "least": PHASES_READ_MIN,
                            "slack": READ_ALONG}),
            ]),
        Test(
            id="references", case="swap.references", machine=MachineSpec(mem="32M", swap="64M"),
            limit=120, text="Which pages are out is judged by the faults that it costs.",
            checks=[
                Check("refs-right", 1, "32000 references to 48 MiB of memory all read what was "
                      "written there.", fact="refs_wrong", want=Equal(0)),
                Check("refs-begin", 1, "All pages were written, and more than fit are out.",
                      probe="notes_reads", at="filled", args={"written": REFS_OUT_BYTES}),
                Check("refs-memory", 1, "At the end the program has three quarters of all memory: nobody "
                      "else needs it.", probe="counts_frames", at="used",
                      args={"nr": REFS_PAGES, "share": 0.75}),
                Check("refs-faults", 3, "They cost as many faults as the simulation of FIFO, CLOCK, ageing "
                      "or LRU has with that memory, or 5 % more, and no fewer than chance allows.",
                      fact="refs_faults", want=Replacement(100000, REFS, HOT_PAGES, REFS_PAGES),
                      hint="Is a page that is used again and again kept?"),
                Check("refs-reads", 2, "QEMU counts as many pages read from the disk as there were faults, "
                      "or hardly more.", probe="reads_needed", at="used",
                      args={"fact": "refs_faults", "slack": READ_ALONG, "least": REFS_READ_MIN}),
                Check("refs-no-kill", 1, "Nobody was killed for it.", fact="refs_kills",
                      want=Equal(0)),
            ]),
    ])
