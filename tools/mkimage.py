#!/usr/bin/env python3
"""Stages the root file system's tree in a directory and makes an image of it.

usage: mkimage.py --mkfs MKFS -o IMAGE --size SIZE|min [--tree DIR]... [--bin PROGRAM...]

The tree is: empty /dev /proc /sys /tmp /root /etc /bin /mnt, each PROGRAM as /bin/NAME, then
each --tree DIR, modes and symbolic links kept. SIZE grows if the tree needs more; `min`
is the tree and a few MiB, for an initrd. The image appears under its name only when it is
complete.
"""

import argparse
import os
import shutil
import subprocess
import sys

MIB = 1 << 20
BLOCK = 4096
INITRD_ROOM = 8 * MIB
EMPTY_DIRS = ("bin", "dev", "etc", "mnt", "proc", "root", "sys", "tmp")
UNITS = {"K": 1 << 10, "M": MIB, "G": 1 << 30}


def parse_size(text):
    """The bytes that `64M` stands for."""
    unit = UNITS.get(text[-1:].upper())
    return int(text[:-1]) * unit if unit else int(text)


def stage_tree(source, root):
    """Adds a directory tree to the staged one; files of the same name are replaced."""
    shutil.copytree(source, root, symlinks=True, dirs_exist_ok=True, copy_function=replace_file)


def replace_file(source, target, follow_symlinks=True):
    """Copies one file, in place of whatever has its name."""
    if os.path.lexists(target) and not os.path.isdir(target):
        os.unlink(target)
    return shutil.copy2(source, target, follow_symlinks=follow_symlinks)


def stage_program(program, root):
    """Puts one program into /bin."""
    shutil.copy2(program, os.path.join(root, "bin", os.path.basename(program)))


def tree_bytes(root):
    """The bytes that the tree takes in blocks, with room for inodes and directories."""
    total = 0
    for directory, subdirs, files in os.walk(root):
        total += BLOCK * (len(subdirs) + 1)
        for name in files:
            bytes_used = os.lstat(os.path.join(directory, name)).st_size
            total += (bytes_used + BLOCK - 1) // BLOCK * BLOCK + BLOCK
    return total


def image_size(root, wanted):
    """The size to tell mkfs."""
    needed = tree_bytes(root)
    if wanted == "min":
        return str(round_up(needed * 17 // 16 + INITRD_ROOM, MIB))
    return str(max(parse_size(wanted), round_up(needed * 3 // 2 + 32 * MIB, MIB)))


def round_up(number, unit):
    return (number + unit - 1) // unit * unit


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mkfs", required=True)
    parser.add_argument("-o", dest="image", required=True)
    parser.add_argument("--size", required=True)
    parser.add_argument("--tree", action="append", default=[])
    parser.add_argument("--bin", nargs="*", default=[])
    return parser.parse_args()


def main():
    args = parse_args()
    root = f"{os.path.splitext(args.image)[0]}.root"
    shutil.rmtree(root, ignore_errors=True)
    for name in EMPTY_DIRS:
        os.makedirs(os.path.join(root, name))
    os.chmod(os.path.join(root, "tmp"), 0o1777)
    os.chmod(os.path.join(root, "root"), 0o700)
    for program in args.bin:
        stage_program(program, root)
    for tree in args.tree:
        if not os.path.isdir(tree):
            sys.exit(f"mkimage.py: {tree}: no such directory")
        stage_tree(tree, root)
    temporary = f"{args.image}.{os.getpid()}"
    try:
        subprocess.run([args.mkfs, "-o", temporary, "-s", image_size(root, args.size), root],
                       check=True, stdout=subprocess.DEVNULL)
        os.replace(temporary, args.image)
    except subprocess.CalledProcessError as error:
        sys.exit(f"mkimage.py: mkfs failed with status {error.returncode}")
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)


if __name__ == "__main__":
    main()
