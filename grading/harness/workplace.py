"""Where a submission is built and run: a copy of the trusted tree, with its files laid over.

Nothing of the reference's files that the lab names is in the copy, nor what was made from them: neither
objects nor an image, which are solutions, too.
"""

import os
import re
import shutil
import subprocess

from grading.harness import sandbox
from grading.harness.elf import BadElf, Elf
from grading.harness.kernel import read_layout
from grading.harness.submission import Submission, is_named, read_submission
from grading.harness.tree import Bounds, BuildFailed, Tampered, Tree
from grading.machine import EnvironmentProblem, scratch
from grading.machine.disk import copy_sparse
from grading.rings.build import build_lock

IGNORED_LISTED = 10
OF_MAKE = re.compile(r"g?make(\[\d+\])?: ")  # its own words, which come last and say little

# Of a build directory: what a root disk is made of, and of a kernel the objects.
BUILT = ("gen", "kernel", "mkfs", "user", "fs.img", "initrd.img")
# What is linked from them.
LINKED = ("gen/ksyms", "gen/quire")


# Of a tree that git does not know. Beside these there may be anything, as what was handed in.
TREE = ("Makefile", "README.md", "LICENSE", "setup.sh", ".gdbinit", ".ci", "kernel", "user", "mkfs", "grading", "tools", "docs")


def tracked_files(top):
    """The files of the trusted tree."""
    if os.path.exists(os.path.join(top, ".git")):
        # The tree may be another user's: built by root, or on a disk that all share.
        output = subprocess.run(["git", "-c", "safe.directory=*", "-C", top, "ls-files", "-z"],
                                capture_output=True, check=True).stdout
        return [name for name in output.decode().split("\0") if name]
    found = []
    for name in TREE:
        if os.path.isfile(os.path.join(top, name)):
            found.append(name)
        for folder, folders, files in os.walk(os.path.join(top, name)):
            folders[:] = [each for each in folders if each != "__pycache__"]
            found += [os.path.relpath(os.path.join(folder, each), top) for each in files]
    return found


def copy_build(built, directory, names=()):
    """Copies what make has made for a kernel and its disk, but not from the files named, and nothing else:
    tests, other variants and images come and go in a build directory at any time."""
    for name in BUILT:
        source = os.path.join(built, name)
        for folder, _, files in os.walk(source):
            inside = os.path.normpath(os.path.join(directory, os.path.relpath(folder, built)))
            os.makedirs(inside, exist_ok=True)
            for each in files:
                path = os.path.join(folder, each)
                made = os.path.relpath(path, built)
                if not made.startswith(LINKED) and not is_named(os.path.splitext(made)[0], names):
                    copy_built(path, os.path.join(inside, each))
        if os.path.isfile(source):
            os.makedirs(directory, exist_ok=True)
            copy_built(source, os.path.join(directory, name))


def copy_built(source, target):
    """Copies a file with its times and holes. One that has gone since it was seen was temporary."""
    try:
        copy_sparse(source, target)
        shutil.copystat(source, target)
    except FileNotFoundError:
        if os.path.exists(source):
            raise


def copy_sources(top, directory, submission, names):
    """The trusted files but those named, and instead of these what is handed in."""
    for path in tracked_files(top):
        source, target = os.path.join(top, path), os.path.join(directory, path)
        if os.path.exists(source) and not is_named(path, names):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(source, target)
    for path, data in submission.taken.items():
        target = os.path.join(directory, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)
        trusted = os.path.join(top, path)
        if os.path.exists(trusted) and same_contents(trusted, data):
            shutil.copystat(trusted, target)  # what includes it is not made again


def same_contents(path, data):
    with open(path, "rb") as file:
        return file.read() == data


def bounds(tree, hidden, layout, control=None, reference=None):
    """What a submission is built, in its copy of the tree, and run in."""
    outside = [path for path in hidden if not any(is_below(path, other) for other in hidden)]
    return Bounds(build_prefix=sandbox.build_prefix(tree, outside),
                  machine_prefix=sandbox.prefix(outside), layout=layout, control=control,
                  reference=reference)


def is_below(path, other):
    """Is a directory inside of another one?"""
    return path != other and path.startswith(other.rstrip(os.sep) + os.sep)


class Workplace:
    """A context manager: the Tree of a submission, which goes at the end. Who builds in it cannot read
    the trusted tree, nor the directory of submissions."""

    def __init__(self, top, build, directory, names, others=None):
        """`others`: the folder with everybody's submissions, if there is one."""
        self.top, self.build, self.names = top, build, names
        self.submission = read_submission(directory, names)
        self.others = others
        self.hidden = [os.path.realpath(top), os.path.realpath(directory)]
        if others:
            self.hidden.append(os.path.realpath(others))
        self.controlled = True
        self.scratch = None

    def __enter__(self):
        self.scratch = scratch.make_directory()
        scratch.register(self, lambda: scratch.remove_directory(self.scratch))
        try:
            return self._make_tree(self.scratch)
        except (OSError, BadElf) as error:
            self.__exit__()
            raise EnvironmentProblem(f"no copy of the tree: {error}") from None
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        scratch.unregister(self)
        scratch.remove_directory(self.scratch)

    def _make_tree(self, directory):
        place = os.path.realpath(directory)
        if is_below(place, self.hidden[0]):
            raise EnvironmentProblem("temporary files are in the tree that grades, which no submission may "
                                     "read: set TMPDIR")
        built = os.path.join(self.top, self.build)
        reference = os.path.join(built, "quire.elf")
        if not os.path.exists(reference):
            raise EnvironmentProblem(f"{reference}: the reference is not built (run make)")
        copy_sources(self.top, directory, self.submission, self.names)
        with build_lock(built, reading=True):
            copy_build(built, os.path.join(directory, "build"), self.names)
        hidden = [path for path in self.hidden if not is_below(place, path)]
        controls = (self._control, self._reference) if self.controlled else ()
        return Tree(directory, "build", bounds(place, hidden, read_layout(Elf(reference)), *controls))

    def _reference(self):
        return ReferenceWorkplace(self.top, self.build, self.names, self.hidden)

    def _control(self, variant, name):
        """What keeps the reference's file from being built here as a submission's is; None if nothing does."""
        with self._reference() as tree:
            return build_complaint(tree, variant, name)

    def notes(self):
        """What the student should know about what was taken."""
        ignored = self.submission.ignored
        notes = [f"{len(self.submission.taken)} files taken"]
        if ignored:
            more = " ..." if len(ignored) > IGNORED_LISTED else ""
            notes.append(f"{len(ignored)} files are not of this lab and were not taken: "
                         f"{' '.join(ignored[:IGNORED_LISTED])}{more}")
        return notes + sandbox.notes()


class ReferenceWorkplace(Workplace):
    """The reference's own files, as if somebody had handed them in: whose bounds are these, too, if `hidden` is
    given."""

    def __init__(self, top, build, names, hidden=()):
        super().__init__(top, build, top, names)
        self.hidden = [*self.hidden, *hidden]
        self.controlled = False


def build_complaint(tree, variant="default", name="quire.elf"):
    """What keeps a file of a tree of the reference's from being built; None if nothing does."""
    try:
        tree.path(variant, name)
    except BuildFailed as failure:
        said = [line for line in failure.output if not OF_MAKE.match(line)] or failure.output
        return f"the reference does not build here: {' / '.join(said[-3:])}"
    except Tampered as complaint:
        return f"the reference does not build here: {complaint}"
    return None
