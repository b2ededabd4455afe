"""What is heard of QEMU's monitor, of which one end is here."""

import json
import os
import socket
import tempfile
import threading
import unittest

from grading.harness import qmp


class Monitor(unittest.TestCase):
    def monitor(self, *events, status="running"):
        """A Qmp, after QEMU said these events."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = os.path.join(folder.name, "qmp")
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(path)
        server.listen(1)
        threading.Thread(target=self.answer, args=(server, events, status), daemon=True).start()
        monitor = qmp.Qmp(path)
        self.addCleanup(monitor.close)
        return monitor

    @staticmethod
    def answer(server, events, status):
        connection = server.accept()[0]
        with connection, connection.makefile("rw") as stream:
            print(json.dumps({"QMP": {}}), file=stream, flush=True)
            for line in stream:
                command = json.loads(line)["execute"]
                if command == "cont":
                    for event in events:
                        print(json.dumps(event), file=stream)
                answer = {"status": status} if command == "query-status" else {}
                print(json.dumps({"return": answer}), file=stream, flush=True)
                if command == "quit":
                    return

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


if __name__ == "__main__":
    unittest.main()
