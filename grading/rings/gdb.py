"""gdb in batch mode on a machine that runs: .gdbinit and the helpers of tools/gdb."""

import os
import re
import shutil
import time

from grading.machine import Machine
from grading.rings.boot_line import guest_config
from grading.rings.process import run_host
from grading.rings.report import Job

LIMIT_SECONDS = 120

# gdb's commands -> what the output must show, in order
SCRIPT = (
    ("run", r"continue.*to let it go on"),
    ("break sys_nanosleep", r"Breakpoint 1"),
    ("continue", r"Breakpoint 1.*sys_nanosleep"),
    ("bt", r"#2 .*syscall_dispatch"),
    ("ps", r"TID +PID STATE(?s:.*)\binit\b(?s:.*)\bsleep\b"),
    ("bt-user", r"\A\s*breakpoint 1, sys_nanosleep, is now 2.*\n#0 (?s:.*)#\d+ .*main"),
    ("user-symbols cat", r"\A\s*symbols of cat loaded\s*\Z"),
    ("continue", r"Breakpoint 2, sys_nanosleep"),
    ("bt-task 1", r"#0 .*(?s:.*)sys_wait"),
    ("pt $pc", r"level 2(?s:.*)-> pa 0x8\w+"),
    ("pt 0x10000", r"--U|U-|VR-XU|pa 0x"),
    ("page $pc", r"zone Normal(?s:.*)refcount 1 "),
    ("page 0x84000", r"pfn 0x84000, .*not written yet"),
    ("info threads", r"Thread"),
    ("delete", r""),
    ("quire-help", r"bt-task"),
)
LINE = "sleep 1; sleep 1; sleep 1; sleep 1"


def find_gdb():
    for name in ("gdb-multiarch", "riscv64-unknown-elf-gdb", "riscv64-elf-gdb"):
        if shutil.which(name):
            return name
    return None


def wait_for_socket(machine):
    """QEMU makes it some time after it was started, and the guest does not run before gdb is there."""
    while machine.running() and not os.path.exists(machine.socket("gdb")):
        time.sleep(0.05)


def run(report):
    gdb = find_gdb()
    if gdb is None:
        report.skipped("gdb", "no gdb for RISC-V")
        return
    config = guest_config(smp=2, limit=LIMIT_SECONDS, gdb=True,
                          append=f"init.cmd={LINE.replace(' ', '%20').replace(';', '%3b')}")
    config.log = report.log_path("gdb console")
    with Machine(config) as machine:
        wait_for_socket(machine)
        command = [gdb, "-nx", "-batch", "-x", ".gdbinit"]
        for number, (text, _) in enumerate(SCRIPT):
            command += ["-ex", f"echo \\n@{number}\\n", "-ex", text]
        status, output = run_host([*command, "-ex", "echo \\n@end\\n", config.kernel],
                                  environment={"GDBTARGET": machine.socket("gdb")})
    judge(report, status, output.decode("utf-8", "replace"))


def judge(report, status, output):
    """Each command's part of the output against what it must show."""
    log = report.save_log("gdb", output)
    for number, (text, pattern) in enumerate(SCRIPT):
        following = f"@{number + 1}" if number + 1 < len(SCRIPT) else "@end"
        part = re.search(rf"^@{number}$(.*?)(?=^{following}$|\Z)", output,
                         re.MULTILINE | re.DOTALL)
        if part and re.search(pattern, part.group(1)):
            report.ok(f"gdb {text}")
        else:
            report.failed(f"gdb {text}", f"no {pattern!r}", log, part.group(1) if part else output)
    if status != 0:
        report.failed("gdb", f"status {status}", log)


def jobs():
    return [Job("gdb", run, 10)] if os.path.exists(".gdbinit") else []
