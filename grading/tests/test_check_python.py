"""The check for newer Pythons finds what is newer, and passes what is not."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))

from check_python import findings  # noqa: E402

NEWER = (
    "match x:\n    case 1:\n        pass\n",
    "def f(x: int | None):\n    pass\n",
    "def f() -> int | None:\n    pass\n",
    "class C:\n    x: int | str = 1\n",
    "isinstance(1, int | str)\n",
    "import tomllib\n",
    "from itertools import pairwise\n",
    "import itertools\nitertools.batched([], 2)\n",
    "for a, b in zip([], [], strict=True):\n    pass\n",
    "from dataclasses import dataclass\n@dataclass(slots=True)\nclass C:\n    x: int\n",
    "x = (1).bit_count()\n",
    "raise ExceptionGroup('x', [])\n",
    "try:\n    pass\nexcept* OSError:\n    pass\n",
)
OLD_ENOUGH = (
    "while (line := 1):\n    break\n",
    "from __future__ import annotations\ndef f(x: int | None):\n    pass\n",
    "'abc'.removeprefix('a')\n",
    "x = {'a': 1} | {'b': 2}\n",
    "for a, b in zip([], []):\n    pass\n",
)


class CheckPython(unittest.TestCase):
    def test_what_is_newer_is_found(self):
        for text in NEWER:
            with self.subTest(text):
                self.assertTrue(findings(text))

    def test_what_is_not_newer_passes(self):
        for text in OLD_ENOUGH:
            with self.subTest(text):
                self.assertEqual(findings(text), [])


if __name__ == "__main__":
    unittest.main()
