"""make linux-run LINUX=IMAGE CMD='...': our programs on a real Linux kernel, in the same QEMU.

IMAGE is a kernel for riscv64 that has a serial console, an initramfs, devtmpfs and tmpfs built in, as
distributions' kernels do; no module is needed. Its root is what Quire's initrd holds. So Linux itself
says whether a test is right, and how long it takes for what `make bench` measures.

With SWAP=SIZE it has an empty disk, /dev/vda. Where the drivers of disks are modules, LINUX_MODULES
names their files (.ko, .ko.xz), in the order in which they must be loaded: virtio_mmio, virtio_blk.
"""

import lzma
import os
import re
import stat
import subprocess
import sys

from grading.machine import Disk, EnvironmentProblem, options, scratch
from grading.machine.command_line import disk_options, find_qemu
from grading.machine.config import parse_bytes
from grading.machine.disk import create_blank

STATUS = "@linux-status"
HOST_SECONDS = 3600
ARGUMENTS = "console=ttyS0 quiet loglevel=1 panic=-1 no4lvl no5lvl transparent_hugepage=never"
INIT = f"""#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir /dev/shm
mount -t tmpfs shm /dev/shm
mount -t tmpfs tmp /tmp
test ! -e /modules || linux_insmod /modules/*
cd /tmp
sh /line </dev/null >/dev/console 2>&1
echo {STATUS} $? >/dev/console
poweroff -f
"""
DIRECTORIES = ("bin", "dev", "etc", "mnt", "proc", "root", "sys", "tmp")


class Archive:
    """A cpio archive of the kind that Linux unpacks as its first root ("newc")."""

    def __init__(self):
        self.parts = []
        self.nr_entries = 0

    def add(self, name, mode, data=b""):
        """One file or directory, owned by root."""
        self.nr_entries += 1
        path = name.encode() + b"\0"
        fields = (self.nr_entries, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(path), 0)
        head = b"070701" + b"".join(b"%08x" % field for field in fields) + path
        self.parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]

    def finish(self):
        """=> the bytes of the archive."""
        self.add("TRAILER!!!", 0)
        return b"".join(self.parts)


def add_modules(archive, paths):
    """Kernel modules, uncompressed, under names that sort in the order given."""
    if paths:
        archive.add("modules", stat.S_IFDIR | 0o755)
    for number, path in enumerate(paths):
        with (lzma.open if path.endswith(".xz") else open)(path, "rb") as module:
            archive.add(f"modules/{number}-{os.path.basename(path).split('.')[0]}.ko",
                        stat.S_IFREG | 0o644, module.read())


def root_archive(line, programs, modules=()):
    """The root: our programs, /init, and the line that it runs. => bytes"""
    archive = Archive()
    for name in DIRECTORIES:
        archive.add(name, stat.S_IFDIR | 0o755)
    for path in programs:
        with open(path, "rb") as program:
            archive.add(f"bin/{os.path.basename(path)}", stat.S_IFREG | 0o755, program.read())
    archive.add("init", stat.S_IFREG | 0o755, INIT.encode())
    archive.add("line", stat.S_IFREG | 0o644, line.encode() + b"\n")
    add_modules(archive, modules)
    return archive.finish()


def our_programs():
    """The paths of all programs of the build."""
    folder = options.build_path("user/bin")
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


def swap_disk(size, directory):
    """QEMU's options for an empty disk, kept in the machine's directory."""
    path = os.path.join(directory, "swap0.img")
    create_blank(path, parse_bytes(size))
    return disk_options(0, Disk(None, "swap0"), path)


def run(image, line, mem=None, smp=None, emit=None, swap=None, append=None):
    """
    One line of shell on Linux. emit gets each line as it comes. => (its status, its output);
    raises EnvironmentProblem when Linux did not come to its end
    """
    if not os.path.isfile(image):
        raise EnvironmentProblem(f"LINUX={image}: no such file")
    directory = scratch.make_directory()
    root = os.path.join(directory, "root.cpio")
    with open(root, "wb") as out:
        out.write(root_archive(line, our_programs(), options.setting("LINUX_MODULES").split()))
    command = [find_qemu(), "-M", "virt", "-nographic", "-no-reboot", "-kernel", image,
               "-initrd", root, "-m", mem or options.setting("MEM", options.DEFAULT_MEM),
               "-smp", str(smp or options.setting("SMP", str(options.DEFAULT_SMP))),
               "-append", f"{ARGUMENTS} {options.setting('APPEND') if append is None else append}"]
    swap = swap or options.setting("SWAP")
    if swap:
        command += swap_disk(swap, directory)
    try:
        status, output = _follow(command, emit)
    finally:
        scratch.remove_directory(directory)
    if status is None:
        raise EnvironmentProblem("Linux did not run the line:\n" + "\n".join(output[-20:]))
    return status, "\n".join(output) + "\n"


def _follow(command, emit):
    """Reads the console up to the mark. => (status or None, lines after the firmware's)"""
    status, lines, booted = None, [], False
    with subprocess.Popen(["timeout", str(HOST_SECONDS), *command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as machine:
        for raw in machine.stdout:
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            found = re.match(rf"{STATUS} (\d+)$", text)
            if found:
                status = int(found.group(1))
            elif booted and status is None:
                lines.append(text)
                if emit:
                    emit(text)
            booted = booted or text.startswith("Boot HART MEDELEG")
    return status, lines


def main():
    image = options.setting("LINUX")
    line = options.setting("CMD")
    if not image or not line:
        sys.stderr.write("usage: make linux-run LINUX=IMAGE CMD='...' [MEM=...] [SMP=...]\n")
        return 2
    scratch.prepare()
    try:
        status, _ = run(image, line, emit=lambda text: print(text, flush=True))
    except EnvironmentProblem as problem:
        sys.stderr.write(f"linux-run: {problem}\n")
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
