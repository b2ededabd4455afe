"""Quire's programs on Linux, and Linux's programs on Quire.

On Linux (qemu-riscv64, whose calls are the host's): our test programs and the shell's cases, so
that Linux proves the tests right. On Quire: programs that the stock cross compiler links
statically with glibc, unmodified.
"""

import os
import shutil
import tempfile

from grading import linux_compare
from grading.linux_compare import emulator
from grading.machine import Disk
from grading.rings import build
from grading.rings.boot_line import check_line, guest_config
from grading.rings.process import command_job, run_host
from grading.rings.report import Job

CROSS_COMPILER = "riscv64-linux-gnu-gcc"
TIMEOUT_SECONDS = 1800  # of wall time, for what hangs
LIMIT_SECONDS = 200

# Program -> the line that runs it in the guest
GLIBC_PROGRAMS = {
    "libctest": "/glibc/libctest",
    "membench": "/glibc/membench null read_4k pipe fork_exit_1m mmap_4k",
}
SOURCES = {"libctest": "user/test/libctest.c", "membench": "user/bench/membench.c"}


def on_linux_job(name, arguments):
    """One of our programs on Linux. `arguments` get the emulator and the folder of programs."""
    title = f"on Linux: {name}"

    def run(report):
        if emulator() is None:
            report.skipped(title, "no qemu-riscv64")
            return
        build.require("default")
        programs = os.path.join(build.directory("default"), "user", "bin")
        command_job(report, title, arguments(emulator(), programs), TIMEOUT_SECONDS)
    return Job(title, run, 20)


ON_LINUX = (
    ("shell cases", lambda emulator, programs:
     ["python3", "user/test/run_sh_cases.py", emulator, f"{programs}/sh"]),
    ("shell on a terminal", lambda emulator, programs:
     ["python3", "user/test/run_sh_terminal.py", emulator, f"{programs}/sh"]),
)


def test_programs(report):
    """Each case of each test program; that Quire passes them is what the ring `user` tells."""
    if emulator() is None:
        report.skipped("on Linux: test programs", "no qemu-riscv64")
        return
    build.require("default")
    differences = linux_compare.read_differences()
    logs = {}

    def keep(name, output):
        logs[name] = report.save_log(f"on Linux {name}", output)

    linux = linux_compare.on_linux(linux_compare.programs(differences),
                                   os.path.join(build.directory("default"), "user", "bin"), keep)
    quire = {case: "ok" for case in linux}
    for case, _, theirs, remark, error in linux_compare.compare(quire, linux, differences):
        if error:
            report.failed(f"on Linux: {case}", f"{theirs} there: {remark}", logs.get(case.partition(".")[0]))
        elif remark == "same":
            report.ok(f"on Linux: {case}")


def compile_glibc(name, folder):
    """Links one program statically with glibc. Returns (status, output)."""
    return run_host([CROSS_COMPILER, "-static", "-O2", "-w", "-o", os.path.join(folder, name),
                     SOURCES[name]], TIMEOUT_SECONDS)


def glibc_programs(report):
    """Stock static Linux programs in the guest."""
    if shutil.which(CROSS_COMPILER) is None:
        report.skipped("Linux programs", f"no {CROSS_COMPILER}")
        return
    build.require("default")
    with tempfile.TemporaryDirectory() as tree:
        folder = os.path.join(tree, "glibc")
        os.makedirs(folder)
        for name in GLIBC_PROGRAMS:
            status, output = compile_glibc(name, folder)
            if status != 0:
                report.failed(f"Linux program {name}", "does not compile", tail=output)
                return
        image = build.image_with(tree)
    for name, line in GLIBC_PROGRAMS.items():
        config = guest_config(smp=2, limit=LIMIT_SECONDS)
        config.disks = [Disk(image, "root")]
        check_line(report, f"Linux program {name}", config, f"{line} && framecheck")
    os.unlink(image)


def jobs():
    return [on_linux_job(*item) for item in ON_LINUX] + [
        Job("on Linux: test programs", test_programs, 40),
        Job("Linux programs", glibc_programs, 35)]
