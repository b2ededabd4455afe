"""Lab mmap: the page cache, private and shared mappings, shootdown."""

from grading.harness.lab import Check, Lab, MachineSpec, Test
from grading.harness.want import AtMost, Equal, Status, Word

LAB = Lab(
    name="mmap",
    title="mmap: files in memory, memory between processes",
    files=("kernel/vm/mmap.c", "kernel/vm/fault_file.c", "kernel/vm/vma.c", "kernel/vm/msync.c",
           "kernel/vm/zap.c", "kernel/mem/tlb.c"),
    tests=[
        Test(
            id="private", case="mmap.private",
            text="Stores to a private mapping stay with the process.",
            checks=[
                Check("private-right", 1, "A private mapping shows the file.",
                      fact="private_right", want=Equal(4)),
                Check("private-mine", 1, "A store to it is what the process reads.",
                      fact="private_mine", want=Word(50)),
                Check("private-file", 2, "The file does not change.", fact="private_file",
                      want=Word(0)),
                Check("private-frame", 1, "The process has a frame of its own for that page.",
                      probe="own_frame", at="copied", args={"index": 50}),
                Check("store-first", 1, "A store to a page of which nothing was read before keeps the "
                      "rest of the page.", fact="store_first_kept", want=Word(1)),
                Check("store-private", 2, "That store does not reach the file.", fact="store_first_file",
                      want=Equal(0), hint="fault_copy_file(): the page cache's page belongs to everybody."),
                Check("store-frame", 1, "It gives the process a frame of its own.", probe="own_frame",
                      at="copied", args={"key": "second", "index": 51, "offset": 8}),
            ]),
        Test(
            id="shared", case="mmap.shared",
            text="Stores to a shared mapping reach everybody, and the disk.",
            checks=[
                Check("shared-child", 1, "A child stores to a shared mapping and ends well.",
                      fact="shared_status", want=Status(0)),
                Check("shared-parent", 2, "Its parent sees the store.", fact="shared_parent",
                      want=Word(60)),
                Check("shared-second", 1, "So does a second mapping of the file.",
                      fact="shared_second", want=Word(60)),
                Check("shared-read", 1, "So does read(2).", fact="shared_read", want=Word(60)),
                Check("one-frame", 2, "Both mappings have the same frame, the page cache's.",
                      probe="same_frame", at="shared"),
                Check("synced", 2, "After msync the store is on the disk.", probe="on_disk",
                      at="synced", args={"index": 60},
                      hint="A store makes the entry dirty; msync must see that and write."),
            ]),
        Test(
            id="anonymous", case="mmap.anonymous",
            text="Shared anonymous memory survives fork as one.",
            checks=[
                Check("anon-shared", 2, "Parent and child map one frame, both writable or about to "
                      "be.", probe="same_frame_of_two", at="anon"),
                Check("anon-parent", 1, "The parent sees what the child stored.",
                      fact="anon_parent", want=Word(70)),
            ]),
        Test(
            id="given-back", case="mmap.given_back",
            text="What was mapped is given back.",
            checks=[
                Check("frames-return", 2, "A hundred programs map a file and memory, private and shared, "
                      "unmap half of it, and end: all their frames are free.", fact="frames_lost",
                      want=AtMost(32), hint="A page_get() without its page_put() shows here."),
            ]),
        Test(
            id="areas", case="mmap.areas",
            text="Areas are cut, replaced and checked.",
            checks=[
                Check("hole", 1, "A page unmapped from the middle of an area is gone.",
                      fact="hole_status", want=Status(signal=11)),
                Check("hole-here", 1, "The very program that unmapped a page cannot use it any more.",
                      fact="hole_here", want=Status(signal=11),
                      hint="Its hart has the page in the TLB: a missing sfence.vma shows here."),
                Check("around-hole", 1, "Those around it stay.", fact="around_hole", want=Equal(4)),
                Check("fixed", 1, "MAP_FIXED puts a new, empty page there.", fact="fixed",
                      want=Equal(1)),
                Check("odd-address", 1, "munmap of an address that is not a page's is EINVAL.",
                      fact="odd_length", want=Equal(22)),
                Check("truncated", 1, "A load behind the end of a file that was truncated is SIGBUS.",
                      fact="truncated", want=Status(signal=7)),
            ]),
        Test(
            id="shootdown", case="mmap.shootdown", machine=MachineSpec(smp=4),
            text="What one hart unmaps, no other hart can use any more.",
            checks=[
                Check("watched", 1, "A process with the same address space reads a page, on a hart of "
                      "its own.", fact="watched", want=Equal(1)),
                Check("shot", 2, "When the page is unmapped here, the load there is SIGSEGV.",
                      fact="shot_status", want=Status(signal=11),
                      hint="Every hart that runs the address space must flush its TLB."),
            ]),
    ])
