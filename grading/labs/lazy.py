"""Lab lazy: demand-zero memory, demand loading, accounting of faults."""

from grading.harness.lab import Check, Lab, MachineSpec, Test
from grading.harness.want import AtMost, Between, Equal, Status, Word

PAGES = 64
TABLE_PAGES = 64

LAB = Lab(
    name="lazy",
    title="Lazy memory: nothing before it is touched",
    files=("kernel/vm/fault.c", "kernel/vm/fault_file.c", "kernel/vm/anon.c",
           "kernel/proc/exec_load.c", "kernel/vm/usercopy.c"),
    tests=[
        Test(
            id="touch", case="lazy.touch",
            text="A page of an anonymous area comes when it is touched.",
            checks=[
                Check("absent-first", 2, "Right after mmap, no page of the area is present.",
                      probe="absent", at="mapped", args={"nr": PAGES}),
                Check("read-zero-page", 2, "A page that was only read is the one shared page of "
                      "zeros, read-only.", probe="zero_page", at="read"),
                Check("write-own-page", 2, "A page that was written is a frame that holds what was "
                      "written, and writable.", probe="holds_word", at="written",
                      args={"index": 5, "page": 5}),
                Check("others-absent", 1, "Its neighbours have still not come (but the one that was "
                      "read).", probe="absent", at="written",
                      args={"nr": PAGES, "except_page": 5, "at_most": 1}),
                Check("zeroed", 2, "A new page holds zeros everywhere else.", fact="nonzero",
                      want=Equal(0), hint="GFP_ZERO: what was in the frame is somebody else's."),
                Check("fault-each", 1, "Touching 32 new pages is 32 minor faults.", fact="faults",
                      want=Between(32, 34)),
                Check("no-major", 1, "Anonymous memory that was never swapped costs no major fault "
                      "beyond those of the program's start.", fact="majors", want=AtMost(8)),
            ]),
        Test(
            id="given-back", case="lazy.given_back",
            text="What came when it was touched goes when its area goes.",
            checks=[
                Check("frames-return", 2, "A hundred programs that take 64 pages each, and end, leave all "
                      "of them free.", fact="frames_lost", want=AtMost(64),
                      hint="A page_get() without its page_put() shows here."),
            ]),
        Test(
            id="huge", case="lazy.huge",
            text="An area larger than memory costs what is used of it.",
            checks=[
                Check("huge-area", 1, "A program may map 1 GiB on a machine of 128 MiB.",
                      fact="huge_mapped", want=Equal(1)),
                Check("huge-is-free", 1, "Mapping it makes nothing resident.",
                      fact="huge_rss_kb", want=AtMost(8)),
                Check("huge-last", 1, "Its last page holds what is written to it.",
                      fact="huge_last", want=Word(0)),
                Check("huge-two-pages", 1, "Two pages touched are two pages resident.",
                      fact="huge_touched_kb", want=Between(8, 16)),
                Check("huge-tables", 1, "Page tables, too, are made for what is touched alone.",
                      fact="huge_tables_kb", want=AtMost(24)),
            ]),
        Test(
            id="program", case="lazy.program",
            text="exec maps a program, it does not load it.",
            checks=[
                Check("program-absent", 2, "Constants of the program that nothing used are not "
                      "mapped when main begins (but for pages around others).",
                      probe="absent", at="started", args={"nr": TABLE_PAGES, "at_most": 20}),
                Check("program-loaded", 1, "When they are used, they have their values.",
                      fact="constant", want=Equal(7)),
            ]),
        Test(
            id="tail", case="lazy.tail",
            text="Memory behind the file's part of a segment is zeros.",
            checks=[
                Check("tail-zeroed", 2, "A program finds its data, and zeros behind them up to the end of "
                      "the page, whatever its file has there.", fact="tail_status", want=Status(0),
                      hint="Of the last page, bytes from p_filesz on are cleared."),
            ]),
        Test(
            id="limits", case="lazy.limits", machine=MachineSpec(smp=1),
            text="Only what is mapped comes lazily; all else is a signal.",
            checks=[
                Check("stack-grows", 1, "The stack grows by faults below it.", fact="stack_status",
                      want=Status(0)),
                Check("far-below", 1, "A store far below the stack is SIGSEGV.",
                      fact="below_status", want=Status(signal=11)),
                Check("beyond-area", 1, "A store behind the end of an area is SIGSEGV.",
                      fact="beyond_status", want=Status(signal=11)),
                Check("null-pointer", 1, "A load near address 0 is SIGSEGV.", fact="null_status",
                      want=Status(signal=11)),
            ]),
        Test(
            id="syscalls", case="lazy.syscalls",
            text="System calls meet pages that have not come yet.",
            checks=[
                Check("read-into-fresh", 2, "read(2) into a page that was never touched works.",
                      fact="read_fresh", want=Word(9),
                      hint="usercopy must fault the page in as a store would."),
                Check("write-from-fresh", 1, "write(2) from a page that was never touched writes "
                      "zeros.", fact="write_fresh", want=Equal(0)),
                Check("efault", 1, "A call with an address that is not mapped returns EFAULT.",
                      fact="efault", want=Equal(14)),
            ]),
        Test(
            id="file", case="lazy.file",
            text="Pages of a file come from the disk at the first touch, from memory later.",
            checks=[
                Check("file-right", 1, "A mapped file shows its contents.", fact="file_right",
                      want=Equal(16)),
                Check("file-majors", 1, "Reading it from the disk is a major fault, and with "
                      "read-ahead not one for each page.", fact="file_majors", want=Between(1, 8)),
                Check("store-first", 1, "A store to a private mapping, before anything was read there, "
                      "keeps the rest of the page.", fact="file_store_kept", want=Word(0)),
                Check("store-private", 2, "That store does not reach the file.", fact="file_store_file",
                      want=Equal(0), hint="The page cache's page belongs to everybody."),
                Check("file-again", 1, "A second mapping shows the same.", fact="file_again",
                      want=Equal(16)),
                Check("file-cached", 1, "That second mapping costs no major fault: the file is in the page "
                      "cache.",
                      fact="file_majors_again", want=Equal(0)),
            ]),
    ])
