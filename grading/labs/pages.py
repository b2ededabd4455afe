"""Lab pages: zones, buddy, watermarks."""

from grading.harness.lab import Check, Lab, MachineSpec, Test
from grading.harness.want import AtMost, Between, Word


def inside(name, points, text, hint=""):
    """A check by a test inside the kernel."""
    return Check(name.replace("_", "-"), points, text, ktest=name, hint=hint)


TESTS = ("page_alloc_", "pages_exact", "pcp_drain", "percpu_pages_take", "zone_", "frames_add",
         "frames_agree", "frames_within", "kmap_windows")

LAB = Lab(
    name="pages",
    title="Pages: zones, the buddy allocator, watermarks",
    files=("kernel/mem/buddy.c", "kernel/mem/pcp.c", "kernel/mem/zone.c", "kernel/mem/watermark.c",
           "kernel/mem/page_alloc.c"),
    tests=[
        Test(
            id="inside", text="The allocator's own rules, tested inside the kernel.",
            machine=MachineSpec(smp=4, append="ktest.channel ktest=" + ",".join(TESTS)),
            checks=[
                inside("page_alloc_is_aligned_and_owned", 2, "A block of order n is aligned to its "
                       "size and has one owner."),
                inside("page_alloc_gives_back_all", 2, "What is freed is free again, all of it."),
                inside("page_alloc_zeroes", 1, "GFP_ZERO gives zeros."),
                inside("pages_exact_and_contiguous", 1, "Exact sizes and contiguous ranges come as "
                       "asked for."),
                inside("pcp_drain_all_empties_every_hart", 1, "Every hart's list can be emptied."),
                inside("percpu_pages_take_no_shared_lock", 1, "Single pages come and go without the zone's "
                       "lock, mostly."),
                inside("zone_lists_have_memory_and_watermarks", 1, "Every zone list has memory, and "
                       "watermarks in order."),
                inside("zone_min_free_kbytes_moves_the_watermarks", 1, "min_free_kbytes moves the "
                       "watermarks."),
                inside("frames_add_up", 1, "Every frame of RAM is in exactly one state."),
                inside("frames_agree_with_zones", 1, "A walk over all frames finds as many free "
                       "ones as the zones count."),
            ]),
        Test(
            id="highmem", machine=MachineSpec(mem="128M", append="directmap=48M zone_dma=8M"),
            case="pages.zone", text="Memory beyond the direct map serves programs.",
            checks=[
                Check("user-page-high", 2, "A program's page comes from ZONE_HIGHMEM when there is "
                      "one.", probe="frame_in_zone", at="touched", args={"zone": "ZONE_HIGHMEM"}),
                Check("no-kernel-address", 1, "The kernel has no permanent mapping of it.",
                      probe="not_in_direct_map", at="touched"),
                Check("high-bytes", 1, "It holds what the program wrote.", probe="holds_word",
                      at="touched"),
                Check("high-read", 1, "The program reads it back.", fact="zone_word", want=Word(0)),
            ]),
        Test(
            id="counts", case="pages.counts", machine=MachineSpec(smp=1),
            text="The free lists, followed from outside, agree with every count.",
            checks=[
                Check("lists-sound", 2, "Every free block is aligned, on the list of its order, and "
                      "on one list only, and they add up to the zone's count.",
                      probe="buddy_agrees", at="quiet"),
                Check("proc-agrees", 1, "/proc/vmstat tells as many free pages as lie on the lists.",
                      probe="proc_agrees", at="quiet"),
                Check("buddies-joined", 2, "No two free buddies lie side by side unjoined.",
                      probe="free_blocks_joined", at="quiet",
                      hint="buddy_free_locked() goes on joining as long as the buddy is free."),
            ]),
        Test(
            id="cycle", case="pages.cycle", machine=MachineSpec(smp=1),
            text="Memory that is used and given back is as before.",
            checks=[
                Check("pages-used", 1, "40 MiB touched are 40 MiB less free.", fact="pages_used",
                      want=Between(10240, 10400)),
                Check("pages-returned", 2, "After munmap they are free again.", fact="pages_lost",
                      want=AtMost(16)),
                Check("lists-after", 1, "The lists are sound after that, too.",
                      probe="buddy_agrees", at="returned"),
                Check("joined-after", 1, "After that all free buddies are joined again.",
                      probe="free_blocks_joined", at="returned"),
            ]),
    ])
