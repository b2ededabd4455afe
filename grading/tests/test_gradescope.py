"""The scripts for Gradescope, with a grader and a tree that only note what is asked of them."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest
import zipfile

from grading.harness.outcome import TOP

SCRIPTS = os.path.join(TOP, "grading/gradescope")
GRADER = """#!/bin/sh
printf '%s\\n' "$*" >"$NOTED"
[ -z "$LEFT" ] || printf '%s' "$LEFT" >"$5"
exit "$STATUS"
"""


class Scripts(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.noted, self.results = self.path("noted"), self.path("results", "results.json")
        self.put("source/lab", "lazy\n")
        self.put("source/quire/setup.sh", "#!/bin/sh\n")
        self.put("source/quire/Makefile", "all:\n")
        self.put("source/quire/grading/grade", GRADER)

    def path(self, *names):
        return os.path.join(self.root, *names)

    def put(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(name), 0o755)

    def run_script(self, name, status, left=""):
        """=> (exit status of the script, what the grader was asked for)"""
        done = subprocess.run([os.path.join(SCRIPTS, name)], check=False, capture_output=True, env={
            **os.environ, "AUTOGRADER_ROOT": self.root, "AUTOGRADER_SOURCE": self.path("source"), "NOTED": self.noted,
            "STATUS": str(status), "LEFT": left})
        with open(self.noted, encoding="utf-8") as file:
            return done.returncode, file.read().strip()

    def test_setup_checks_the_lab_of_the_archive(self):
        for status in (0, 2):
            self.assertEqual(self.run_script("setup.sh", status), (status, "--selfcheck -j 2 lazy"))

    def test_a_score_of_a_grader_that_had_a_fault_is_none(self):
        for status, left, score in ((0, '{"score": 9}', 9), (1, '{"score": 3}', 3), (2, '{"score": 0}', None),
                                    (2, "", None), (2, '{"output": "told"}', None), (137, '{"score": 3}', None)):
            if os.path.exists(self.results):
                os.remove(self.results)
            self.assertEqual(self.run_script("run_autograder", status, left)[0], 0)
            with open(self.results, encoding="utf-8") as file:
                results = json.load(file)
            self.assertEqual(results.get("score"), score)
            self.assertEqual("told" in results.get("output", ""), "told" in left)

    def make_archive(self, lab):
        out = self.path("x.zip")
        done = subprocess.run([os.path.join(SCRIPTS, "make_archive"), lab, out], capture_output=True, text=True,
                              check=False)
        return done, out

    def test_an_archive_of_no_lab(self):
        for lab in ("nolab", "", "--help", "cow/share"):
            done, out = self.make_archive(lab)
            self.assertEqual(done.returncode, 2, lab)
            self.assertIn("is no lab", done.stderr)
            self.assertFalse(os.path.exists(out))

    @unittest.skipUnless(os.path.isdir(os.path.join(TOP, ".git")), "the archive has what git tracks")
    def test_an_archive(self):
        done, out = self.make_archive("cow")
        self.assertEqual(done.returncode, 0, done.stderr)
        with zipfile.ZipFile(out) as archive:
            self.assertEqual(archive.read("lab"), b"cow\n")
            self.assertLessEqual({"setup.sh", "run_autograder", "quire/grading/grade"}, set(archive.namelist()))


if __name__ == "__main__":
    unittest.main()
