"""Ring distro: dynamic Linux programs on Quire, with the C library of Debian.

user/distro says what they are. Each runs as it is, bound early and late, position-independent
and not, and static; and on Linux, so that the tests are right.
"""

import os
import secrets
import shutil

from grading.linux_compare import emulator
from grading.machine import Disk
from grading.rings import build
from grading.rings.boot_line import guest_config, run_line
from grading.rings.process import make_environment, run_host
from grading.rings.report import Job
from grading.rings.user import parse, tell

COMPILER = "riscv64-linux-gnu-gcc"
LIBC_ROOT = "/usr/riscv64-linux-gnu"
LOADER = f"{LIBC_ROOT}/lib/ld-linux-riscv64-lp64d.so.1"
ON_QUIRE_ALONE = "sharing"  # asks the kernel for its frames
LIMIT_SECONDS = 300
TIMEOUT_SECONDS = 1800  # of wall time, for what hangs

# (name of the run, build variant, harts, whether it takes the programs that are not the compiler's
# default, too)
RUNS = (("smp2", "default", 2, True), ("debug smp4", "debug", 4, False))


def missing():
    """What this host lacks, or None."""
    if shutil.which(COMPILER) is None:
        return f"no {COMPILER}"
    return None if os.path.exists(LOADER) else "no libc6-riscv64-cross"


def folder():
    """Where the programs are on this host."""
    return os.path.join(build.directory("default"), "distro", "distro")


def make_image():
    """The path of the image, made if need be. => raises BuildFailed"""
    top = build.directory("default")
    with build.lock("default"):
        status, output = run_host(["make", f"BUILD={top}", "DISTRO=1", "EXTRA=", "print-image"],
                                  TIMEOUT_SECONDS, make_environment())
    if status != 0:
        raise build.BuildFailed(f"no image: {output.decode('utf-8', 'replace')}")
    return output.decode().split()[-1]


def program_names():
    """All programs in the image, the libraries left out."""
    return sorted(name for name in os.listdir(folder()) if not name.endswith(".so"))


def script(names, mark):
    """The shell line that runs them between marks, the last one with symbols bound at the start."""
    return (f"cd /tmp; for t in {' '.join(names)}; do echo {mark} begin $t; /distro/$t; "
            f"echo {mark} end $t $?; done; echo {mark} begin LD_BIND_NOW; "
            f"LD_BIND_NOW=1 /distro/basics; echo {mark} end LD_BIND_NOW $?; "
            f"echo {mark} begin framecheck; framecheck; echo {mark} end framecheck $?")


def on_quire_job(run):
    name, variant, smp, every = run
    title = f"distro {name}"

    def work(report):
        if missing():
            report.skipped(title, missing())
            return
        image = make_image()
        names = [name for name in program_names() if every or "-" not in name]
        mark = f"@{secrets.token_hex(4)}"
        config = guest_config(variant, smp=smp, limit=LIMIT_SECONDS)
        config.disks = [Disk(image, "root")]
        result = run_line(report, title, config, script(names, mark))
        results, (running, output) = parse(result.output, mark)
        for program, (status, told) in results.items():
            tell(report, f"{title} {program}", status, told, config.log)
        if running or not results:
            report.failed(f"{title} {running or 'boot'}", str(result.machine), config.log,
                          output + result.console[-2000:])
    return Job(title, work, 50)


def on_linux(report):
    """The same programs under QEMU's user mode."""
    reason = missing() or (emulator() is None and "no qemu-riscv64")
    if reason:
        report.skipped("distro on Linux", reason)
        return
    make_image()
    for program in program_names():
        if program.startswith(ON_QUIRE_ALONE):
            continue
        status, output = run_host([emulator(), "-L", LIBC_ROOT, "-E",
                                   f"LD_LIBRARY_PATH={os.path.abspath(folder())}",
                                   os.path.join(folder(), program)], TIMEOUT_SECONDS)
        log = report.save_log(f"distro on Linux {program}", output)
        tell(report, f"distro on Linux {program}", 1 if status is None else status, output, log)


def jobs():
    return [on_quire_job(run) for run in RUNS] + [Job("distro on Linux", on_linux, 20)]
