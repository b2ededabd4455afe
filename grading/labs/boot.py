"""Lab boot: tools, gdb, SBI, the device tree."""

from grading.harness.lab import Check, Lab, MachineSpec, Test
from grading.harness.want import AtLeast, Equal, HostTime, Number, Word

LAB = Lab(
    name="boot",
    title="Boot: from the first instruction to the first program",
    files=("kernel/boot/entry.S", "kernel/boot/main.c", "kernel/boot/fdt_machine.c",
           "kernel/boot/secondary.c", "kernel/boot/power.c", "kernel/riscv/sbi.c"),
    tests=[
        Test(
            id="machine", case="boot.machine",
            text="The kernel finds out from the device tree what machine it is on.",
            machine=MachineSpec(mem=("96M", "128M", "160M", "224M"), smp=(2, 3, 4), swap="16M",
                                append="grade.token={token}"),
            checks=[
                Check("first-program", 2, "The first program runs and can tell what it was given.",
                      fact="word", want=Word(0)),
                Check("memory-size", 2, "The kernel manages the memory that the device tree "
                      "describes, less what the image and the struct pages take.",
                      fact="mem_kb", want=Number("mem_kb", below=0.08),
                      hint="Read the memory node; no constant may say how much there is."),
                Check("all-harts", 2, "A program runs on every hart of the device tree, one after "
                      "the other.", fact="harts", want=Number("smp"),
                      hint="secondary_start_all() starts the others by SBI HSM."),
                Check("harts-paging", 1, "Every hart has left the firmware and translates addresses.",
                      probe="harts_translate", at="up"),
                Check("harts-listed", 1, "/proc/cpuinfo lists those harts.", fact="processors",
                      want=Number("smp")),
                Check("boot-arguments", 1, "The kernel keeps the boot arguments of /chosen, and "
                      "/proc/cmdline shows them.", fact="token", want=Equal("{token}")),
                Check("disks", 1, "Both disks of the machine, root and swap, are found.",
                      fact="disks", want=Equal(2)),
                Check("reserved-memory", 2, "Frames of the firmware and of the kernel's image are "
                      "never given to the allocator.", probe="firmware_is_not_free", at="up",
                      hint="The reserved-memory nodes of the device tree say what is taken."),
                Check("image-rights", 2, "The kernel maps its text RX, its constants R and its "
                      "data RW.", probe="kernel_rights", at="up"),
                Check("powers-off", 1, "When the first command ends, the machine is powered off "
                      "with its status.", status=0),
            ]),
        Test(
            id="exit-status", case="boot.status", args=("{low7}",),
            text="The machine's end carries the status of the program.",
            checks=[
                Check("exit-status", 2, "QEMU exits with the status that the program ended with.",
                      status="low7", hint="The sifive_test device takes (status << 16) | 0x3333."),
            ]),
        Test(
            id="clocks", case="boot.clocks",
            text="The timer wakes sleepers, and time goes forward.",
            checks=[
                Check("sleep", 2, "A sleep of 60 ms lasts at least 60 ms, and it ends.",
                      fact="slept_us", want=AtLeast(60000),
                      hint="A timer must never fire before its time: round up."),
                Check("monotonic", 1, "The monotonic clock never goes backwards.",
                      fact="backwards", want=Equal(0)),
                Check("wall-clock", 1, "The clock of the real world comes from the RTC.",
                      fact="realtime", want=HostTime()),
            ]),
        Test(
            id="keyboard", case="boot.keyboard", machine=MachineSpec(smp=1),
            text="What is typed at the console reaches the program.",
            checks=[
                Check("typed-line", 2, "A line typed at the console reaches the program that "
                      "reads, by an interrupt of the UART.", fact="typed", want=Equal("{typed}"),
                      hint="Is the UART's interrupt enabled in the PLIC for this hart?"),
                Check("typing-was-possible", 1, "The program got to the point where it reads.",
                      probe="types_word", at="ready"),
            ]),
        Test(
            id="initrd", case="boot.initrd", machine=MachineSpec(root="initrd", smp=1),
            text="A root file system in memory serves as well as a disk.",
            checks=[
                Check("initrd-root", 1, "With an initrd and no disk the programs are there.",
                      fact="shell", want=Equal(1)),
                Check("initrd-written", 1, "A file written there reads back as it was written.",
                      fact="written", want=Word(3)),
            ]),
        Test(
            id="gdb", case="boot.called", driver="gdb", machine=MachineSpec(smp=1),
            text="A debugger stops the kernel where it is told to.",
            checks=[
                Check("gdb-entry", 1, "A breakpoint at boot_main() is hit.", fact="gdb_boot_main", want=Equal(1)),
                Check("gdb-memory", 1, "There, with paging on, the debugger sees the kernel's text "
                      "at the addresses of its symbols.", fact="gdb_memory", want=Equal(1)),
                Check("gdb-syscall", 1, "A breakpoint at sys_getppid() is hit when a program "
                      "calls getppid.", fact="gdb_syscall", want=Equal(1)),
            ]),
        Test(
            id="panic", text="A bug of the kernel's own is told, not hidden.", ends="panic",
            machine=MachineSpec(append="crash=null"),
            checks=[
                Check("panic-null", 1, "A use of a NULL pointer in the kernel is a panic that "
                      "names it.", probe="panic_in", at="panic",
                      args={"message": "null dereference", "function": "crash_null"},
                      hint="trap_kernel() must decode scause and stval."),
            ]),
    ])
