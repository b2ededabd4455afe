"""What a student hands in.

Only the files that the lab names are looked at. Everything else (makefiles, test programs, the harness, other
parts of the kernel) is the trusted copy (workplace.py), so changing it changes nothing. Files that could be
more than text are refused, with a message.
"""

import os
import stat
from dataclasses import dataclass, field
from typing import Dict, List

from grading.machine import EnvironmentProblem

FILE_BYTES_MAX = 256 << 10
FILES_MAX = 400
DEPTH_MAX = 64  # of folders in folders: the kernel's are four deep, and a walk may recurse
TREES_SHOWN = 5
TOTAL_BYTES_MAX = 4 << 20
TEXT_SUFFIXES = (".c", ".h", ".S", ".md", ".txt")


class Refused(Exception):
    """The submission breaks a rule; the message is for the student."""


@dataclass
class Submission:
    """`taken`: contents by path; `ignored`: files that are not of the lab."""
    taken: Dict[str, bytes] = field(default_factory=dict)
    ignored: List[str] = field(default_factory=list)


def find_root(directory):
    """Where the tree begins: there, or in the only folder that has kernel/ in it. => raises Refused"""
    if os.path.isdir(os.path.join(directory, "kernel")):
        return directory
    inner = sorted(entry.name for entry in os.scandir(directory)
                   if entry.is_dir(follow_symlinks=False)
                   and os.path.isdir(os.path.join(entry.path, "kernel")))
    if len(inner) > 1:
        raise Refused(f"{len(inner)} trees were handed in, and nobody can tell which is meant: "
                      f"{', '.join(f'{name}/' for name in inner[:TREES_SHOWN])}: hand in one")
    return os.path.join(directory, *inner)


def is_named(path, names):
    return any(path == name or (name.endswith("/") and path.startswith(name)) for name in names)


def read_submission(directory, names):
    """The Submission in a folder. => raises Refused, which costs marks; EnvironmentProblem if there is no folder"""
    if not os.path.isdir(directory):
        raise EnvironmentProblem(f"{os.path.basename(directory)}: no such folder")
    root, found, total, seen = find_root(directory), Submission(), 0, 0
    for folder, folders, files in os.walk(root, onerror=lambda error: unreadable(error, root)):
        folders[:] = sorted(name for name in folders if name not in (".git", "build"))
        check_depth(os.path.relpath(folder, root))
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


def check_depth(path):
    """=> raises Refused for a folder that is too deep in others"""
    names = path.split(os.sep)
    if len(names) > DEPTH_MAX:
        raise Refused(f"{names[0]}/ has folders in folders, more than {DEPTH_MAX} deep")


def unreadable(error, root):
    raise Refused(f"{os.path.relpath(error.filename, root)} cannot be read: {error.strerror}")


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
