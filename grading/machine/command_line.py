"""QEMU's command line for a Config, and finding QEMU."""

import functools
import os
import re
import shutil
import subprocess

from grading.machine.config import Disk, parse_bytes
from grading.machine.verdict import EnvironmentProblem

QEMU = "qemu-system-riscv64"
OLDEST_QEMU = (7, 0)
VIRTIO_SLOTS = 8

# The console: a pipe to the driver, or the user's terminal with QEMU's monitor on Ctrl-A C.
PIPE = ["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
        "-monitor", "none"]
TERMINAL = ["-serial", "mon:stdio"]


@functools.lru_cache(maxsize=None)
def find_qemu():
    """The path of a QEMU that is new enough."""
    path = shutil.which(os.environ.get("QEMU", QEMU))
    if path is None:
        raise EnvironmentProblem(f"{QEMU} is not installed: run ./setup.sh")
    version = qemu_version(path)
    if version is not None and version < OLDEST_QEMU:
        have = ".".join(map(str, version))
        want = ".".join(map(str, OLDEST_QEMU))
        raise EnvironmentProblem(f"{path} is version {have}, too old: {want} or newer is needed")
    return path


def qemu_version(path):
    """(major, minor), or None if QEMU does not say."""
    try:
        output = subprocess.run([path, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return None
    found = re.search(r"version (\d+)\.(\d+)", output)
    return (int(found.group(1)), int(found.group(2))) if found else None


def all_disks(config):
    """The disks of a machine, its swap disk included."""
    disks = list(config.disks)
    if config.swap:
        disks.append(Disk(None, "swap0", size=parse_bytes(config.swap)))
    slots = VIRTIO_SLOTS - (config.channel is not None)
    if len(disks) > slots:
        raise EnvironmentProblem(f"{len(disks)} disks, but the machine has {slots} slots")
    return disks


def disk_options(slot, disk, path, stop_at_errors=False):
    """The options for one disk, at a slot of its own."""
    if disk.log_writes:
        backend = _logging_backend(slot, path)
    else:
        drive = f"file={_escape(path)},if=none,format=raw,cache=unsafe,id=disk{slot}"
        drive += f",{disk.drive}" if disk.drive else ""
        backend = ["-drive", drive + (",readonly=on" if disk.readonly else "")]
    device = (f"virtio-blk-device,drive=disk{slot},bus=virtio-mmio-bus.{slot},"
              f"serial={disk.serial}")
    if stop_at_errors:
        device += ",werror=stop,rerror=stop"
    if disk.options:
        device += f",{disk.options}"
    return [*backend, "-device", device]


def _logging_backend(slot, path):
    """A disk whose writes QEMU records in a second file."""
    return ["-blockdev", f"driver=file,node-name=file{slot},filename={_escape(path)}",
            "-blockdev", f"driver=file,node-name=log{slot},filename={_escape(path)}.writes",
            "-blockdev", f"driver=blklogwrites,node-name=disk{slot},log=log{slot},"
                         f"file.driver=raw,file.file=file{slot}"]


def _escape(text):
    """A comma ends a value in QEMU's options; two stand for one."""
    return text.replace(",", ",,")


def channel_options(path):
    """A virtio console in the last slot, connected to a socket."""
    return ["-chardev", f"socket,id=results,path={_escape(path)}",
            "-device", f"virtio-serial-device,bus=virtio-mmio-bus.{VIRTIO_SLOTS - 1}",
            "-device", "virtconsole,chardev=results"]


def ram_options(config, directory):
    """The guest's memory as a file that others can map."""
    return ["-object", f"memory-backend-file,id=ram0,size={parse_bytes(config.mem)},share=on,"
                       f"mem-path={_escape(os.path.join(directory, 'ram'))}"]


def boot_arguments(config):
    """What the kernel finds in /chosen/bootargs."""
    words = [config.append] if config.append else []
    if config.panic is not None and "panic=" not in config.append:
        words.append(f"panic={config.panic}")
    if config.limit is not None and "watchdog=" not in config.append:
        words.append(f"watchdog={config.limit}")
    return " ".join(words)


def check_icount(config):
    """With -icount one hart may keep the machine for 2^31 instructions while it waits for another."""
    if config.smp > 1 and (config.icount or "-icount" in config.qemuflags):
        raise EnvironmentProblem(f"-icount with {config.smp} harts: one that waits for another would "
                                 "keep it from running (docs/testing.md): use SMP=1")


def build(config, disk_paths, directory, console=PIPE):
    """The argument list. `disk_paths` are the paths for all_disks(config), in order."""
    if not os.path.exists(config.kernel):
        raise EnvironmentProblem(f"{config.kernel}: no such kernel (run make)")
    check_icount(config)
    machine = "virt,memory-backend=ram0" if config.shared_ram else "virt"
    command = [find_qemu(), "-machine", machine, "-m", config.mem, "-smp", str(config.smp),
               "-bios", config.bios, "-kernel", config.kernel,
               "-display", "none", "-no-user-config", "-nodefaults",
               "-append", boot_arguments(config), *console]
    if config.initrd:
        if not os.path.exists(config.initrd):
            raise EnvironmentProblem(f"{config.initrd}: no such initrd (run make)")
        command += ["-initrd", config.initrd]
    if config.shared_ram:
        command += ram_options(config, directory)
    if config.channel:
        command += channel_options(config.channel)
    if config.icount:
        command += ["-icount", "shift=0,sleep=off", "-seed", "1"]
    for slot, (disk, path) in enumerate(zip(all_disks(config), disk_paths)):
        command += disk_options(slot, disk, path, config.stop_at_errors)
    if config.gdb:
        command += ["-S", "-gdb", f"unix:{directory}/gdb,server=on,wait=off"]
    if config.qmp:
        command += ["-qmp", f"unix:{directory}/qmp,server=on,wait=off"]
    return command + list(config.qemuflags)
