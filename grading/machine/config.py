"""What machine to start: plain data, no behaviour."""

from dataclasses import dataclass, field
from typing import Callable, List, Optional

MIB = 1 << 20
UNITS = {"K": 1 << 10, "M": MIB, "G": 1 << 30, "T": 1 << 40}


def parse_bytes(text):
    """The number of bytes that `256M` or `4096` stands for."""
    text = str(text).strip().upper()
    if text.endswith("B"):
        text = text[:-1]
    unit = UNITS.get(text[-1:], 1)
    number = text[:-1] if text[-1:] in UNITS else text
    return int(number) * unit


@dataclass
class Disk:
    """A virtio disk. The kernel finds it by its serial, never by its slot.

    `path` is an image, of which the machine gets a copy of its own unless `private` is
    False; with no path, `size` bytes of zeros. With `log_writes`, every write is recorded
    beside the copy, in a file of its name with .writes after it (write_log.py). `options` are for
    QEMU's device, `drive` for what is behind it, such as throttling.iops-total=100.
    """
    path: Optional[str]
    serial: str
    size: int = 0
    private: bool = True
    readonly: bool = False
    log_writes: bool = False
    options: str = ""
    drive: str = ""


@dataclass
class Config:
    """One machine.

    `limit` is in seconds of the guest's own clock: the kernel's watchdog ends the run
    with status 124. The driver's own limit, for a kernel that is too dead for that, is
    `backstop` seconds in which the machine had a processor of the host (clock.py).

    `channel` is the path of a socket at which somebody listens for the virtio console;
    with `shared_ram` the guest's memory is the file `ram` in the machine's directory.
    With `stop_at_errors` QEMU stops the machine when the host cannot read or write a disk's image, instead of
    telling the guest of it. `prefix` and `before` (called in the child) bound QEMU; of the console no more than
    `console_bytes` are kept, and the end.
    """
    kernel: str
    mem: str = "128M"
    smp: int = 1
    disks: List[Disk] = field(default_factory=list)
    initrd: Optional[str] = None
    swap: Optional[str] = None
    append: str = ""
    qemuflags: List[str] = field(default_factory=list)
    icount: bool = False
    bios: str = "default"
    panic: Optional[str] = "exit"
    limit: Optional[int] = 60
    backstop: Optional[float] = None
    gdb: bool = False
    qmp: bool = False
    channel: Optional[str] = None
    shared_ram: bool = False
    stop_at_errors: bool = False
    prefix: List[str] = field(default_factory=list)
    before: Optional[Callable] = None
    console_bytes: Optional[int] = None
    log: Optional[str] = None

    def backstop_seconds(self):
        """The driver's limit; none if the guest has none."""
        if self.backstop is not None:
            return self.backstop
        if self.limit is None:
            return None
        slow = 10 if self.icount else 1
        return (self.limit + 15) * slow
