"""The copy of a build for a submission, while others build in the same directory."""

import os
import tempfile
import threading
import time
import unittest
from unittest import mock

from grading.harness import workplace
from grading.machine import EnvironmentProblem, scratch
from grading.rings.build import build_lock


class Sources(unittest.TestCase):
    def test_what_lies_beside_the_tree_is_no_part_of_it(self):
        """Without git's list as well, as in a copy of the tree: what was handed in may lie there."""
        with tempfile.TemporaryDirectory() as top:
            for name in ("Makefile", "kernel/vm/fork.c", "kernel/vm/__pycache__/x", "handed-in/bob/kernel/vm/fork.c",
                         "build/quire.elf", "notes.txt"):
                path = os.path.join(top, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8"):
                    pass
            self.assertEqual(sorted(workplace.tracked_files(top)), ["Makefile", "kernel/vm/fork.c"])


class BuildCopy(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.built, self.copy = (os.path.join(folder.name, name) for name in ("build", "copy"))
        for name in ("quire.elf", "mkfs/mkfs", "gen/quire0.elf", "gen/ksyms.S", "gen/version.h", "kernel/vm/fault.c.o", "fs-12.root/bin/sh",
                     "fs-12.img", "hosttest/mem/a.o", "variants/debug/quire.elf"):
            path = os.path.join(self.built, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(name)
            os.utime(path, (1000, 2000))

    def copied(self):
        return sorted(os.path.relpath(os.path.join(folder, name), self.copy)
                      for folder, _, files in os.walk(self.copy) for name in files)

    def test_only_what_a_kernel_is_made_of_with_its_times(self):
        workplace.copy_build(self.built, self.copy)
        self.assertEqual(self.copied(), ["gen/version.h", "kernel/vm/fault.c.o", "mkfs/mkfs"])
        self.assertEqual(os.stat(os.path.join(self.copy, "gen/version.h")).st_mtime, 2000)

    def test_nothing_from_files_that_are_handed_in(self):
        for names in (("kernel/vm/fault.c",), ("kernel/vm/",)):
            workplace.copy_build(self.built, self.copy, names)
            self.assertEqual(self.copied(), ["gen/version.h", "mkfs/mkfs"])

    def test_what_goes_meanwhile_was_temporary(self):
        temporary = os.path.join(self.built, "gen", "version.h.77")
        with open(temporary, "w", encoding="utf-8"):
            pass
        copy = workplace.copy_sparse

        def copy_late(source, target):
            if source == temporary:
                os.remove(source)
            copy(source, target)

        with mock.patch.object(workplace, "copy_sparse", copy_late):
            workplace.copy_build(self.built, self.copy)
        self.assertFalse(os.path.exists(temporary))
        self.assertEqual(self.copied(), ["gen/version.h", "kernel/vm/fault.c.o", "mkfs/mkfs"])

    def test_a_copy_that_cannot_be_made_is_no_silence(self):
        os.makedirs(os.path.join(self.copy, "mkfs/mkfs"))
        with self.assertRaises(OSError):
            workplace.copy_build(self.built, self.copy)


class BuildLock(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = folder.name
        self.events = []

    def second(self):
        try:
            with build_lock(self.path):
                self.events.append("second")
        except EnvironmentProblem:
            self.events.append("stopped")

    def test_one_at_a_time(self):
        other = threading.Thread(target=self.second)
        with build_lock(self.path):
            other.start()
            time.sleep(0.3)
            self.events.append("first")
        other.join()
        self.assertEqual(self.events, ["first", "second"])

    def test_readers_keep_out_who_builds_and_not_each_other(self):
        other = threading.Thread(target=self.second)
        with build_lock(self.path, reading=True), build_lock(self.path, reading=True):
            other.start()
            time.sleep(0.3)
            self.events.append("first")
        other.join()
        self.assertEqual(self.events, ["first", "second"])

    def test_who_reads_needs_no_leave_to_write(self):
        """As on a disk that all share, mounted read-only."""
        real = open

        def refuse(name, mode="r", **options):
            if mode != "rb":
                raise OSError(30, "Read-only file system")
            return real(name, mode, **options)

        with mock.patch("builtins.open", refuse), build_lock(self.path, reading=True):
            self.assertEqual(os.listdir(self.path), [])
        with build_lock(self.path):
            pass
        other = threading.Thread(target=self.second)
        with mock.patch("builtins.open", refuse), build_lock(self.path, reading=True):
            with self.assertRaises(OSError), build_lock(self.path):
                pass
            mock.patch.stopall()
            self.events.append("first")
        other.start()
        other.join()
        self.assertEqual(self.events, ["first", "second"])

    def test_who_waits_can_be_stopped(self):
        other = threading.Thread(target=self.second)
        with build_lock(self.path):
            with mock.patch.object(scratch, "stopping", threading.Event()):
                scratch.stopping.set()
                other.start()
                other.join()
        self.assertEqual(self.events, ["stopped"])


if __name__ == "__main__":
    unittest.main()
