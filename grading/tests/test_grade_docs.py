"""Every command of docs/instructor.md and docs/grading.md is one: scripts parse and run (with a grader that
only notes its arguments), YAML is what the systems want, options are ones that grading/grade knows."""

import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

from grading import harness
from grading.harness import cli
from grading.harness.outcome import Verdict

try:
    import yaml
except ImportError:
    yaml = None

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
YAML_LINE = re.compile(r"^ *(- )*([A-Za-z][\w./-]*:( .+)?|[^:]+|\{.*\}|.*[;\"].*)$")
NOTES = """#!/usr/bin/env python3
import json, os, sys
json.dump(sys.argv[1:], open(os.environ["NOTED"], "w"))
sys.exit(int(os.environ.get("STATUS", "0")))
"""


def read(name):
    with open(os.path.join(TOP, "docs", name), encoding="utf-8") as file:
        return file.read()


def block(section):
    """The code of a section of instructor.md: the first block that is indented."""
    text = re.search(rf"^## {section}$(.*?)(?=^## |\Z)", read("instructor.md"), re.M | re.S).group(1)
    lines = re.search(r"(?:^(?:    .*)?\n)*^    .*\n(?:^(?:    .*)?\n)*", text, re.M).group()
    return "\n".join(line[4:] for line in lines.strip("\n").split("\n")) + "\n"


def commands(text):
    """The lines of code that begin with grading/grade, each as words."""
    code = re.sub(r"\\\n\s*", "", "\n".join(re.findall(r"^    (.*)$", text, re.M)))
    for line in code.split("\n"):
        found = re.search(r"(?:^|&& )(grading/grade .*)", line)
        if found:
            yield shlex.split(re.split(r"  +|;", found.group(1))[0])[1:]


class Documents(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        os.makedirs(os.path.join(self.folder, "quire/grading"))
        grader = os.path.join(self.folder, "quire/grading/grade")
        with open(grader, "w", encoding="utf-8") as file:
            file.write(NOTES)
        os.chmod(grader, 0o755)
        with open(os.path.join(self.folder, "students.txt"), "w", encoding="utf-8") as file:
            file.write("ada\nbob the 2nd\nzoë\n")

    def run_script(self, text, expect=0, **environment):
        """The arguments that the grader got from a script. => as the real one understands them"""
        noted = os.path.join(self.folder, "noted")
        done = subprocess.run(["sh", "-c", text], cwd=self.folder, capture_output=True, text=True,
                              check=False, env={**os.environ, "NOTED": noted, **environment})
        self.assertEqual(done.returncode, expect, done.stderr)
        with open(noted, encoding="utf-8") as file:
            return cli.parse(json.load(file))

    def check_yaml(self, text):
        """What can be said without a parser: no tabs, even indentation, keys or items, pairs of brackets."""
        self.assertNotIn("\t", text)
        for line in text.rstrip("\n").split("\n"):
            self.assertRegex(line, YAML_LINE)
            self.assertEqual((len(line) - len(line.lstrip())) % 2, 0, line)
            if not line.strip().startswith(("student=", "grading/")):
                self.assertEqual(line.count("{"), line.count("}"), line)
                self.assertEqual(line.count("["), line.count("]"), line)

    def test_options_of_every_command(self):
        found = [words for name in ("instructor.md", "grading.md") for words in commands(read(name))]
        self.assertGreaterEqual(len(found), 4)
        for words in found:
            with self.subTest(words):
                if words[-1] != "--help":
                    cli.parse(words)

    def test_tables_and_lists_are_whole(self):
        verdicts = re.findall(r"^\| ([a-z ]+) \|", read("grading.md"), re.M)
        self.assertEqual(set(verdicts), {"verdict", *(verdict.value for verdict in Verdict)})
        with open(os.path.join(TOP, "tools/check.mk"), encoding="utf-8") as file:
            checks = re.findall(r"^(check-\w+):", file.read(), re.M)
        self.assertEqual(set(re.findall(r"^\| `make (check-\w+)`", read("style.md"), re.M)), set(checks))
        there = {name[:-3] for name in os.listdir(os.path.join(TOP, "grading/harness")) if re.match(r"[a-z].*\.py$", name)}
        self.assertEqual(there - set(re.findall(r"\w+", harness.__doc__)), set())

    def test_slurm(self):
        script = block("Slurm")
        self.assertTrue(script.startswith("#!/bin/sh\n#SBATCH "))
        for option in re.findall(r"--[a-z-]+=\S+", script.split("\n")[1]):
            self.assertRegex(option, r"^--(array=\d+-\d+|cpus-per-task=\d+|mem=\d+G|time=[\d:]+)$")
        options = self.run_script(script.replace("/shared", self.folder), SLURM_ARRAY_TASK_ID="2")
        self.assertEqual((options.lab, options.submission),
                         ("cow", os.path.join(self.folder, "handed-in", "bob the 2nd")))
        self.assertTrue(options.jsonl.endswith("/results/bob the 2nd.jsonl"))
        self.run_script(script.replace("/shared", self.folder), 2, SLURM_ARRAY_TASK_ID="3", STATUS="2")

    def test_kubernetes_as_text(self):
        self.check_yaml(block("Kubernetes"))

    @unittest.skipUnless(yaml, "PyYAML is not installed")
    def test_kubernetes(self):
        job = yaml.safe_load(block("Kubernetes"))
        self.assertEqual((job["apiVersion"], job["kind"]), ("batch/v1", "Job"))
        spec = job["spec"]
        self.assertEqual(set(spec), {"completions", "parallelism", "completionMode", "backoffLimitPerIndex", "template"})
        self.assertEqual(spec["completionMode"], "Indexed")
        pod = spec["template"]["spec"]
        self.assertEqual(pod["restartPolicy"], "Never")  # or there is no limit per index
        (container,) = pod["containers"]
        self.assertEqual({mount["name"] for mount in container["volumeMounts"]},
                         {volume["name"] for volume in pod["volumes"]})
        self.assertEqual(container["command"], ["sh", "-c"])
        (script,) = container["args"]
        script = f"cd quire; {script.replace('/data', self.folder)}"
        for status, expect in (("0", 0), ("1", 0), ("2", 1)):
            options = self.run_script(script, expect, JOB_COMPLETION_INDEX="1", STATUS=status)
        self.assertEqual(options.submission, os.path.join(self.folder, "in", "bob the 2nd"))

    def test_classroom_as_text(self):
        self.check_yaml(block("GitHub Classroom"))

    @unittest.skipUnless(yaml, "PyYAML is not installed")
    def test_classroom(self):
        flow = yaml.safe_load(block("GitHub Classroom"))
        self.assertEqual(flow[True], ["push"])  # YAML 1.1 reads `on` so, and GitHub knows
        (job,) = flow["jobs"].values()
        steps = job["steps"]
        self.assertTrue(all(("uses" in step) != ("run" in step) for step in steps))
        self.assertEqual([step["with"]["path"] for step in steps if "uses" in step],
                         ["submission", "quire"])
        options = self.run_script(steps[-1]["run"])
        self.assertEqual(options.lab, "cow")
        self.assertTrue(options.submission.endswith("/submission"))

    def test_scripts_of_gradescope_parse(self):
        folder = os.path.join(TOP, "grading/gradescope")
        for name in os.listdir(folder):
            self.assertTrue(os.access(os.path.join(folder, name), os.X_OK), name)
            subprocess.run(["sh", "-n", os.path.join(folder, name)], check=True)


if __name__ == "__main__":
    unittest.main()
