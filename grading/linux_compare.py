"""make linux-compare: our test programs on Quire and on Linux, result by result.

Linux is qemu-riscv64, or with LINUX=IMAGE a kernel (grading/linux_kernel.py).

QEMU's user mode gives a program the calls of the host's Linux, so a test that fails there is
probably a wrong test. Where QEMU itself differs from a kernel, user/test/linux_differences.txt
says so, with the reason. What differs and is not in that file is an error, and so is a line of the
file whose test agrees after all: the list can only shrink.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from grading import linux_kernel
from grading.machine import EnvironmentProblem, options, run_command, scratch
from grading.rings.user import test_names

DIFFERENCES = "user/test/linux_differences.txt"
KERNEL_DIFFERENCES = "user/test/linux_kernel_differences.txt"
KINDS = ("differs", "varies", "absent")
RESULT_LINE = re.compile(r"^test (\S+) (ok|FAILED|skipped)", re.MULTILINE)
SKIP_STATUS = 77
HOST_SECONDS = 600  # of wall time, for what hangs
GUEST_SECONDS = 600
KERNEL_MEM = "512M"  # with 128M its OOM killer comes in fork_bomb, and ends usertests itself
MARK = "@end-of-program"
MISSING = "-"


@dataclass
class Difference:
    """One line of the file."""
    kind: str
    reason: str


def read_differences(path=DIFFERENCES):
    """{case: Difference}. => raises ValueError for a line that is none"""
    found = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if not line.strip() or line.startswith("#"):
                continue
            words = line.split(None, 2)
            if len(words) < 3 or words[1] not in KINDS or words[0] in found:
                raise ValueError(f"{path}: {line.strip()}")
            found[words[0]] = Difference(words[1], words[2].strip())
    return found


def emulator():
    """Runs riscv64 Linux programs on this host; None if there is none."""
    return shutil.which("qemu-riscv64") or shutil.which("qemu-riscv64-static")


def results(program, status, output):
    """{case: ok, FAILED or skipped}: each line of a program of many tests, or its status."""
    lines = RESULT_LINE.findall(output)
    if lines and status == any(word == "FAILED" for _, word in lines):
        if [name for name, _ in lines] == [program]:
            return {program: lines[0][1]}
        return {f"{program}.{name}": word for name, word in lines}
    word = "ok" if status == 0 else "skipped" if status == SKIP_STATUS else "FAILED"
    return {program: word}


def programs(differences):
    """The test programs that a host can run."""
    return [name for name in test_names() + ["usertests"]
            if name not in differences or differences[name].kind != "absent"]


def on_linux(names, folder, keep=lambda name, output: None):
    """{case: result} of programs under QEMU's user mode, in a directory of their own. What each printed goes to
    keep()."""
    found = {}
    for name in names:
        line = [emulator(), os.path.abspath(os.path.join(folder, name))]
        line += ["-k"] if name == "usertests" else []
        with tempfile.TemporaryDirectory() as directory:
            try:
                done = subprocess.run(line, cwd=directory, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      timeout=HOST_SECONDS, check=False)
            except subprocess.TimeoutExpired as expired:
                keep(name, expired.stdout or b"")
                found[name] = "FAILED"
                continue
        keep(name, done.stdout)
        found.update(results(name, done.returncode, done.stdout.decode("utf-8", "replace")))
    return found


def line_of(names):
    """A line for the shell that runs them all and marks the end of each."""
    return f"for t in {' '.join(names)}; do $t; echo {MARK} $t $?; done"


def marked_results(output):
    """{case: result} of the output of such a line."""
    found, start = {}, 0
    for end in re.finditer(rf"^{MARK} (\S+) (\d+)$", output, re.MULTILINE):
        found.update(results(end.group(1), int(end.group(2)), output[start:end.start()]))
        start = end.end()
    return found


def on_quire(names):
    """{case: result} of programs in one boot of Quire."""
    result = run_command(options.config_from_environment(limit=GUEST_SECONDS), line_of(names))
    if result.status is None:
        raise EnvironmentProblem(f"Quire ended too early: {result.machine}")
    return marked_results(result.output.decode("utf-8", "replace"))


def on_linux_kernel(names, image):
    """{case: result} of programs in one boot of a Linux kernel."""
    return marked_results(linux_kernel.run(image, line_of(names), mem=KERNEL_MEM, emit=print)[1])


def judge(case, quire, linux, differences):
    """(what to print, whether it is an error) of one case."""
    known = differences.get(case)
    if known and known.kind == "absent":
        return f"not run there: {known.reason}", linux not in (MISSING, "skipped")
    if quire != linux:
        if known:
            return f"known difference: {known.reason}", False
        return "DIFFERENT, and nobody says why", True
    if known and known.kind == "differs":
        return "SAME, and the list of differences says it differs", True
    return "same", False


def compare(quire, linux, differences):
    """[(case, quire, linux, remark, error)], of all cases anybody knows."""
    whole = {case.split(".")[0] for case in list(quire) + list(linux)}
    cases = list(dict.fromkeys([*quire, *linux, *differences]))
    table = []
    for case in cases:
        ours, theirs = quire.get(case, MISSING), linux.get(case, MISSING)
        if ours == MISSING and case in whole:
            continue  # the whole program, which told its cases
        remark, error = judge(case, ours, theirs, differences)
        if ours == theirs == MISSING and differences[case].kind != "absent":
            remark, error = "NO SUCH CASE, but the list of differences has it", True
        table.append((case, ours, theirs, remark, error))
    return table


def print_table(table):
    """The table, then the totals."""
    print(f"{'test':44} {'Quire':8} {'Linux':8}")
    for case, ours, theirs, remark, _ in table:
        print(f"{case:44} {ours:8} {theirs:8} {remark}")
    same = sum(remark == "same" for *_, remark, _ in table)
    errors = sum(error for *_, error in table)
    print(f"{len(table)} cases: {same} the same, {len(table) - same - errors} with a known reason, "
          f"{errors} errors")


def main():
    image = options.setting("LINUX")
    if not image and emulator() is None:
        sys.stderr.write("linux-compare: no qemu-riscv64 (./setup.sh gets it)\n")
        return 2
    folder = os.path.join(options.setting("BUILD", "build"), "user", "bin")
    differences = read_differences(KERNEL_DIFFERENCES if image else DIFFERENCES)
    names = programs(differences)
    scratch.prepare()
    try:
        linux = on_linux_kernel(names, image) if image else on_linux(names, folder)
        quire = on_quire(names)
    except EnvironmentProblem as problem:
        sys.stderr.write(f"linux-compare: {problem}\n")
        return 2
    table = compare(quire, linux, differences)
    print_table(table)
    return 1 if any(error for *_, error in table) else 0


if __name__ == "__main__":
    sys.exit(main())
