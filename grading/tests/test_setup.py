"""setup.sh with package managers that only note what they are asked for.

Each test has a machine of its own: a directory that is all of PATH, where installing a package
puts the commands of the package, and a root for the files that setup.sh looks for.
"""

import os
import shutil
import subprocess
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = ("sh", "ls", "find", "head", "sed", "env", "mkdir", "touch", "dirname", "chmod", "rm")
FIRMWARE = "/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin"
FUZZER = "/usr/lib/clang/19/lib/linux/libclang_rt.fuzzer.a"
RISCV_LIBC = "/usr/riscv64-linux-gnu/lib/libc.a"

# Every package that setup.sh may name -> what comes with it, a file if it begins with /.
PACKAGES = {
    "apt-get": {
        "make": "make", "python3": "python3", "gcc": "gcc", "libc6-dev": "",
        "qemu-system-misc": "qemu-system-riscv64", "opensbi": FIRMWARE,
        "gcc-riscv64-unknown-elf": "riscv64-unknown-elf-gcc", "binutils-riscv64-unknown-elf": "",
        "gcc-riscv64-linux-gnu": "riscv64-linux-gnu-gcc", "libc6-dev-riscv64-cross": RISCV_LIBC,
        "gdb-multiarch": "gdb-multiarch", "device-tree-compiler": "dtc",
        "qemu-user": "qemu-riscv64", "clang": "clang", "lld": "ld.lld", "llvm": "llvm-nm",
        "clang-format": "clang-format", "libclang-rt-14-dev": FUZZER, "sparse": "sparse",
        "cppcheck": "cppcheck", "dash": "dash",
    },
    "dnf": {
        "make": "make", "python3": "python3", "gcc": "gcc", "libasan": "", "libubsan": "",
        "gcc-riscv64-linux-gnu": "riscv64-linux-gnu-gcc",
        "qemu-system-riscv": "qemu-system-riscv64", "qemu-system-riscv-core": FIRMWARE,
        "gdb": "gdb", "dtc": "dtc", "qemu-user": "qemu-riscv64", "clang": "clang",
        "lld": "ld.lld", "llvm": "llvm-nm", "clang-tools-extra": "clang-format",
        "compiler-rt": FUZZER, "sparse": "sparse", "cppcheck": "cppcheck", "dash": "dash",
    },
    "pacman": {
        "make": "make", "python": "python3", "gcc": "gcc", "riscv64-elf-gcc": "riscv64-elf-gcc",
        "riscv64-elf-binutils": "", "riscv64-linux-gnu-gcc": "riscv64-linux-gnu-gcc",
        "riscv64-linux-gnu-glibc": RISCV_LIBC, "qemu-system-riscv": "qemu-system-riscv64",
        "qemu-system-riscv-firmware": FIRMWARE, "riscv64-elf-gdb": "riscv64-elf-gdb",
        "dtc": "dtc", "qemu-user": "qemu-riscv64", "clang": "clang clang-format",
        "lld": "ld.lld", "llvm": "llvm-nm", "compiler-rt": FUZZER, "sparse": "sparse",
        "cppcheck": "cppcheck", "dash": "dash",
    },
    "brew": {
        "make": "gmake", "python3": "python3", "gcc": "gcc", "qemu": "qemu-system-riscv64 " + FIRMWARE,
        "riscv64-elf-gcc": "riscv64-elf-gcc", "riscv64-elf-binutils": "",
        "riscv64-elf-gdb": "riscv64-elf-gdb", "dtc": "dtc", "llvm": "clang", "lld": "ld.lld",
        "clang-format": "clang-format", "cppcheck": "cppcheck", "dash": "dash",
    },
}
INSTALL = {
    "apt-get": "apt-get install -y --no-install-recommends",
    "dnf": "dnf install -y",
    "pacman": "pacman -S --needed --noconfirm",
    "brew": "brew install",
}
MANAGER = """#!/bin/sh
echo "{name} $*" >>"$SETUP_ROOT/log"
[ "$1" = update ] && exit 0
for package; do
	case $package in
	install|-*) continue ;;
	esac
	[ -e "$SETUP_ROOT/packages/$package" ] || exit 1
done
for package; do
	case $package in
	install|-*) continue ;;
	esac
	sh "$SETUP_ROOT/packages/$package"
done
"""


class FakeMachine:
    """A machine with one package manager; `uid` is who runs setup.sh."""

    def __init__(self, manager, uid=0, sudo=False, without=()):
        self.root = tempfile.mkdtemp()
        self.manager = manager
        self.bin = os.path.join(self.root, "bin")
        os.makedirs(os.path.join(self.root, "packages"))
        os.makedirs(self.bin)
        for tool in TOOLS:
            os.symlink(shutil.which(tool), os.path.join(self.bin, tool))
        self.script("id", f"#!/bin/sh\necho {uid}\n")
        if sudo:
            self.script("sudo", '#!/bin/sh\nprintf "sudo " >>"$SETUP_ROOT/log"\n"$@"\n')
        if manager:
            self.script(manager, MANAGER.format(name=manager))
            for package, contents in PACKAGES[manager].items():
                if package not in without:
                    self.add_package(package, contents.split())

    def script(self, name, text, folder=None):
        path = os.path.join(folder or self.bin, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o755)

    def place(self, thing):
        """Where a command or a file is on this machine."""
        return self.root + thing if thing.startswith("/") else os.path.join(self.bin, thing)

    def add_package(self, package, contents):
        lines = [f'mkdir -p "{os.path.dirname(self.place(thing))}"; touch "{self.place(thing)}"; '
                 f'chmod 755 "{self.place(thing)}"' for thing in contents]
        self.script(package, "\n".join(lines) + "\n", os.path.join(self.root, "packages"))

    def run(self, *arguments):
        """(status, standard output, standard error, what was asked of the manager)"""
        log = os.path.join(self.root, "log")
        with open(log, "w", encoding="utf-8"):
            pass
        done = subprocess.run(["/bin/sh", "./setup.sh", *arguments], cwd=TOP, text=True,
                              capture_output=True, check=False,
                              env={"PATH": self.bin, "SETUP_ROOT": self.root})
        with open(log, encoding="utf-8") as file:
            return done.returncode, done.stdout, done.stderr, file.read().splitlines()

    def close(self):
        shutil.rmtree(self.root)


class SetupTest(unittest.TestCase):
    def machine(self, *args, **kwargs):
        machine = FakeMachine(*args, **kwargs)
        self.addCleanup(machine.close)
        return machine

    def installed(self, log, command):
        """The packages of the one call of the manager."""
        calls = [line for line in log if "update" not in line]
        self.assertEqual(len(calls), 1, log)
        self.assertTrue(calls[0].startswith(command + " "), calls)
        return calls[0][len(command) + 1:].split()

    def check_all(self, manager, command, **kwargs):
        """An empty machine gets everything in one call; the second time all is silent."""
        machine = self.machine(manager, **kwargs)
        status, _, errors, log = machine.run()
        self.assertEqual((status, errors), (0, ""))
        packages = self.installed(log, command)
        self.assertEqual(sorted(packages), sorted(set(PACKAGES[manager])))
        self.assertEqual(machine.run(), (0, "", "", []))

    def test_each_manager_as_root(self):
        for manager in ("apt-get", "dnf", "pacman"):
            with self.subTest(manager):
                self.check_all(manager, INSTALL[manager])

    def test_each_manager_with_sudo(self):
        for manager in ("apt-get", "dnf", "pacman"):
            with self.subTest(manager):
                self.check_all(manager, "sudo " + INSTALL[manager], uid=1000, sudo=True)

    def test_homebrew_never_uses_sudo(self):
        self.check_all("brew", INSTALL["brew"], uid=501, sudo=True)

    def test_homebrew_as_root_is_refused(self):
        status, _, errors, log = self.machine("brew").run()
        self.assertEqual((status, log), (1, []))
        self.assertIn("does not run as root", errors)

    def test_neither_root_nor_sudo_says_the_command(self):
        for manager in ("apt-get", "dnf", "pacman"):
            status, _, errors, log = self.machine(manager, uid=1000).run()
            self.assertEqual((status, log), (1, []))
            self.assertIn("as root, run:", errors)

    def test_no_manager_names_the_packages(self):
        status, _, errors, _ = self.machine(None).run()
        self.assertEqual(status, 1)
        self.assertIn("gcc-riscv64-unknown-elf", errors)

    def test_dry_run_installs_nothing(self):
        status, output, _, log = self.machine("dnf").run("--dry-run")
        self.assertEqual((status, log), (0, []))
        self.assertIn("qemu-system-riscv", output)

    def test_wrong_option_gets_usage(self):
        status, _, errors, _ = self.machine("dnf").run("--help-me")
        self.assertEqual(status, 2)
        self.assertIn("usage:", errors)

    def test_one_unknown_package_does_not_keep_the_others_out(self):
        machine = self.machine("dnf", without=("sparse",))
        status, _, errors, _ = machine.run()
        self.assertEqual(status, 0)
        self.assertIn("still missing: sparse", errors)
        self.assertTrue(os.path.exists(machine.place("qemu-system-riscv64")))

    def test_a_missing_emulator_is_a_failure(self):
        machine = self.machine("pacman", without=("qemu-system-riscv",))
        status, _, errors, _ = machine.run()
        self.assertEqual(status, 1)
        self.assertIn("qemu-system-riscv", errors)


if __name__ == "__main__":
    unittest.main()
