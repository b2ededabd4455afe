"""Machines whose RAM has holes and odd ends: QEMU's own device tree with its memory node replaced.

QEMU gives all of its RAM, of which the kernel may use what the tree says.
"""

import os
import re
import shutil
import subprocess
import tempfile

from grading.machine import EnvironmentProblem, Machine, command_line, scratch
from grading.machine.config import MIB
from grading.rings.boot_line import guest_config, run_line
from grading.rings.ktest import judge
from grading.rings.report import Job

LIMIT_SECONDS = 120
MEM_MIB = 128
HARTS = 2
RAM_START = 0x80000000
# The kernel's own, one page that touches nothing, a start and an end that no large page has, and the end of
# RAM, where QEMU puts the device tree.
REGIONS = ((RAM_START, 0x2fff000), (0x83001000, 0x1000), (0x83455000, 0x2101000), (0x87000000, 0x1000000))

# (variant, boot arguments)
RUNS = (("default", ""), ("debug", "directmap=48M zone_dma=8M kmemleak=on"))


def device_tree(directory):
    """The path of a tree with REGIONS, made in a directory."""
    if shutil.which("dtc") is None:
        raise EnvironmentProblem("dtc is not installed: run ./setup.sh")
    plain, source, path = (os.path.join(directory, name) for name in ("plain.dtb", "regions.dts", "regions.dtb"))
    subprocess.run([command_line.find_qemu(), "-machine", f"virt,dumpdtb={plain}", "-m", f"{MEM_MIB}M",
                    "-smp", str(HARTS), "-display", "none"], check=True, capture_output=True)
    text = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", plain], check=True, capture_output=True,
                          text=True).stdout
    cells = " ".join(f"0 {start:#x} 0 {size:#x}" for start, size in REGIONS)
    text, count = re.subn(r"(memory@\w+ \{[^}]*?reg = )<[^>]*>", rf"\1<{cells}>", text)
    if count != 1:
        raise EnvironmentProblem("no memory node in QEMU's device tree")
    with open(source, "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", source, "-o", path], check=True)
    return path


def regions_told(output):
    """(start, size) of each RAM region in /proc/iomem."""
    ends = re.findall(rb"(?m)^(\w+)-(\w+) : System RAM$", output)
    return tuple((int(start, 16), int(end, 16) + 1 - int(start, 16)) for start, end in ends)


def check_regions(report, name, variant, append, tree):
    """The kernel takes what is there, each frame has its state, and its own tests pass."""
    fields = {"mem": f"{MEM_MIB}M", "smp": HARTS, "limit": LIMIT_SECONDS, "qemuflags": ["-dtb", tree]}
    config = guest_config(variant, append=append, **fields)
    result = run_line(report, name, config, "framecheck && cat /proc/iomem")
    if result.exit_status != 0 or regions_told(result.output) != REGIONS:
        report.failed(name, f"{result.machine}: not the tree's regions", config.log, result.output)
        return
    config = guest_config(variant, append=f"ktest=all {append}".strip(), swap="16M", **fields)
    config.log = report.log_path(f"{name} ktest")
    with Machine(config) as machine:
        judge(report, name, machine.wait(), machine.console.text(), config.log)


def regions_job(variant, append):
    name = f"boot regions {variant} {append}".strip()

    def run(report):
        with tempfile.TemporaryDirectory(prefix=scratch.PREFIX) as directory:
            check_regions(report, name, variant, append, device_tree(directory))
    return Job(name, run, 30)


def jobs():
    return [regions_job(*run) for run in RUNS]
