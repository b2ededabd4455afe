"""What a submission's objects were made from: files of its own tree and the compiler's, or it is refused.

The compiler says what it read (-MD), and so does the assembler (--MD, for .include and .incbin):
EVERY_INPUT of kernel/kernel.mk. So it does not matter how a source spells the name. This is the second line of
defence; the first is that other files are not there (sandbox.py).
"""

import os
import re
import subprocess

SUFFIXES = (".d", ".as")  # of the compiler, of the assembler
COMPILER = re.compile(r"^CC := (.*)$", re.MULTILINE)
SEARCHED = re.compile(r"search starts here:\n(.*?)End of search list", re.DOTALL)
WORD = re.compile(r"(?:\\[\s\S]|\$\$|[^\s\\])+")
PATHS_SHOWN = 3


def names_in(text):
    """The files that a dependency file names, targets included."""
    words = (word.group() for word in WORD.finditer(text.replace("\\\n", " ")))
    return {re.sub(r"\\(.)", r"\1", word).replace("$$", "$").rstrip(":") for word in words} - {""}


class Inputs:
    """`root` is the tree, `directory` the build in it."""

    def __init__(self, root, directory, environment):
        self.root = os.path.realpath(root)
        self.directory = os.path.join(self.root, directory)
        self.environment = environment
        self.before = self._objects()

    def _objects(self):
        """{path: time} of the objects that there are."""
        found = {}
        for folder, _, files in os.walk(os.path.join(self.directory, "kernel")):
            for name in files:
                if name.endswith(".o"):
                    path = os.path.join(folder, name)
                    found[path] = os.stat(path).st_mtime_ns
        return found

    def foreign(self):
        """Files from elsewhere that went into what was built since, in words; None if none did."""
        places = [self.root, *self._compilers_places()]
        found = {name for listing in self._listings() if os.path.exists(listing)
                 for name in self._names(listing) if not self._is_inside(name, places)}
        return ", ".join(sorted(found)[:PATHS_SHOWN]) or None

    def silent(self):
        """A list of inputs that is missing, None if all are there."""
        return next((listing for listing in self._listings() if not os.path.exists(listing)), None)

    def _listings(self):
        """The lists of what each object that was built since was made from."""
        return [path[:-len(".o")] + suffix for path, time in self._objects().items()
                if self.before.get(path) != time for suffix in SUFFIXES]

    @staticmethod
    def _names(listing):
        with open(listing, encoding="utf-8", errors="surrogateescape") as file:
            return names_in(file.read())

    def _is_inside(self, name, places):
        path = os.path.realpath(os.path.join(self.root, name))
        return any(path == place or path.startswith(place + os.sep) for place in places)

    def _compilers_places(self):
        """Where the compiler looks for its own headers."""
        with open(os.path.join(self.directory, "gen", "toolchain.mk"), encoding="utf-8") as file:
            found = COMPILER.search(file.read())
        if not found:
            return []
        output = subprocess.run([*found.group(1).split(), "-E", "-v", "-x", "c", os.devnull], cwd=self.root,
                                env=self.environment, capture_output=True, text=True, check=False).stderr
        searched = SEARCHED.search(output)
        return [os.path.realpath(line.strip()) for line in searched.group(1).splitlines()
                if line.startswith(" ")] if searched else []
