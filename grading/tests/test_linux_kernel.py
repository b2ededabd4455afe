"""The archive that Linux gets as its root, read back."""

import stat
import unittest

from grading import linux_kernel


def entries(archive):
    """{name: (mode, data)} of a "newc" archive, up to its trailer."""
    found, at = {}, 0
    while True:
        head = archive[at:at + 110]
        assert head[:6] == b"070701", f"no entry at {at}"
        fields = [int(head[6 + 8 * i:14 + 8 * i], 16) for i in range(13)]
        name = archive[at + 110:at + 110 + fields[11] - 1].decode()
        data_at = (at + 110 + fields[11] + 3) // 4 * 4
        if name == "TRAILER!!!":
            return found
        found[name] = (fields[1], archive[data_at:data_at + fields[6]])
        at = (data_at + fields[6] + 3) // 4 * 4


class ArchiveTest(unittest.TestCase):
    def test_names_and_sizes_of_all_remainders(self):
        archive = linux_kernel.Archive()
        for i in range(9):
            archive.add("n" * (i + 1), stat.S_IFREG | 0o644, b"x" * i)
        found = entries(archive.finish())
        self.assertEqual([len(data) for _, data in found.values()], list(range(9)))

    def test_root_has_init_and_the_line(self):
        found = entries(linux_kernel.root_archive("echo hello", [__file__]))
        self.assertEqual(found["line"][1], b"echo hello\n")
        self.assertEqual(found["init"][0], stat.S_IFREG | 0o755)
        self.assertTrue(stat.S_ISDIR(found["proc"][0]))
        self.assertIn("bin/test_linux_kernel.py", found)

    def test_no_image(self):
        with self.assertRaises(linux_kernel.EnvironmentProblem):
            linux_kernel.run("/no/such/image", "true")


if __name__ == "__main__":
    unittest.main()
