"""Shell cases: user/test/cases/NAME.sh in the guest's shell, its output against NAME.out.

One boot runs them all, each in a shell and a directory of its own. The expected outputs
are those of dash; `python3 -m grading.rings.shell` checks that they are.
"""

import glob
import os
import secrets
import shutil
import subprocess
import sys
import tempfile

from grading.rings.boot_line import guest_config, run_line
from grading.rings.report import Job
from grading.rings.user import parse

FOLDER = "user/test/cases"
GUEST_FOLDER = "/tests/cases"
LIMIT_SECONDS = 200


def case_names():
    return sorted(os.path.basename(path)[:-3] for path in glob.glob(f"{FOLDER}/*.sh"))


def expected(name):
    with open(f"{FOLDER}/{name}.out", "rb") as file:
        return file.read()


def tell(report, name, results, machine, log):
    """One case's result."""
    title = f"shell {name}"
    if name not in results:
        report.failed(title, f"did not end: {machine}", log)
        return
    _, output = results[name]
    if output == expected(name):
        report.ok(title)
    else:
        report.failed(title, "other output than dash's", log, output)


def run(report):
    names = case_names()
    if not names:
        report.skipped("shell cases", "there are none")
        return
    mark = f"@{secrets.token_hex(4)}"
    line = "; ".join(f"echo {mark} begin {name}; (mkdir /tmp/{name}; cd /tmp/{name}; "
                     f"sh {GUEST_FOLDER}/{name}.sh 2>&1); echo {mark} end {name} $?"
                     for name in names)
    config = guest_config(smp=2, limit=LIMIT_SECONDS)
    result = run_line(report, "shell cases", config, line)
    if result is not None:
        results, _ = parse(result.output, mark)
        for name in names:
            tell(report, name, results, result.machine, config.log)


def jobs():
    return [Job("shell cases", run, 40)]


def check_against_dash():
    """Exits with 1 if a case's expected output is not what dash prints."""
    failed = False
    for name in case_names():
        with tempfile.TemporaryDirectory() as directory:
            script = os.path.abspath(f"{FOLDER}/{name}.sh")
            done = subprocess.run([shutil.which("dash") or "sh", script], cwd=directory,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.stdout != expected(name):
            print(f"{name}: dash prints\n{done.stdout.decode('utf-8', 'replace')}")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(check_against_dash())
