"""One small driver for QEMU: start a machine, talk to its console, judge how it ended.

    from grading.machine import Config, Disk, Machine

    with Machine(Config(kernel="build/quire.elf", disks=[Disk("build/fs.img", "root")])) as m:
        m.console.expect(r"\\$ ")
        m.console.send("poweroff\\n")
        result = m.wait()
    print(result.verdict, result.code)

Modules: config (what machine), command_line (QEMU's options), disk (private copies),
console (the serial line), clock (time that a slow host does not spend), verdict (how it
ended), machine (the life of one machine), command (one shell line and its status),
parallel (many at once), write_log (disks as power cuts leave them), scratch (temporary files and clean-up).
"""

from grading.machine.config import Config, Disk
from grading.machine.console import ConsoleEnded, ExpectTimeout
from grading.machine.command import run_command
from grading.machine.machine import Machine
from grading.machine.verdict import EnvironmentProblem, Result, Verdict

__all__ = ["Config", "ConsoleEnded", "Disk", "EnvironmentProblem", "ExpectTimeout", "Machine",
           "Result", "Verdict", "run_command"]
