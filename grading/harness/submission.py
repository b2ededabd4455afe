"""A submission, overlaid onto a trusted copy of the tree.

Of what a student hands in only the files that the lab names are looked at. Everything else
(makefiles, test programs, the harness, other parts of the kernel) is the trusted copy, so changing
it changes nothing. Files that could be more than text are refused, with a message.
"""

import os
import shutil
import stat
import subprocess
from dataclasses import dataclass, field
from typing import Dict, List

from grading.harness import sandbox
from grading.harness.elf import Elf
from grading.harness.kernel import read_layout
from grading.harness.tree import Tree
from grading.machine import EnvironmentProblem, scratch
from grading.machine.disk import copy_sparse
from grading.rings.build import build_lock

FILE_BYTES_MAX = 256 << 10
FILES_MAX = 400
TOTAL_BYTES_MAX = 4 << 20
TEXT_SUFFIXES = (".c", ".h", ".S", ".md", ".txt")
IGNORED_LISTED = 10

# Of a build directory: what a kernel and its root disk are made of.
BUILT = ("gen", "kernel", "mkfs", "user", "fs.img", "initrd.img", "quire.elf")


class Refused(Exception):
    """The submission breaks a rule; the message is for the student."""


@dataclass
class Submission:
    """`taken`: contents by path; `ignored`: files that are not of the lab."""
    taken: Dict[str, bytes] = field(default_factory=dict)
    ignored: List[str] = field(default_factory=list)


def find_root(directory):
    """Where the tree begins: there, or in the only folder that has kernel/ in it."""
    if os.path.isdir(os.path.join(directory, "kernel")):
        return directory
    inner = [entry.path for entry in os.scandir(directory)
             if entry.is_dir(follow_symlinks=False)
             and os.path.isdir(os.path.join(entry.path, "kernel"))]
    return inner[0] if len(inner) == 1 else directory


def is_named(path, names):
    return any(path == name or (name.endswith("/") and path.startswith(name)) for name in names)


def read_submission(directory, names):
    """The Submission in a folder. => raises Refused"""
    if not os.path.isdir(directory):
        raise Refused(f"{directory}: no such folder")
    root, found, total, seen = find_root(directory), Submission(), 0, 0
    for folder, folders, files in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if name not in (".git", "build"))
        for name in sorted(files + [each for each in folders
                                    if os.path.islink(os.path.join(folder, each))]):
            path = os.path.relpath(os.path.join(folder, name), root)
            if not is_named(path, names) and not leads_to_named(path, names):
                found.ignored.append(path)
                continue
            found.taken[path] = read_file(root, path)
            seen, total = seen + 1, total + len(found.taken[path])
            if seen > FILES_MAX or total > TOTAL_BYTES_MAX:
                raise Refused(f"more than {FILES_MAX} files or {TOTAL_BYTES_MAX >> 20} MiB")
    # Else the trusted tree's own file would be graded in its place.
    missing = [name for name in names if not name.endswith("/") and name not in found.taken]
    if missing:
        raise Refused(f"not handed in: {' '.join(missing)}")
    return found


def unreadable(error):
    raise Refused(f"{error.filename} cannot be read: {error.strerror}")


def leads_to_named(path, names):
    """Is it a folder on the way to a named file? (Only a symbolic link is asked about here.)"""
    return any(name.startswith(path + "/") for name in names)


def read_file(root, path):
    """The contents of one file. => raises Refused"""
    full = os.path.join(root, path)
    status = os.lstat(full)
    if stat.S_ISLNK(status.st_mode):
        raise Refused(f"{path} is a symbolic link: hand in the file itself")
    if not stat.S_ISREG(status.st_mode):
        raise Refused(f"{path} is not a plain file")
    if os.path.realpath(full) != os.path.join(os.path.realpath(root), path):
        raise Refused(f"{path} leads out of the submission")
    if not path.endswith(TEXT_SUFFIXES):
        raise Refused(f"{path}: only {' '.join(TEXT_SUFFIXES)} files are taken")
    if status.st_size > FILE_BYTES_MAX:
        raise Refused(f"{path} has {status.st_size >> 10} KiB, more than {FILE_BYTES_MAX >> 10}")
    try:
        with open(full, "rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from None
    if b"\0" in data:
        raise Refused(f"{path} is not a text")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused(f"{path} is not a text in UTF-8") from None
    return data


def tracked_files(top):
    """The files of the trusted tree."""
    if os.path.isdir(os.path.join(top, ".git")):
        # The tree may be another user's: built by root, or on a disk that all share.
        output = subprocess.run(["git", "-c", "safe.directory=*", "-C", top, "ls-files", "-z"],
                                capture_output=True, check=True).stdout
        return [name for name in output.decode().split("\0") if name]
    found = []
    for folder, folders, files in os.walk(top):
        folders[:] = [name for name in folders if name not in ("build", ".git", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, name), top) for name in files]
    return found


def copy_build(built, directory):
    """Copies what make has made for a kernel and its disk, and nothing else: tests, other variants and
    images come and go in a build directory at any time."""
    for name in BUILT:
        source = os.path.join(built, name)
        for folder, _, files in os.walk(source):
            inside = os.path.normpath(os.path.join(directory, os.path.relpath(folder, built)))
            os.makedirs(inside, exist_ok=True)
            for each in files:
                copy_built(os.path.join(folder, each), os.path.join(inside, each))
        if os.path.isfile(source):
            os.makedirs(directory, exist_ok=True)
            copy_built(source, os.path.join(directory, name))


def forget_object(build, path):
    """What was compiled from the trusted file is not there to be linked, nor to be included."""
    for suffix in (".o", ".d"):
        try:
            os.remove(os.path.join(build, path + suffix))
        except FileNotFoundError:
            pass


def copy_built(source, target):
    """Copies a file with its times and holes. One that has gone since it was seen was temporary."""
    try:
        copy_sparse(source, target)
        shutil.copystat(source, target)
    except FileNotFoundError:
        if os.path.exists(source):
            raise


def make_tree(top, build, submission, directory):
    """A Tree of the trusted files and those taken. What is built already is not built again."""
    for path in tracked_files(top):
        source, target = os.path.join(top, path), os.path.join(directory, path)
        if os.path.exists(source):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(source, target)
    built = os.path.join(top, build)
    with build_lock(built):
        copy_build(built, os.path.join(directory, "build"))
    for path, data in submission.taken.items():
        target = os.path.join(directory, path)
        forget_object(os.path.join(directory, "build"), path)
        if os.path.exists(target):
            with open(target, "rb") as file:
                if file.read() == data:
                    continue
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(data)
    reference = os.path.join(built, "quire.elf")
    if not os.path.exists(reference):
        raise EnvironmentProblem(f"{reference}: the reference is not built (run make)")
    prefix = sandbox.network_prefix()
    return Tree(directory, "build", layout=read_layout(Elf(reference)),
                wrap=lambda command: [*prefix, *command], before=sandbox.limit_build,
                environment=sandbox.environment(directory),
                machine_prefix=prefix, machine_before=sandbox.limit_machine)


class Workplace:
    """A context manager: the Tree of a submission, which goes at the end."""

    def __init__(self, top, build, directory, names):
        self.top, self.build = top, build
        self.submission = read_submission(directory, names)
        self.scratch = None

    def __enter__(self):
        self.scratch = scratch.make_directory()
        scratch.register(self, lambda: scratch.remove_directory(self.scratch))
        try:
            return make_tree(self.top, self.build, self.submission, self.scratch)
        except OSError as error:
            self.__exit__()
            raise EnvironmentProblem(f"no copy of the tree: {error}") from None
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        scratch.unregister(self)
        scratch.remove_directory(self.scratch)

    def notes(self):
        """What the student should know about what was taken."""
        ignored = self.submission.ignored
        notes = [f"{len(self.submission.taken)} files taken"]
        if ignored:
            more = " ..." if len(ignored) > IGNORED_LISTED else ""
            notes.append(f"{len(ignored)} files are not of this lab and were not taken: "
                         f"{' '.join(ignored[:IGNORED_LISTED])}{more}")
        return notes + sandbox.notes()
