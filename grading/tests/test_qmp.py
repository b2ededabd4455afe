"""What is heard of QEMU's monitor, of which one end is here."""

import json
import os
import socket
import tempfile
import threading
import time
import types
import unittest
from unittest import mock

from grading.harness import diagnose, drivers, qmp
from grading.machine import EnvironmentProblem, Verdict

LATE_SECONDS = 0.5


def requests(server):
    """Greets who connects. => (stream, request) for each line that comes"""
    connection = server.accept()[0]
    with connection, connection.makefile("rw") as stream:
        print(json.dumps({"QMP": {}}), file=stream, flush=True)
        for line in stream:
            yield stream, json.loads(line)


def say(stream, request, answer):
    print(json.dumps({"return": answer, "id": request.get("id")}), file=stream, flush=True)


class Monitor(unittest.TestCase):
    def monitor(self, *events, status="running", answer=None):
        """A Qmp, which says these events when the machine goes on; `answer` is what stands in for QEMU."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "qmp")
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(path)
        server.listen(1)
        threading.Thread(target=answer or self.answer, args=(server, events, status), daemon=True).start()
        monitor = qmp.Qmp(path)
        self.addCleanup(monitor.close)
        return monitor

    @staticmethod
    def answer(server, events, status):
        for stream, request in requests(server):
            if request["execute"] == "cont":
                for event in events:
                    print(json.dumps(event), file=stream)
            say(stream, request, {"status": status} if request["execute"] == "query-status" else {})
            if request["execute"] == "quit":
                return

    @staticmethod
    def late(server, _events, status):
        """`stop` is answered when REPLY_SECONDS are over, and all after it at once."""
        for stream, request in requests(server):
            if request["execute"] == "stop":
                time.sleep(2 * LATE_SECONDS)
            say(stream, request, {"status": status})

    @staticmethod
    def out_of_step(server, _events, status):
        """`stop` is answered as the command before it."""
        for stream, request in requests(server):
            if request["execute"] == "stop":
                request["id"] -= 1
            say(stream, request, {"status": status})

    @staticmethod
    def silent(server, _events, _status):
        """Greets, and no more."""
        for _ in requests(server):
            pass

    @staticmethod
    def io_error(action):
        return {"event": "BLOCK_IO_ERROR", "data": {"action": action, "reason": "Disk quota exceeded"}}

    def test_a_machine_that_the_host_stopped(self):
        monitor = self.monitor(self.io_error("report"), {"event": "STOP"})
        monitor.cont()
        self.assertIsNone(monitor.io_error)
        monitor = self.monitor(self.io_error("stop"), {"event": "STOP"})
        monitor.cont()
        self.assertEqual(monitor.io_error, "Disk quota exceeded")
        self.assertIsNotNone(self.monitor(status="io-error").io_error)

    def test_whoever_asks_when_qemu_has_ended(self):
        monitor = self.monitor()
        monitor.command("quit")
        for _ in range(2):
            with self.assertRaises(ConnectionError):
                monitor.command("stop")

    def test_a_monitor_that_answers_late(self):
        """Its answer is nobody's, and that is the host's fault: the machine's end says so."""
        with mock.patch.object(qmp, "REPLY_SECONDS", LATE_SECONDS):
            monitor = self.monitor(answer=self.late)
            for _ in range(2):
                with self.assertRaisesRegex(EnvironmentProblem, "did not answer.*stop"):
                    monitor.command("stop")
            time.sleep(2 * LATE_SECONDS)  # now it has come
            self.assertRaises(EnvironmentProblem, monitor.command, "query-status")
            result = diagnose.at_limit(self.stuck_run(monitor))
        self.assertEqual(result.verdict, Verdict.QEMU_ERROR)
        self.assertIn("did not answer", result.detail)

    def test_an_answer_to_another_command(self):
        monitor = self.monitor(answer=self.out_of_step)
        self.assertRaisesRegex(EnvironmentProblem, "another command than stop", monitor.command, "stop")
        self.assertRaises(EnvironmentProblem, monitor.command, "query-status")

    def test_a_monitor_that_greets_and_no_more(self):
        with mock.patch.object(qmp, "REPLY_SECONDS", LATE_SECONDS):
            self.assertRaises(EnvironmentProblem, self.monitor, answer=self.silent)

    def test_a_stub_that_is_never_there(self):
        """What a driver waits for in vain is the host's fault, too, unless the machine has ended."""
        with mock.patch.object(qmp, "CONNECT_SECONDS", LATE_SECONDS):
            for running, problem in ((True, "does not answer on"), (False, "None")):
                machine = types.SimpleNamespace(socket="/no/such/{}".format, running=mock.Mock(return_value=running))
                run = types.SimpleNamespace(machine=machine, problem=None)
                drivers._guard(drivers.gdb, run)
                self.assertIn(problem, str(run.problem))

    @staticmethod
    def stuck_run(monitor):
        """A run at its limit, as far as diagnose.py asks for it before the monitor."""
        view = types.SimpleNamespace(look=lambda: None, progress=lambda: 0, user_time=lambda: 0)
        clock = types.SimpleNamespace(now=time.monotonic, busy_seconds=lambda: 0.0)
        return types.SimpleNamespace(machine=types.SimpleNamespace(clock=clock), view=view, qmp=monitor, last_news=0.0,
                                     test=types.SimpleNamespace(limit=1), slow=1.0, memo={}, facts={})


if __name__ == "__main__":
    unittest.main()
