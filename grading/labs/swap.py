"""Lab swap: areas, slots, pages out and in."""

from grading.harness.lab import Check, Lab, MachineSpec, Test
from grading.harness.want import AtMost, Equal, Number, Status

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
                Check("swapon-directory", 1, "swapon of a directory is EINVAL.", fact="directory",
                      want=Equal(22)),
                Check("swapon-pointer", 1, "swapon with a bad pointer is EFAULT.",
                      fact="bad_pointer", want=Equal(14)),
                Check("swapoff", 1, "swapoff gives it back.", fact="swapoff", want=Equal(0)),
                Check("total-after", 1, "SwapTotal is 0 again.", fact="total_after", want=AtMost(0)),
                Check("swapoff-twice", 1, "swapoff of what is not in use is EINVAL.",
                      fact="off_twice", want=Equal(22)),
                Check("swapon-again", 1, "It can be taken again.", fact="again", want=Equal(0)),
            ]),
    ])
