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
    ("ps", r"\A\s*Cannot access memory .*continue first\)\s*\Z"),
    ("run", r"continue.*to let it go on"),
    ("break sys_nanosleep", r"Breakpoint 1"),
    ("continue", r"Breakpoint 1.*sys_nanosleep"),
    ("bt", r"#2 .*syscall_dispatch"),
    ("ps", r"TID +PID STATE(?s:.*)\binit\b(?s:.*)\bsleep\b"),
    ("bt-user", r"\A\s*breakpoint 1, sys_nanosleep, is now 2.*\n#0 (?s:.*)#\d+ .*main"),
    ("user-symbols cat", r"\A\s*symbols of cat loaded\s*\Z"),
    ("continue", r"Breakpoint 2, sys_nanosleep"),
    ("bt-user", r"\A\s*#0 (?s:.*)#\d+ .*main.* at .*sleep\.c"),
    ("break process_wait", r"Breakpoint 3"),
    ("delete 2", r""),
    ("continue", r"Breakpoint 3.*process_wait"),
    ("bt-user", r"\A\s*breakpoint 3, .* is now 4.*\n#0 (?s:.*)#\d+ .*main .* at .*bin/sh/main\.c"),
    ("break sys_nanosleep", r"Breakpoint 5"),
    ("delete 4", r""),
    ("continue", r"Breakpoint 5, sys_nanosleep"),
    ("bt-task 1", r"#0 .*(?s:.*)sys_wait"),
    ("pt $pc", r"level 2(?s:.*)-> pa 0x8\w+"),
    ("pt 0x10000", r"--U|U-|VR-XU|pa 0x"),
    ("page $pc", r"zone Normal(?s:.*)refcount 1 "),
    ("page 0x84000", r"pfn 0x84000, .*not written yet"),
    ("info threads", r"Thread"),
    ("delete", r""),
    ("quire-help", r"bt-task"),
)
# What cannot be done is told in one line.
BAD = (
    ("pt", r"\A\s*usage: pt VA \[PID\]\s*\Z"),
    ("pt foo", r'\A\s*No symbol "foo" in current context\.\s*\Z'),
    ("pt kernel_pgtable", r"\A\s*kernel_pgtable: not a number\s*\Z"),
    ("pt $pc foo", r"\A\s*usage: pt VA \[PID\]\s*\Z"),
    ("pt $pc 9999", r"\A\s*there is no user process 9999; .*\s*\Z"),
    ("page 1 +", r"\A\s*A syntax error in expression, .*\s*\Z"),
    ("bt-task foo", r"\A\s*usage: bt-task TID .*\s*\Z"),
    ("bt-task 9999", r"\A\s*there is no thread 9999\s*\Z"),
    ("user-symbols ..", r"\A\s*\.\. is not a program of ours, .*\s*\Z"),
)
UNCONNECTED = tuple((line, r"\A\s*gdb is not connected: .*\s*\Z")
                    for line in ("ps", "pt 0", "pt foo", "page 0", "bt-task 1", "bt-user"))
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
        execute(report, "gdb", gdb, SCRIPT + BAD, machine.socket("gdb"), config.kernel)


def run_unconnected(report):
    gdb = find_gdb()
    if gdb is None:
        report.skipped("gdb unconnected", "no gdb for RISC-V")
        return
    execute(report, "gdb unconnected", gdb, UNCONNECTED, "/no/such/socket", guest_config().kernel)


def execute(report, title, gdb, script, target, kernel):
    """A gdb that is told these commands; each must show what it should."""
    command = [gdb, "-nx", "-batch", "-x", ".gdbinit"]
    for number, (text, _) in enumerate(script):
        command += ["-ex", f"echo \\n@{number}\\n", "-ex", text]
    status, output = run_host([*command, "-ex", "echo \\n@end\\n", kernel], environment={"GDBTARGET": target})
    judge(report, title, script, status, output.decode("utf-8", "replace"))


def judge(report, title, script, status, output):
    """Each command's part of the output against what it must show."""
    log = report.save_log(title, output)
    for number, (text, pattern) in enumerate(script):
        following = f"@{number + 1}" if number + 1 < len(script) else "@end"
        part = re.search(rf"^@{number}$(.*?)(?=^{following}$|\Z)", output,
                         re.MULTILINE | re.DOTALL)
        if part and re.search(pattern, part.group(1)):
            report.ok(f"{title} {text}")
        else:
            report.failed(f"{title} {text}", f"no {pattern!r}", log, part.group(1) if part else output)
    if status != 0:
        report.failed(title, f"status {status}", log)


def jobs():
    return [Job("gdb", run, 10), Job("gdb unconnected", run_unconnected, 2)] if os.path.exists(".gdbinit") else []
