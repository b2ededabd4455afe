"""The grader without a machine: bounds, submissions, files of results, a host that is not fit."""

import argparse
import contextlib
import dataclasses
import io
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from unittest import mock
from xml.etree import ElementTree

from grading.harness import channel, classes, console, files, gdbstub, probe, sandbox, selfcheck, submission
from grading.harness.channel import parse
from grading.harness.elf import Elf
from grading.harness.inputs import names_in
from grading.harness.lab import Check, Test
from grading.harness.outcome import Verdict, not_run
from grading.harness.probe import Wrong, addresses
from grading.harness.run import Run
from grading.harness.show import Show
from grading.harness.submission import DEPTH_MAX, FILES_MAX, Refused, read_submission
from grading.harness.suite import Suite
from grading.harness.tree import BuildFailed
from grading.harness.want import Word
from grading.machine import EnvironmentProblem, command_line, scratch
from grading.machine.options import make_command

GRADESCOPE_TEST = {"name": str, "number": str, "score": int, "max_score": int, "status": str,
                   "output": str, "tags": list, "visibility": str}
GRADESCOPE_TOP = {"score": int, "execution_time": int, "visibility": str, "stdout_visibility": str,
                  "tests": list}
VISIBILITIES = {"hidden", "after_due_date", "after_published", "visible"}
UGLY = "<&\"'> \x1b[31m \x00 \ud800 Zoë ]]>"


def make_tests(nr=3):
    tests = [Test(f"t{index}", f"Test {index}.", [
        Check(f"c{index}", 2, "One.", fact="a", want=Word(0)),
        Check(f"d{index}", 1, "Two.", fact="b", want=Word(0))]) for index in range(nr)]
    for test in tests:
        test.lab = "made"
    return tests


def passed(test):
    outcome = not_run(test, Verdict.PASS, "")
    for check in outcome.checks:
        check.ok = True
    return outcome


def failed(test):
    outcome = not_run(test, Verdict.PARTIAL, UGLY)
    outcome.checks[0].ok = True
    outcome.checks[1].seen, outcome.tail = UGLY, [UGLY]
    outcome.reproduce = outcome.debug = "make grade"
    return outcome


class Scratch(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)


class Files(Scratch):
    def setUp(self):
        super().setUp()
        self.tests = make_tests()
        self.options = argparse.Namespace(jsonl=self.path("a.jsonl"), gradescope=self.path("g.json"),
                                          junit=self.path("j.xml"))

    def results(self):
        with open(self.options.gradescope, encoding="utf-8") as file:
            return json.load(file)

    def check_gradescope(self, results):
        """Each field is one that Gradescope documents, of its type and in its range."""
        self.assertEqual({name: type(value) for name, value in results.items()}, GRADESCOPE_TOP)
        self.assertIn(results["visibility"], VISIBILITIES)
        self.assertIn(results["stdout_visibility"], VISIBILITIES)
        for test in results["tests"]:
            self.assertEqual({name: type(value) for name, value in test.items()}, GRADESCOPE_TEST)
            self.assertIn(test["visibility"], VISIBILITIES)
            self.assertIn(test["status"], ("passed", "failed"))
            self.assertTrue(0 <= test["score"] <= test["max_score"])
            self.assertTrue(all(isinstance(tag, str) for tag in test["tags"]))
        self.assertEqual(results["score"], sum(test["score"] for test in results["tests"]))

    def test_results_json_has_the_documented_fields_and_no_others(self):
        files.write_all(self.options, [passed(self.tests[0]), failed(self.tests[1])])
        self.check_gradescope(self.results())
        self.assertEqual([test["score"] for test in self.results()["tests"]], [3, 2])

    def test_environment_fault_has_no_score(self):
        files.write_all(self.options, [passed(self.tests[0]),
                                       not_run(self.tests[1], Verdict.ENVIRONMENT, "no QEMU")])
        self.assertEqual(set(self.results()), {"output"})

    def test_junit_is_well_formed_and_counts(self):
        files.write_all(self.options, [passed(self.tests[0]), failed(self.tests[1]),
                                       not_run(self.tests[2], Verdict.ENVIRONMENT, UGLY)])
        root = ElementTree.parse(self.options.junit).getroot()
        self.assertEqual(root.tag, "testsuites")
        (suite,) = root
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.get("errors")),
                         ("6", "1", "2"))
        self.assertEqual(len(suite), 6)
        for case in suite:
            self.assertTrue(case.get("classname") and case.get("name"))
            float(case.get("time"))
        self.assertEqual(len(suite.findall("testcase/failure")), 1)
        self.assertEqual(len(suite.findall("testcase/error")), 2)

    def test_junit_counts_a_fault_that_came_after_points(self):
        files.write_all(self.options, [dataclasses.replace(passed(self.tests[0]), verdict=Verdict.ENVIRONMENT)])
        (suite,) = ElementTree.parse(self.options.junit).getroot()
        self.assertEqual((suite.get("failures"), suite.get("errors")), ("0", "0"))
        self.assertEqual(len(suite.findall("testcase/error")), 0)

    def test_no_words_of_a_kernel_reach_a_terminal_as_they_are(self):
        """Escapes, of 7 and of 8 bits; nor XML or results.json."""
        outcome = failed(self.tests[0])
        outcome.detail = outcome.checks[1].why = outcome.hint = "\x1b]0;x\x07 \x9b31m \x7f \u202e"
        outcome.trace, outcome.notes = [outcome.detail], [outcome.detail]
        suite = Suite([self.tests[0]], mock.Mock(bounds=None), self.folder, 1, 1)
        told = io.StringIO()
        with mock.patch.object(Run, "__init__", return_value=None), mock.patch.object(Run, "go", return_value=outcome):
            suite.go(Show(1, told).tell)
        files.write_all(self.options, suite.outcomes)
        for text in (told.getvalue(), self.contents(self.options.junit), json.loads(
                self.contents(self.options.gradescope))["tests"][0]["output"]):
            self.assertEqual(set(re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)), set())
            self.assertIn("31m", text)

    def test_no_words_of_a_submission_do(self):
        with contextlib.redirect_stdout(io.StringIO()) as told:
            classes.tell(1, 1, "a\x1b[2J", ([], "refused: \x9b"))
        self.assertNotRegex(told.getvalue(), "[\x1b\x9b]")
        self.assertNotIn("\x1b", not_run(self.tests[0], Verdict.FAIL, "refused: \x1b").detail)
        self.assertEqual(b"a\x1b[2J\r\n\t\x7f".translate(console.TO_TERMINAL), b"a?[2J\r\n\t?")
        for text in ("\x9b31m", "\u202e"):
            self.assertRegex(text.encode().translate(console.TO_TERMINAL), rb"^\?+(31m)?$")

    def contents(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    def test_what_there_is_so_far_is_always_in_the_files(self):
        writer = files.Writer(self.options, self.tests)
        writer.tell(passed(self.tests[0]))
        with open(self.options.jsonl, encoding="utf-8") as file:
            self.assertEqual([json.loads(line)["earned"] for line in file], [3])
        self.check_gradescope(self.results())
        self.assertEqual([test["score"] for test in self.results()["tests"]], [3, 0, 0])
        self.assertEqual(len(list(ElementTree.parse(self.options.junit).iter("testcase"))), 6)
        writer.tell(passed(self.tests[2]))
        self.assertEqual([test["score"] for test in self.results()["tests"]], [3, 0, 3])
        writer.finish([passed(self.tests[index]) for index in (0, 2, 1)])
        self.assertEqual(self.results()["score"], 9)
        self.assertEqual([test["tags"] for test in self.results()["tests"]], [["made", "pass"]] * 3)
        names = [test["name"].split(":")[0] for test in self.results()["tests"]]
        self.assertEqual(names, [test.name for test in self.tests])
        self.assertFalse([name for name in os.listdir(self.folder) if name.endswith(".part")])

    def test_nothing_of_an_earlier_run_stays(self):
        """Before the first test ends, too."""
        files.write_all(self.options, [passed(test) for test in self.tests])
        writer = files.Writer(self.options, self.tests)
        self.addCleanup(writer.finish, [])
        self.assertEqual(self.results()["score"], 0)
        self.assertEqual([test["tags"][1] for test in self.results()["tests"]], ["not run"] * 3)
        self.assertEqual(len(ElementTree.parse(self.options.junit).findall(".//failure")), 6)
        self.assertEqual(self.contents(self.options.jsonl), "")

    def test_a_file_that_cannot_be_written(self):
        with open(self.path("plain"), "w", encoding="ascii"):
            pass
        for name in ("jsonl", "gradescope", "junit"):
            for path in (self.path("plain", "x"), self.folder, self.path("x" * 300)):
                options = argparse.Namespace(jsonl=None, gradescope=None, junit=None)
                setattr(options, name, path)
                with self.assertRaisesRegex(EnvironmentProblem, "cannot be written"):
                    files.Writer(options, self.tests)


class Submissions(Scratch):
    NAMES = ("kernel/vm/fault.c", "kernel/vm/extra/")

    def put(self, name, data=b"int x;\n"):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)

    def refused(self, pattern):
        with self.assertRaisesRegex(Refused, pattern):
            read_submission(self.folder, self.NAMES)

    def test_only_named_files_are_taken(self):
        for name in ("kernel/vm/fault.c", "kernel/vm/extra/a.c", "kernel/vm/anon.c", "Makefile",
                     "grading/labs/cow.py", ".git/hooks/post-checkout"):
            self.put(name)
        found = read_submission(self.folder, self.NAMES)
        self.assertEqual(set(found.taken), {"kernel/vm/fault.c", "kernel/vm/extra/a.c"})
        self.assertEqual(set(found.ignored), {"kernel/vm/anon.c", "Makefile", "grading/labs/cow.py"})

    def test_links_out_of_the_tree(self):
        self.put("kernel/vm/x.c")
        for target in ("/etc/passwd", "../../../../etc/passwd", "fault.c", "nowhere"):
            os.symlink(target, self.path("kernel/vm/fault.c"))
            self.refused("symbolic link")
            os.remove(self.path("kernel/vm/fault.c"))

    def test_folder_that_is_a_link(self):
        self.put("elsewhere/a.c")
        os.makedirs(self.path("kernel/vm"))
        os.symlink(self.path("elsewhere"), self.path("kernel/vm/extra"))
        self.refused("symbolic link")

    def test_hard_link_to_a_foreign_file_is_only_a_text(self):
        self.put("kernel/vm/fault.c", b"x\xff\xfe")
        self.refused("UTF-8")

    def test_sizes(self):
        self.put("kernel/vm/fault.c", b"/* */\n" * 100000)
        self.refused("more than 256")
        self.put("kernel/vm/fault.c", b"\n" * (250 << 10))
        for index in range(20):
            self.put(f"kernel/vm/extra/{index}.c", b"\n" * (250 << 10))
        self.refused("4 MiB")

    def test_number_of_files(self):
        for index in range(FILES_MAX + 1):
            self.put(f"kernel/vm/extra/{index}.c", b"\n")
        self.refused("more than")

    def test_folders_in_folders(self):
        """As deep as a walk goes without an end of Python's stack, or of a path."""
        self.put("kernel/vm/fault.c")
        os.makedirs(self.path("kernel", *["d"] * (DEPTH_MAX - 1)))
        read_submission(self.folder, self.NAMES)
        os.makedirs(self.path("kernel", *["d"] * DEPTH_MAX))
        self.refused(f"kernel/ has folders in folders, more than {DEPTH_MAX} deep")

    def test_kinds_of_files(self):
        self.put("kernel/vm/extra/run.sh")
        self.refused("only")
        os.remove(self.path("kernel/vm/extra/run.sh"))
        os.mkfifo(self.path("kernel/vm/extra/a.c"))
        self.refused("not a plain file")

    def test_what_is_not_handed_in_is_refused(self):
        self.refused("not handed in: kernel/vm/fault.c")
        self.put("fault.c", b"\n")
        self.put("a/b/kernel/vm/fault.c", b"\n")
        self.refused("not handed in: kernel/vm/fault.c")

    def test_two_trees_in_one_folder(self):
        """Neither is taken, unless the folder itself is a tree."""
        for name in ("quire", "quire old"):
            self.put(f"{name}/kernel/vm/fault.c", name.encode())
        self.refused("2 trees .* quire/, quire old/: hand in one")
        self.put("kernel/vm/fault.c", b"\n")
        self.assertEqual(read_submission(self.folder, self.NAMES).taken, {"kernel/vm/fault.c": b"\n"})

    def test_a_tree_one_folder_down(self):
        self.put("quire/kernel/vm/fault.c", b"\n")
        os.makedirs(self.path("notes"))
        self.assertEqual(set(read_submission(self.folder, self.NAMES).taken), {"kernel/vm/fault.c"})

    def test_messages_do_not_say_where_the_folder_is(self):
        error = PermissionError(13, "Permission denied", self.path("kernel/vm"))
        with self.assertRaisesRegex(Refused, "^kernel/vm cannot be read"):
            submission.unreadable(error, self.folder)

    def test_what_cannot_be_read_is_refused(self):
        self.put("kernel/vm/fault.c", b"\n")
        with mock.patch("builtins.open", side_effect=PermissionError(13, "Permission denied")):
            self.refused("cannot be read: Permission denied")

    def test_no_folder_is_nothing_that_was_handed_in(self):
        for name in ("missing", "missing/deeper"):
            with self.assertRaisesRegex(EnvironmentProblem, "no such folder") as raised:
                read_submission(self.path(name), self.NAMES)
            self.assertNotIn(self.folder, str(raised.exception))


class Bounds(unittest.TestCase):
    def setUp(self):
        for cached in (sandbox.network_prefix, sandbox._mounts, sandbox.can_view, sandbox.unbounded):
            cached.cache_clear()
            self.addCleanup(cached.cache_clear)

    def test_no_unshare_is_told(self):
        with mock.patch.object(shutil, "which", return_value=None):
            self.assertEqual(sandbox.network_prefix(), ())
            self.assertTrue(any("network" in note for note in sandbox.notes()))

    def test_unshare_that_is_forbidden_is_told(self):
        refusal = mock.Mock(returncode=1, stdout="")
        with mock.patch.object(subprocess, "run", return_value=refusal):
            notes = sandbox.notes()
        self.assertTrue(any("network" in note for note in notes))
        self.assertTrue(any("memory" in note and "processor time" in note for note in notes))

    def test_a_limit_that_the_host_lacks_is_told(self):
        with mock.patch.object(sandbox, "LIMITS", (("RLIMIT_NONE", 1, 1, "dreams"),)):
            self.assertEqual(sandbox.try_limits(), ["dreams"])

    def test_a_limit_that_the_host_does_not_heed_is_told(self):
        with mock.patch.object(sandbox, "_limit", return_value=True), \
                mock.patch.object(sandbox.mmap, "mmap") as mapped:
            self.assertEqual(sandbox.try_limits(), ["memory"])
            mapped.side_effect = OSError(12, "Cannot allocate memory")
            self.assertEqual(sandbox.try_limits(), [])

    def in_bounds(self, program):
        return subprocess.run([*sandbox.network_prefix(), sys.executable, "-c", program],
                              preexec_fn=sandbox.limit_build, capture_output=True, text=True,
                              check=False)

    def test_a_root_directory_that_cannot_be_had_is_told(self):
        with mock.patch.object(sandbox, "works", lambda command: "--root" not in " ".join(command)), \
                mock.patch.object(shutil, "which", return_value="/usr/bin/unshare"), \
                tempfile.TemporaryDirectory() as tree:
            self.assertTrue(any("--root" in note for note in sandbox.notes()))
            self.assertIn(sandbox.PROCESSES, sandbox.build_prefix(tree, ["/hidden"]))

    def test_a_build_sees_no_more_than_its_tools_need(self):
        with tempfile.TemporaryDirectory() as top:
            for path in ("chain/bin/riscv64-unknown-elf-gcc", "home/bin/make", "other/bin/secret", "in/tree/bin/make",
                         "near/bin/make", "near/handed-in/x"):
                os.makedirs(os.path.join(top, os.path.dirname(path)))
                with open(os.path.join(top, path), "w", encoding="utf-8"):
                    pass
            path = ":".join(os.path.join(top, each) for each in
                            ("chain/bin", "home/bin", "other/bin", "in/tree/bin", "near/bin"))
            with mock.patch.dict(os.environ, {"PATH": path, "HOME": os.path.join(top, "home")}):
                places = sandbox.places_needed([os.path.join(top, name) for name in ("in", "near/handed-in")])
        self.assertEqual([place[len(top):] for place in places if place.startswith(top)], ["/chain", "/home/bin", "/near/bin"])

    @unittest.skipUnless(sys.platform == "linux", "macOS bounds no memory")
    def test_memory_is_bounded(self):
        done = self.in_bounds("bytearray(5 << 30)")
        self.assertIn("MemoryError", done.stderr)

    def test_sizes_of_files_are_bounded(self):
        done = self.in_bounds("import tempfile\nf = tempfile.TemporaryFile()\nf.truncate(1 << 30)")
        self.assertNotEqual(done.returncode, 0)

    def test_processor_time_is_bounded(self):
        done = self.in_bounds("import resource\nprint(resource.getrlimit(resource.RLIMIT_CPU)[0])")
        self.assertEqual(done.stdout.strip(), str(sandbox.BUILD_CPU_SECONDS))

    @unittest.skipUnless(sys.platform == "linux", "network namespaces are Linux's")
    def test_there_is_no_network(self):
        self.assertTrue(sandbox.network_prefix(), sandbox.notes())
        done = self.in_bounds("print(open('/proc/net/dev').read())")
        devices = [line.split(":")[0].strip() for line in done.stdout.splitlines()[2:] if ":" in line]
        self.assertEqual(devices, ["lo"])

    def test_the_build_sees_no_secrets(self):
        with mock.patch.dict(os.environ, {"GITHUB_TOKEN": "secret", "PATH": "/bin"}):
            self.assertEqual(set(sandbox.environment("/x", "/x/tmp")) - set(sandbox.PASSED_ON),
                             {"HOME", "TMPDIR", "CCACHE_DISABLE"})


class Numbers(unittest.TestCase):
    def test_how_many_pages_is_the_checks_number(self):
        for told in ({"nr": 0}, {"nr": 1 << 40}, {}):
            with self.assertRaises(Wrong):
                addresses({"at": 0x1000, **told}, 2)
        self.assertEqual(addresses({"at": 0x1000, "nr": 2}, 2), [0x1000, 0x2000])


class Messages(unittest.TestCase):
    """Lines of the result channel that carry the nonce and make no sense."""

    def parse(self, kind, value, key='"k"'):
        return parse(f'{{"n": "x", "t": "{kind}", "k": {key}, "v": {value}}}'.encode(), "x")

    def test_numbers_and_texts_count(self):
        for value in ("0", f"{(1 << 64) - 1}", f"{-1 << 63}", '"Zoë"'):
            self.assertIsNotNone(self.parse("fact", value), value)
        self.assertIsNotNone(self.parse("stop", '{"pid": 1}'))

    def test_what_no_guest_says_does_not(self):
        for value in (f"{1 << 64}", "1" + "0" * 4000, "-1" + "0" * 400, "1.5", "1e999", "NaN", "true", "null", "[1]",
                      '"' + "x" * 5000 + '"'):
            self.assertIsNone(self.parse("fact", value), value[:40])
            self.assertIsNone(self.parse("stop", '{"pid": %s}' % value), value[:40])
        self.assertIsNone(self.parse("stop", '{"pid": "1"}'))
        self.assertIsNone(self.parse("fact", "1", key="1"))

    def test_bytes_that_are_no_text(self):
        self.assertIsNone(parse(b'{"n": "x", "t": "fact", "k": "\xff\xfe", "v": 1}', "x"))
        self.assertIsNone(parse(b"[" * 10000, "x"))


class Waiting(Scratch):
    def test_a_channel_that_nobody_came_to(self):
        """As on macOS, where shutdown() of a socket that listens fails."""
        made = channel.Channel(self.folder, "x", None)
        made.start("run")
        time.sleep(0.5)  # until it waits
        with mock.patch.object(socket.socket, "shutdown", side_effect=OSError(57, "not connected")), \
                mock.patch.object(channel, "CLOSE_SECONDS", 5):
            made.close()
            made.close()
        self.assertFalse(made._thread.is_alive())


    def test_a_channel_whose_name_has_gone(self):
        """When all is being stopped, directories go first."""
        made = channel.Channel(self.folder, "x", None)
        made.start("run")
        time.sleep(0.5)  # until it waits
        os.unlink(made.path)
        with mock.patch.object(channel, "CLOSE_SECONDS", 5):
            made.close()
        self.assertFalse(made._thread.is_alive())


class Structures(unittest.TestCase):
    """What is in memory may make no sense at all, and no probe may take that for a fault of the host."""

    def test_errors_of_a_probe(self):
        self.assertIsNone(probe.find("made"))
        check = Check("c", 1, "Looked at.", probe="made", at="end")
        for error in (ValueError("x"), OverflowError("x"), IndexError("x"), RecursionError("x"), KeyError("x")):
            with mock.patch.dict(probe.PROBES, made=mock.Mock(side_effect=error)):
                self.assertFalse(probe.call(check, None, {})[0])
        for error in (OSError("disk"), EnvironmentProblem("QMP")):
            with mock.patch.dict(probe.PROBES, made=mock.Mock(side_effect=error)):
                self.assertRaises(type(error), probe.call, check, None, {})


class Stub(Scratch):
    def test_an_answer_that_comes_late(self):
        """A person at a breakpoint, or a busy host, keeps gdb's stub silent for as long as it takes."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(self.path("gdb"))
        listener.listen(1)

        def serve():
            connection, _ = listener.accept()
            with listener, connection:
                connection.recv(100)
                time.sleep(1)
                connection.sendall(b"$OK#9a")
                connection.recv(100)

        server = threading.Thread(target=serve)
        server.start()
        with mock.patch.object(gdbstub, "REPLY_SECONDS", 0.2, create=True):
            gdbstub.GdbStub(self.path("gdb")).close()
        server.join()


class Make(unittest.TestCase):
    def test_gnus_where_the_systems_is_old(self):
        for environment, platform, there, name in (({}, "linux", "/bin/gmake", "make"), ({}, "darwin", None, "make"),
                                                   ({}, "darwin", "/bin/gmake", "gmake"),
                                                   ({"QUIRE_MAKE": "mine"}, "darwin", "/bin/gmake", "mine")):
            with mock.patch.dict(os.environ, environment), mock.patch.object(sys, "platform", platform), \
                    mock.patch.object(shutil, "which", return_value=there):
                if not environment:
                    os.environ.pop("QUIRE_MAKE", None)
                self.assertEqual(make_command(), name)


class BuildInputs(unittest.TestCase):
    def test_names_as_compiler_and_assembler_write_them(self):
        text = "a\\ b.o: x\\#y.c /usr/z.h \\\n ../up.h a$$b\\\n c.h\n\nx.h:\n"
        self.assertEqual(names_in(text), {"a b.o", "x#y.c", "/usr/z.h", "../up.h", "a$b", "c.h", "x.h"})


class Unfit(Scratch):
    """A host that is not fit to grade is told as that."""

    def setUp(self):
        super().setUp()
        command_line.find_qemu.cache_clear()
        self.addCleanup(command_line.find_qemu.cache_clear)
        self.options = argparse.Namespace(build="build", slow=1.0, lab="", j=2, class_folder=None)

    def complaint(self):
        with self.assertRaisesRegex(EnvironmentProblem, "not fit") as raised:
            selfcheck.require_fit(self.folder, self.options)
        return str(raised.exception)

    def fake_qemu(self, version):
        path = self.path("qemu")
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\necho 'QEMU emulator version {version}'\n")
        os.chmod(path, stat.S_IRWXU)
        return mock.patch.dict(os.environ, {"QEMU": path})

    def test_old_qemu(self):
        with self.fake_qemu("6.2.0"):
            self.assertIn("too old: 7.0", self.complaint())

    def test_no_qemu(self):
        with mock.patch.dict(os.environ, {"QEMU": "no-such-qemu"}):
            self.assertIn("not installed", self.complaint())

    def test_no_space(self):
        usage = mock.Mock(total=1 << 30, free=50 << 20)
        with self.fake_qemu("8.0.0"), mock.patch.object(shutil, "disk_usage", return_value=usage):
            self.assertIn("50 MiB free", self.complaint())

    def test_space_for_machines_side_by_side(self):
        usage = mock.Mock(total=4 << 30, free=2 << 30)
        workplace = mock.patch.object(selfcheck, "ReferenceWorkplace", side_effect=EnvironmentProblem("later"))
        with self.fake_qemu("8.0.0"), workplace, mock.patch.object(shutil, "disk_usage", return_value=usage):
            self.options.j = 4
            with self.assertRaisesRegex(EnvironmentProblem, "later"):
                selfcheck.require_fit(self.folder, self.options)
            self.options.j = 8
            self.assertIn("-j 8", self.complaint())
            self.options.j, self.options.class_folder = 4, self.folder
            self.assertIn("-j 4", self.complaint())

    def slow_boot(self, wall, usable):
        outcome = not_run(make_tests(1)[0], Verdict.PASS, "")
        outcome.seconds, outcome.machine_seconds = wall, usable
        suite = mock.Mock(outcomes=[outcome], interrupted=False)
        return self.fake_qemu("8.0.0"), mock.patch.multiple(
            selfcheck, Suite=mock.Mock(return_value=suite), ReferenceWorkplace=mock.MagicMock(),
            build_complaint=mock.Mock(return_value=None))

    def test_slow_machine(self):
        fake, boot = self.slow_boot(100, 90)
        with fake, boot:
            self.assertIn("too slow", self.complaint())

    def test_root_image_that_is_not_made(self):
        """In the compiler's words, as of the kernel; not as a boot that failed."""
        def complaint(_tree, name="quire.elf"):
            return "the reference does not build here: No space left" if name == "fs.img" else None

        fake, boot = self.slow_boot(1, 1)
        with fake, boot, mock.patch.object(selfcheck, "build_complaint", complaint):
            self.assertIn("does not build here: No space", self.complaint())

    def test_busy_machine_is_no_slow_one(self):
        fake, boot = self.slow_boot(100, 5)
        with fake, boot:
            selfcheck.require_fit(self.folder, self.options)

    def test_directory_for_scratch_that_is_full(self):
        """A file system that is full in the middle of it is the environment's fault, too."""
        with mock.patch.object(Run, "_choose"), \
                mock.patch.object(Run, "go", side_effect=OSError(28, "No space left on device")):
            suite = Suite(make_tests(1), mock.Mock(bounds=None), self.folder, 1, 1)
            suite.go(lambda outcome: None)
        self.assertEqual(suite.outcomes[0].verdict, Verdict.ENVIRONMENT)
        self.assertIn("No space left", suite.outcomes[0].detail)


class Told(unittest.TestCase):
    def totals(self, *outcomes):
        told = io.StringIO()
        Show(len(outcomes), told).totals(outcomes)
        return told.getvalue()

    def test_totals_of_a_run_that_was_stopped(self):
        one, two = make_tests(2)
        self.assertIn("stopped: 1 of 2 tests had ended: these are no marks",
                      self.totals(passed(one), not_run(two, Verdict.NOT_RUN, "")))
        self.assertNotIn("stopped", self.totals(passed(one), failed(two)))

    def test_what_does_not_build(self):
        """Not the kernel, when it is the root image that cannot be made."""
        for name, what in (("quire.elf", "the debug kernel"), ("fs.img", "the debug build's fs.img")):
            self.assertEqual(str(BuildFailed("debug", [], name)), f"{what} does not build")


class Stopped(Scratch):
    def test_a_build_that_was_ended_is_no_failure(self):
        """Stopped while make runs: who handed that in has no result, and not 0 points."""
        def build(_variant):
            if stop:
                scratch.stopping.set()
            raise BuildFailed("default", ["make ended with status -9"])

        for stop, verdict in ((True, Verdict.NOT_RUN), (False, Verdict.FAIL)):
            tree = mock.Mock(kernel=build)
            suite = Suite(make_tests(1), tree, self.folder, 1, 1)
            with mock.patch.object(scratch, "stopping", threading.Event()):
                suite.go(lambda outcome: None)
            self.assertEqual([each.verdict for each in suite.outcomes], [verdict])


class Symbols(unittest.TestCase):
    """A static variable of a submission does not hide the kernel's own."""

    def test_a_global_name_wins_and_two_local_ones_are_none(self):
        elf = Elf.__new__(Elf)
        elf.symbols, elf.sizes, elf.ambiguous, elf._global, elf.several = {}, {}, set(), set(), set()
        elf._name("zones", 1, 8, False)
        elf._name("zones", 2, 8, True)
        elf._name("zones", 3, 8, False)
        self.assertEqual((elf.symbols["zones"], elf.ambiguous), (2, set()))
        elf._name("list", 1, 8, False)
        elf._name("list", 2, 8, False)
        self.assertEqual((elf.ambiguous, elf.several), ({"list"}, {"zones", "list"}))


if __name__ == "__main__":
    unittest.main()
