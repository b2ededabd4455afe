#!/usr/bin/env python3
"""make doctor: what this machine has, what is missing or too old, and the exact fix.

Exits with 1 if something that building or booting needs is missing; what only some tests
need is a warning.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import Callable, Optional, Tuple

MANAGERS = ("apt-get", "dnf", "pacman", "brew")
FIRMWARE_PATTERNS = (
    "/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.*",
    "/usr/local/share/qemu/opensbi-riscv64-generic-fw_dynamic.*",
    "/opt/homebrew/share/qemu/opensbi-riscv64-generic-fw_dynamic.*",
    "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.*",
)
EMULATOR = os.environ.get("QEMU", "qemu-system-riscv64")
BANNER_SECONDS = 20


@dataclass
class Check:
    """One thing to look for. `probe` returns (version text, problem or None)."""
    name: str
    purpose: str
    required: bool
    probe: Callable[[], Tuple[str, Optional[str]]]
    packages: Tuple[str, str, str, str]


def first_command(*names):
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    return None


def output_of(*command):
    """What a command prints, or nothing if it cannot run."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=BANNER_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")


def parse_version(text):
    """The first dotted number of a text, as a tuple."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part or 0) for part in found.groups()) if found else None


def tool(*names, oldest=None, version_flag="--version"):
    """A probe for a command, of a least version if `oldest` says so."""
    def probe():
        path = first_command(*names)
        if path is None:
            return "", "not installed"
        version = parse_version(output_of(path, version_flag))
        shown = ".".join(map(str, version)) if version else "?"
        if oldest and version and version < oldest:
            return shown, f"too old: {'.'.join(map(str, oldest))} or newer is needed"
        return f"{shown} ({path})", None
    return probe


def probe_firmware():
    for pattern in FIRMWARE_PATTERNS:
        found = glob.glob(pattern)
        if found:
            return found[0], None
    return "", "no OpenSBI firmware found"


def probe_machine():
    """Does QEMU know the virt machine?"""
    path = first_command(EMULATOR)
    if path is None:
        return "", "QEMU is not installed"
    machines = output_of(path, "-machine", "help")
    return ("virt", None) if re.search(r"^virt\b", machines, re.M) else ("", "no machine `virt`")


def probe_compiler():
    """Can the compiler that the build chooses compile?"""
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "toolchain.sh")
    answer = output_of(script)
    error = re.search(r"^TOOLCHAIN_ERROR := (.+)$", answer, re.M)
    if error:
        return "", error.group(1)
    compiler = re.search(r"^CC := (.+)$", answer, re.M)
    return compiler.group(1) if compiler else "", None if compiler else "toolchain.sh failed"


def probe_gdb():
    for name in ("gdb-multiarch", "riscv64-unknown-elf-gdb", "riscv64-elf-gdb", "gdb"):
        path = shutil.which(name)
        if path and "riscv:rv64" in output_of(path, "-nx", "-batch", "-ex",
                                              "set architecture riscv:rv64"):
            return path, None
    return "", "no gdb that knows RISC-V"


def probe_sanitizers():
    """Does the host compiler link with ASan and UBSan?"""
    with tempfile.NamedTemporaryFile("w", suffix=".c") as source:
        source.write("int main(void) { return 0; }\n")
        source.flush()
        done = subprocess.run(["gcc", "-fsanitize=address,undefined", "-o", "/dev/null",
                               source.name], capture_output=True) if shutil.which("gcc") else None
    return ("works", None) if done and done.returncode == 0 else ("", "cannot link")


def probe_libfuzzer():
    found = glob.glob("/usr/lib/llvm-*/lib/clang/*/lib/*/libclang_rt.fuzzer*") + \
        glob.glob("/usr/lib*/clang/*/lib/*/libclang_rt.fuzzer*")
    return (found[0], None) if found else ("", "not installed")


def probe_riscv_libc():
    found = glob.glob("/usr/riscv64-linux-gnu/lib/libc.a") + \
        glob.glob("/usr/riscv64-linux-gnu/usr/lib/libc.a")
    return (found[0], None) if found else ("", "not installed")


CHECKS = (
    Check("make", "building (macOS: call it gmake)", True,
          tool("gmake", "make", oldest=(4, 0, 0)), ("make",) * 4),
    Check("python3", "building, running", True, tool("python3", oldest=(3, 9, 0)),
          ("python3", "python3", "python", "python3")),
    Check("host C compiler", "mkfs, fsck, host tests", True, tool("gcc", "cc"),
          ("gcc libc6-dev", "gcc", "gcc", "gcc")),
    Check("RISC-V compiler", "building", True, probe_compiler,
          ("gcc-riscv64-unknown-elf", "gcc-riscv64-linux-gnu", "riscv64-elf-gcc",
           "riscv64-elf-gcc")),
    Check("QEMU", "booting", True, tool(EMULATOR, oldest=(7, 0, 0)),
          ("qemu-system-misc", "qemu-system-riscv", "qemu-system-riscv", "qemu")),
    Check("QEMU's virt machine", "booting", True, probe_machine,
          ("qemu-system-misc", "qemu-system-riscv", "qemu-system-riscv", "qemu")),
    Check("OpenSBI", "booting", True, probe_firmware,
          ("opensbi", "qemu-system-riscv-core", "qemu-system-riscv-firmware", "qemu")),
    Check("gdb", "make gdb, gdb tests", False, probe_gdb,
          ("gdb-multiarch", "gdb", "riscv64-elf-gdb", "riscv64-elf-gdb")),
    Check("second gcc", "the build matrix", False, tool("riscv64-linux-gnu-gcc"),
          ("gcc-riscv64-linux-gnu", "gcc-riscv64-linux-gnu", "riscv64-linux-gnu-gcc", "")),
    Check("riscv64 C library", "Linux programs for the tests", False, probe_riscv_libc,
          ("libc6-dev-riscv64-cross", "", "riscv64-linux-gnu-glibc", "")),
    Check("qemu-riscv64", "running our programs on Linux", False,
          tool("qemu-riscv64", "qemu-riscv64-static"),
          ("qemu-user", "qemu-user", "qemu-user", "")),
    Check("sanitizers", "host tests", False, probe_sanitizers,
          ("gcc libc6-dev", "libasan libubsan", "gcc", "gcc")),
    Check("clang", "the clang build, fuzzing", False, tool("clang", oldest=(14, 0, 0)),
          ("clang", "clang", "clang", "llvm")),
    Check("ld.lld", "the clang build", False, tool("ld.lld", oldest=(14, 0, 0)),
          ("lld", "lld", "lld", "lld")),
    Check("libFuzzer", "fuzzing", False, probe_libfuzzer,
          ("libclang-rt-14-dev", "compiler-rt", "compiler-rt", "")),
    Check("clang-format", "the format check", False, tool("clang-format", oldest=(14, 0, 0)),
          ("clang-format", "clang-tools-extra", "clang", "clang-format")),
    Check("sparse", "the static check", False, tool("sparse"), ("sparse",) * 4),
    Check("cppcheck", "the static check", False, tool("cppcheck"), ("cppcheck",) * 4),
    Check("dtc", "looking at device trees", False, tool("dtc"),
          ("device-tree-compiler", "dtc", "dtc", "dtc")),
    Check("dash", "shell tests against another shell", False, lambda: (
        (shutil.which("dash"), None) if shutil.which("dash") else ("", "not installed")),
          ("dash",) * 4),
)


def install_command(packages):
    """The command that installs a check's packages here."""
    for index, manager in enumerate(MANAGERS):
        if shutil.which(manager):
            break
    else:
        return f"install what Debian calls {packages[0]}"
    if not packages[index]:
        return f"there is no {manager} package; it is optional"
    prefix = "" if manager == "brew" or os.geteuid() == 0 else "sudo "
    verb = {"apt-get": "install -y", "dnf": "install -y", "pacman": "-S", "brew": "install"}
    return f"{prefix}{manager} {verb[manager]} {packages[index]}"


def main():
    failed = False
    for check in CHECKS:
        version, problem = check.probe()
        if problem is None:
            print(f"ok       {check.name:20} {version}")
            continue
        failed |= check.required
        word = "MISSING" if check.required else "optional"
        print(f"{word:8} {check.name:20} {problem} {version}".rstrip())
        print(f"         {'':20} needed for {check.purpose}; fix: "
              f"{install_command(check.packages)}")
    if failed:
        print("\n./setup.sh installs everything that is missing.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
