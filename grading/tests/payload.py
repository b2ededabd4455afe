"""Builds payload.S: a tiny kernel that ends in a way of the test's choosing."""

import os
import shutil
import subprocess
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
COMPILERS = ("riscv64-unknown-elf-gcc", "riscv64-linux-gnu-gcc", "riscv64-elf-gcc")


def find_compiler():
    for name in COMPILERS:
        if shutil.which(name):
            return name
    raise unittest.SkipTest("no RISC-V compiler")


def quote(text):
    """A C string literal of any bytes."""
    return '"' + "".join(f"\\{byte:03o}" for byte in text.encode()) + '"'


def build_payload(directory, name, behaviour, text="", exit_code=0):
    """The path of a kernel that prints `text`, then does exit, idle, spin, reboot or echo."""
    path = os.path.join(directory, name)
    subprocess.run([find_compiler(), "-nostdlib", "-static", "-ffreestanding",
                    "-march=rv64imac", "-mabi=lp64", "-mcmodel=medany",
                    "-Wl,-N,-Ttext=0x80200000", "-Wl,--build-id=none",
                    f"-DBEHAVIOUR={behaviour}", f"-DTEXT={quote(text)}",
                    f"-DEXIT_CODE={exit_code}", "-o", path, os.path.join(HERE, "payload.S")],
                   check=True, stderr=subprocess.DEVNULL)
    return path
