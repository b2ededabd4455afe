"""What `make doctor` says of a machine."""

import os
import subprocess
import sys
import tempfile
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OLD = """#!/bin/sh
case $1 in --version) echo "QEMU emulator version 5.2.0" ;; *) echo "virt  a board" ;; esac
"""


class Doctor(unittest.TestCase):
    def test_the_emulator_that_is_asked_for(self):
        """QEMU= names another one than that of PATH, for all that start machines."""
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "qemu")
            with open(path, "w", encoding="ascii") as file:
                file.write(OLD)
            os.chmod(path, 0o755)
            done = subprocess.run([sys.executable, os.path.join(TOP, "tools", "doctor.py")],
                                  env={**os.environ, "QEMU": path}, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout + done.stderr, r"QEMU +too old: 7\.0\.0 .* 5\.2\.0\n")


if __name__ == "__main__":
    unittest.main()
