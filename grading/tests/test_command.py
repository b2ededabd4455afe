"""Splitting the console into output and the rest; boot arguments; classification."""

import os
import tempfile
import unittest
import unittest.mock

from grading.machine import Config, Disk, EnvironmentProblem, Result, Verdict
from grading.machine import command, command_line, config, verdict


class SplitterTest(unittest.TestCase):
    STREAM = (b"OpenSBI v1.1\r\n[0.1] up\r\n\x1eNbegin\r\none\r\ntw\x1eNk panic? no\r\no\r\n"
              b"\x1eXend 9\r\nlast\x1eNend 3\r\npoweroff\r\n")

    def split(self, chunks):
        output, notes = bytearray(), bytearray()
        splitter = command.Splitter("N", output.extend, notes.extend)
        for chunk in chunks:
            splitter.feed(chunk)
        return bytes(output), bytes(notes), splitter.status

    def expected(self):
        return (b"one\ntwo\n\x1eXend 9\nlast", b"OpenSBI v1.1\r\n[0.1] up\r\npanic? no\npoweroff\r\n",
                3)

    def test_whole(self):
        self.assertEqual(self.split([self.STREAM]), self.expected())

    def test_byte_by_byte(self):
        chunks = [self.STREAM[i:i + 1] for i in range(len(self.STREAM))]
        self.assertEqual(self.split(chunks), self.expected())

    def test_no_marks_no_output(self):
        self.assertEqual(self.split([b"hello\r\n"])[0], b"")

    def test_lone_carriage_return_is_kept(self):
        self.assertEqual(self.split([b"\x1eNbegin\r\na\rb\r\n\x1eNend 0\r\n"])[0], b"a\rb\n")


class CommandTest(unittest.TestCase):
    def test_encode(self):
        self.assertEqual(command.encode("ls -l /"), "ls%20-l%20/")
        self.assertEqual(command.encode("echo 'ü\"%'"), "echo%20%27%c3%bc%22%25%27")

    def test_exit_status(self):
        exited = Result(Verdict.EXITED, 3)
        self.assertEqual(command.exit_status(exited, 3), 3)
        self.assertEqual(command.exit_status(exited, 0), 126)
        self.assertEqual(command.exit_status(exited, None), 126)
        self.assertEqual(command.exit_status(Result(Verdict.PANIC, 101), None), 125)
        self.assertEqual(command.exit_status(Result(Verdict.TIMEOUT, 124), 124), 124)
        self.assertEqual(command.exit_status(Result(Verdict.HANG), None), 124)


class ConfigTest(unittest.TestCase):
    def test_parse_bytes(self):
        for text, value in (("4096", 4096), ("1K", 1024), ("256m", 256 << 20), ("2G", 2 << 30)):
            self.assertEqual(config.parse_bytes(text), value)

    def test_boot_arguments(self):
        self.assertEqual(command_line.boot_arguments(Config("k", append="x=1", limit=9)),
                         "x=1 panic=exit watchdog=9")
        self.assertEqual(command_line.boot_arguments(Config("k", append="panic=halt", limit=None)),
                         "panic=halt")

    def test_each_disk_has_a_slot(self):
        options = command_line.disk_options(3, Disk("x", "root"), "a,b")
        self.assertIn("bus=virtio-mmio-bus.3,serial=root", options[3])
        self.assertIn("file=a,,b", options[1])


    def test_icount_is_for_one_hart(self):
        for config in (Config("k", smp=2, icount=True),
                       Config("k", smp=4, qemuflags=["-icount", "shift=0,sleep=off"])):
            with self.assertRaisesRegex(EnvironmentProblem, "SMP=1"):
                command_line.check_icount(config)
        command_line.check_icount(Config("k", smp=1, icount=True))
        command_line.check_icount(Config("k", smp=4, qemuflags=["-d", "int"]))


class QemuTest(unittest.TestCase):
    def fake_qemu(self, version):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        path = os.path.join(directory.name, "qemu")
        with open(path, "w") as script:
            script.write(f"#!/bin/sh\necho QEMU emulator version {version}\n")
        os.chmod(path, 0o755)
        self.addCleanup(command_line.find_qemu.cache_clear)
        command_line.find_qemu.cache_clear()
        return unittest.mock.patch.dict(os.environ, {"QEMU": path})

    def test_old_qemu_is_refused_with_its_version(self):
        with self.fake_qemu("6.2.0"), self.assertRaisesRegex(EnvironmentProblem, "6.2, too old"):
            command_line.find_qemu()

    def test_new_qemu_is_taken(self):
        with self.fake_qemu("10.0.3"):
            self.assertTrue(command_line.find_qemu())

    def test_no_qemu(self):
        command_line.find_qemu.cache_clear()
        with unittest.mock.patch.dict(os.environ, {"QEMU": "/nonexistent/qemu"}), \
                self.assertRaisesRegex(EnvironmentProblem, "setup.sh"):
            command_line.find_qemu()


class VerdictTest(unittest.TestCase):
    def test_panic_message_forms(self):
        line = b"---[ kernel panic: x ]---"
        for text in (line + b"\r\n", line + b"\n", b"\x1eabk " + line + b"\r\n"):
            self.assertEqual(verdict.panic_message(b"before\n" + text), "x")
        self.assertIsNone(verdict.panic_message(b"he said " + line + b"\n"))

    def test_signal_is_a_qemu_error(self):
        self.assertEqual(verdict.classify_exit(-11, b"", "", False).verdict, Verdict.QEMU_ERROR)

    def test_busy_timeout_is_a_livelock(self):
        self.assertEqual(verdict.classify_exit(124, b"", "", True).verdict, Verdict.LIVELOCK)


if __name__ == "__main__":
    unittest.main()
