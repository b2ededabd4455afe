"""Lab reclaim: lists by age, replacement, write-back under pressure."""

from grading.harness.lab import Check, Lab, MachineSpec, Test
from grading.harness.replace import HOT
from grading.harness.want import AtLeast, AtMost, Between, Equal, Replacement, UsesSeen

PAGES = 14336
LOCKED_PAGES = 64

LAB = Lab(
    name="reclaim",
    title="Reclaim: more files than memory",
    files=("kernel/vm/reclaim.c", "kernel/vm/reclaim_policy.c", "kernel/vm/lru.c", "kernel/vm/shrink.c",
           "kernel/vm/shrinker.c", "kernel/vm/policy_lru.c", "kernel/vm/policy_fifo.c",
           "kernel/vm/policy_clock.c", "kernel/vm/policy_age.c"),
    tests=[
        Test(
            id="large", case="reclaim.large", machine=MachineSpec(mem="32M"),
            text="A file larger than memory is written and read, and nobody notices.",
            checks=[
                Check("file-right", 2, "A file of 56 MiB reads right on a machine of 32 MiB.",
                      fact="file_right", want=Equal(PAGES)),
                Check("file-again", 1, "It reads right a second time.", fact="file_again", want=Equal(PAGES)),
                Check("pages-stolen", 1, "Pages of the cache were taken for others.", fact="stolen",
                      want=AtLeast(1000)),
                Check("kswapd-steals", 1, "kswapd took some of them: not all is left to those who "
                      "wait for a page.",
                      fact="stolen_by_kswapd", want=AtLeast(500),
                      hint="kswapd_wake(): when a zone has less than its low watermark."),
                Check("anon-kept", 1, "Memory of programs is as it was.", fact="anon_right",
                      want=Equal(512)),
                Check("nobody-killed", 1, "Nobody was killed for want of memory: clean pages were "
                      "there to take.", fact="oom_kills", want=Equal(0)),
                Check("memory-used", 1, "Free memory is used for the cache, not kept idle.",
                      fact="cached_pages", want=AtLeast(2000)),
                Check("reserve-kept", 1, "Some pages stay free for those who cannot wait.",
                      fact="free_pages", want=AtLeast(32)),
                Check("mlock", 1, "mlock of 256 KiB works.", fact="mlock", want=Equal(1)),
                Check("locked-noted", 1, "Locked pages are present.", probe="notes_frames",
                      at="locked", args={"nr": LOCKED_PAGES}),
                Check("locked-stay", 2, "After all that, locked pages are in the same frames.",
                      probe="same_frames_as_noted", at="pressed", args={"nr": LOCKED_PAGES},
                      hint="VM_LOCKED areas are not for reclaim."),
                Check("drop-caches", 1, "drop_caches gives up what is clean and not mapped.",
                      fact="cached_after_drop", want=AtMost(600)),
            ]),
        Test(
            id="caches", text="Caches of the kernel's own objects shrink, too, tested inside the kernel.",
            machine=MachineSpec(append="ktest.channel ktest=shrinkers_"),
            checks=[
                Check("shrinkers", 2, "Each cache is asked for as large a part of its objects as reclaim "
                      "looks at of the pages.", ktest="shrinkers_in_proportion", hint="shrinkers_run()"),
            ]),
        Test(
            id="references", case="reclaim.references", machine=MachineSpec(mem="32M"),
            text="Replacement is judged by its faults, whatever its policy.",
            checks=[
                Check("references-right", 1, "16000 references to a mapped file all read what it "
                      "holds.", fact="references_wrong", want=Equal(0)),
                Check("references-memory", 1, "At the end three quarters of all memory hold pages of the "
                      "file: nobody else needs it.", probe="counts_frames", at="used",
                      args={"nr": PAGES, "share": 0.75}),
                Check("references-faults", 3, "They cost as many major faults as the simulation of FIFO, "
                      "CLOCK, ageing or LRU has with that memory, or 5 % more, and no fewer than chance "
                      "allows.", fact="references_majors", want=Replacement(100000, 16000, 256, PAGES),
                      hint="Is a page that is used again and again kept?"),
            ]),
        Test(
            id="accessed", case="reclaim.accessed",
            machine=MachineSpec(mem="64M", swap="32M", append="reclaim=clock"),
            text="CLOCK, in a memory of 40 frames that nothing else disturbs.",
            checks=[
                Check("hot-right", 1, "4000 references to 120 pages, half of them to 12, all read what was "
                      "written there.", fact="hot_wrong", want=Equal(0)),
                Check("hot-faults", 3, "They cost clearly fewer faults than FIFO: the accessed bits of page "
                      "tables tell which pages are used.", fact="hot_faults", want=UsesSeen(HOT),
                      hint="A page whose accessed bit is set has another turn, with the bit cleared; is "
                      "the bit found in every page table that maps the page?"),
            ]),
        Test(
            id="dirty", case="reclaim.dirty", machine=MachineSpec(mem="32M"),
            text="Dirty pages reach the file and the disk.",
            checks=[
                Check("dirty-right", 2, "Stores to a shared mapping half as large as RAM all reach "
                      "the file.", fact="dirty_right", want=Equal(4096)),
                Check("dirty-on-disk", 1, "After fsync they are on the disk.", probe="on_disk",
                      at="flushed", args={"index": 4095}),
                Check("dirty-none-left", 1, "After fsync hardly a page is dirty.",
                      fact="dirty_left", want=Between(0, 64)),
            ]),
    ])
