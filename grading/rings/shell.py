"""Shell cases: user/test/sh_cases/NAME.sh in the guest's shell, compared with NAME.out.

The same cases that user/test/run_sh_cases.py runs on the host; dash made the expected
outputs. One boot runs them all. Standard output and the status count. And all programs of user/bin:
that they say how they are used.
"""

import glob
import os
import secrets
import shutil
import tempfile

from grading.machine import Disk
from grading.rings import build
from grading.rings.boot_line import check_line, guest_config, run_line
from grading.rings.report import Job
from grading.rings.user import parse

FOLDER = "user/test/sh_cases"
GUEST_FOLDER = "tests/sh_cases"
LIMIT_SECONDS = 200

# What they are told they print, or take for what it is not; init is process 1's.
WITHOUT_USAGE = {"echo", "false", "init", "true", "yes"}
TESTS_WITH_USAGE = {"answer", "colors", "dirtymap", "fuzz", "libctest", "mmstress", "refstring", "swapbench", "swaptest",
                    "usertests", "workset"}


def case_names():
    return sorted(os.path.basename(path)[:-len(".sh")] for path in glob.glob(f"{FOLDER}/*.sh"))


def expected(name):
    with open(f"{FOLDER}/{name}.out", "rb") as file:
        return file.read()


def image_with_cases():
    """A root image that has the cases in /tests/sh_cases."""
    with tempfile.TemporaryDirectory() as tree:
        target = os.path.join(tree, GUEST_FOLDER)
        os.makedirs(target)
        for name in case_names():
            shutil.copy(f"{FOLDER}/{name}.sh", target)
        return build.image_with(tree)


def first_difference(want, got):
    """Where two outputs part, in words."""
    want_lines, got_lines = want.split(b"\n"), got.split(b"\n")
    for number, (first, second) in enumerate(zip(want_lines, got_lines), 1):
        if first != second:
            return f"line {number}: dash prints {first!r}, our shell {second!r}"
    return f"dash prints {len(want_lines)} lines, our shell {len(got_lines)}"


def tell(report, name, results, machine, log):
    """One case's result."""
    title = f"shell {name}"
    if name not in results:
        report.failed(title, f"did not end: {machine}", log)
        return
    status, output = results[name]
    output += b"status %d\n" % status
    if output == expected(name):
        report.ok(title)
    else:
        report.failed(title, first_difference(expected(name), output), log)


def run(report):
    names = case_names()
    if not names:
        report.skipped("shell cases", "there are none")
        return
    mark = f"@{secrets.token_hex(4)}"
    line = (f"for t in {' '.join(names)}; do echo {mark} begin $t; "
            f"sh /{GUEST_FOLDER}/$t.sh 2>/dev/null </dev/null; echo {mark} end $t $?; done; "
            f"echo {mark} begin framecheck; framecheck; echo {mark} end framecheck $?")
    build.require("default")
    config = guest_config(smp=2, limit=LIMIT_SECONDS)
    image = image_with_cases()
    config.disks = [Disk(image, "root")]
    result = run_line(report, "shell cases", config, line)
    os.unlink(image)
    results, _ = parse(result.output, mark)
    for name in names:
        tell(report, name, results, result.machine, config.log)
    status, output = results.get("framecheck", (None, b""))
    if status == 0:
        report.ok("shell framecheck")
    else:
        report.failed("shell framecheck", f"status {status}", config.log, output)


def programs_with_usage():
    """Those of /bin that say how they are used. Of tests, only those that have options."""
    names = {os.path.splitext(name)[0] for name in os.listdir("user/bin")}
    return sorted(names - WITHOUT_USAGE | TESTS_WITH_USAGE)


def run_usage(report):
    """Told of an option that it lacks, a program says in one line what it has, and ends with 2."""
    line = (f"for p in {' '.join(programs_with_usage())}; do for o in --help -~; do "
            "/bin/$p $o >/tmp/o 2>&1 </dev/null; s=$?; "
            "[ $s = 2 ] && [ $(wc -l </tmp/o) -le 2 ] && grep -q \"usage: $p\\( [^ ]\\|$\\)\" /tmp/o || "
            "{ echo $p $o: $s; cat /tmp/o; }; done; done; "
            "framecheck >/tmp/o 2>&1 || { echo framecheck: $?; cat /tmp/o; }")
    check_line(report, "usage of programs", guest_config(smp=2, limit=LIMIT_SECONDS), line, b"")


def jobs():
    return [Job("shell cases", run, 40), Job("usage of programs", run_usage, 20)]
