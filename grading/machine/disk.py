"""Private copies of disk images, holes kept."""

import errno
import os

from grading.machine.verdict import EnvironmentProblem

CHUNK = 1 << 20


def copy_sparse(source, target):
    """Copies an image; what is a hole in the source is a hole in the copy."""
    with open(source, "rb") as infile, open(target, "wb") as outfile:
        size = os.fstat(infile.fileno()).st_size
        os.ftruncate(outfile.fileno(), size)
        for start, end in _data_ranges(infile.fileno(), size):
            _copy_range(infile, outfile, start, end)


def _data_ranges(fd, size):
    """The (start, end) of each part of a file that is not a hole; all, where the host does not tell."""
    position = 0
    while position < size:
        try:
            start = os.lseek(fd, position, os.SEEK_DATA)
            end = os.lseek(fd, start, os.SEEK_HOLE)
        except AttributeError:
            start, end = position, size
        except OSError as error:
            if error.errno == errno.ENXIO:  # a hole up to the end
                return
            start, end = position, size
        yield start, end
        position = end


def _copy_range(infile, outfile, start, end):
    infile.seek(start)
    outfile.seek(start)
    while start < end:
        data = infile.read(min(CHUNK, end - start))
        if not data:
            return
        outfile.write(data)
        start += len(data)


def create_blank(path, size):
    """An image of zeros, made of one hole."""
    with open(path, "wb") as image:
        image.truncate(size)


def prepare(disk, directory):
    """The path to give to QEMU for a config.Disk."""
    if disk.path is not None and not os.path.exists(disk.path):
        raise EnvironmentProblem(f"{disk.path}: no such disk image (run make)")
    if disk.path is not None and not disk.private:
        return disk.path
    target = os.path.join(directory, f"{disk.serial}.img")
    if disk.path is None:
        create_blank(target, disk.size)
    else:
        copy_sparse(disk.path, target)
    if disk.log_writes:
        create_blank(target + ".writes", 0)
    return target
