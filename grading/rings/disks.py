"""Disks of every make against the kernel's own disk tests (kernel/ktest/disk_test.c).

Each machine has three: `scratch`, which the tests write; `readonly`; and `bad`, of which QEMU
lets every read of sector 0 fail. A disk that answers late is read by a program.
"""

import re

from grading.machine import Config, Disk, Machine
from grading.rings import build
from grading.rings.boot_line import guest_config, run_line
from grading.rings.ktest import judge
from grading.rings.report import Job

LIMIT_SECONDS = 60
DISK_BYTES = 16 << 20
LATE_BYTES = 16 << 10
MODERN = ["-global", "virtio-mmio.force-legacy=false"]
BAD_DISK = [
    "-drive", "if=none,id=bad,format=raw,file.driver=blkdebug,file.image.driver=null-co,"
              f"file.image.size={DISK_BYTES},file.image.read-zeroes=on,"
              "file.inject-error.0.event=read_aio,file.inject-error.0.sector=0,"
              "file.inject-error.0.errno=5",
    "-device", "virtio-blk-device,drive=bad,serial=bad,bus=virtio-mmio-bus.5",
]
# What the console must show, so that a machine without its disks does not pass.
PROOFS = ("serial scratch", "serial readonly, read-only", "read error at sector 0")

# (name, variant, harts, options of the scratch disk, options of QEMU)
RUNS = (
    ("legacy", "default", 2, "", []),
    ("modern", "debug", 4, "", MODERN),
    ("small queue", "debug", 2, "queue-size=8", []),
    ("no indirect", "default", 2, "indirect_desc=off,event_idx=off,discard=off", MODERN),
)


def disk_job(name, variant, smp, options, flags):
    title = f"disk {name}"

    def run(report):
        disks = [Disk(None, "scratch", size=DISK_BYTES, options=options),
                 Disk(None, "readonly", size=DISK_BYTES, readonly=True)]
        config = Config(kernel=build.kernel(variant), smp=smp, append="ktest=disk_", disks=disks,
                        qemuflags=flags + BAD_DISK, limit=LIMIT_SECONDS,
                        log=report.log_path(title))
        with Machine(config) as machine:
            result = machine.wait()
            console = machine.console.text()
        missing = [proof for proof in PROOFS if proof.encode() not in console]
        if missing and result.ok():
            report.failed(title, f"not on the console: {', '.join(missing)}", config.log, console)
        else:
            judge(report, title, result, console, config.log)
    return Job(title, run, 15)


def late_disk(report):
    """The kernel says for what it waits, waits on, and gets the data.

    QEMU lets four requests a second through. Under icount an idle guest's clock jumps to its next
    timer, so that many times 30 seconds of guest time pass until it has answered.
    """
    name = "disk late answer"
    disk = Disk(None, "late", size=LATE_BYTES, drive="throttling.iops-total=4")
    config = guest_config(root="initrd", disks=[disk], icount=True, limit=None, backstop=300)
    result = run_line(report, name, config, "wc -c /dev/vda")
    if result.output != b"%d /dev/vda\n" % LATE_BYTES:
        report.failed(name, f"{result.machine}; printed {result.output!r}", config.log)
    elif not re.search(rb"vda: read at sector \d+: no answer for 30 s", result.console):
        report.failed(name, "nothing on the console of the disk that did not answer", config.log)
    else:
        report.ok(name)


def jobs():
    return [disk_job(*run) for run in RUNS] + [Job("disk late answer", late_disk, 10)]
