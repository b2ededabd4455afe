#!/usr/bin/env python3
"""What the documents name exists: files, functions and make targets in backticks.

And docs/abi.md lists exactly the calls of kernel/syscall/syscall.tbl.
"""

import os
import re

from check_common import TOP, find_files, finish, read

CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
PATH = re.compile(r"^\.?[\w.-]+(?:/[\w.*{},-]+)+/?$|^[\w-]+\.(?:c|h|S|py|md|sh|mk|ld|tbl)$")
FUNCTION = re.compile(r"^([a-z_]\w+)\(\)$")
MAKE_TARGET = re.compile(r"^make ([a-z][\w-]*)")
RULE = re.compile(r"^([a-z][\w-]*(?: [a-z][\w-]*)*):(?!=)", re.MULTILINE)
SOURCE_FOLDERS = ["kernel", "user", "mkfs", "tools", "grading"]
SYSCALLS, ABI = "kernel/syscall/syscall.tbl", "docs/abi.md"
SYSCALL_LINE = re.compile(r"^(\d+) (\w+) ", re.MULTILINE)
ABI_ROW = re.compile(r"^\| (\d+) \| (\w+) \|[^|\n]*\|[^|\n]*\|$", re.MULTILINE)
TOP_FOLDERS = {"kernel", "user", "mkfs", "tools", "grading", "docs", ".ci"}


def make_targets():
    """Every target that the makefiles name."""
    names = set()
    for path in ["Makefile", *find_files(SOURCE_FOLDERS, (".mk",))]:
        for rule in RULE.findall(read(path)):
            names.update(rule.split())
    return names


def expand_braces(text):
    """a/{b,c} stands for a/b and a/c."""
    match = re.search(r"\{([^}]*)\}", text)
    if not match:
        return [text]
    return [item for choice in match.group(1).split(",")
            for item in expand_braces(text[:match.start()] + choice + text[match.end():])]


def path_exists(text, by_name):
    """Is there such a file, from the top or from kernel/, or anywhere by its bare name?"""
    if "/" not in text:
        return text in by_name
    first = text.split("/")[0]
    if first not in TOP_FOLDERS and not os.path.isdir(os.path.join(TOP, "kernel", first)):
        return True
    roots = ("", "kernel", "user/include")
    return any("*" in item or os.path.exists(os.path.join(TOP, root, item))
               for item in expand_braces(text) for root in roots)


def check_document(path, words, by_name, targets):
    """Findings of one document."""
    text = FENCE.sub("", read(path))
    for code in CODE.findall(text):
        function = FUNCTION.match(code)
        target = MAKE_TARGET.match(code)
        if PATH.match(code) and not path_exists(code, by_name):
            yield f"{path}: there is no file {code}"
        elif function and function.group(1) not in words:
            yield f"{path}: there is no function {code}"
        elif target and target.group(1) not in targets:
            yield f"{path}: there is no `{code}`"


def check_calls():
    """Findings of the tables of calls."""
    calls = set(SYSCALL_LINE.findall(read(SYSCALLS)))
    listed = ABI_ROW.findall(read(ABI))
    for number, name in sorted(calls - set(listed)):
        yield f"{ABI}: does not list call {number} {name}"
    for number, name in sorted(set(listed) - calls):
        yield f"{ABI}: there is no call {number} {name}"
    for row in sorted({row for row in listed if listed.count(row) > 1}):
        yield f"{ABI}: lists {row[1]} twice"


def main():
    sources = find_files(SOURCE_FOLDERS, (".c", ".h", ".S", ".py"))
    words = {word for path in sources for word in re.findall(r"\w+", read(path))}
    everything = find_files(["."], ("",))
    by_name = {os.path.basename(path) for path in everything}
    documents = ["README.md"] if os.path.exists(os.path.join(TOP, "README.md")) else []
    documents += find_files(["docs"], (".md",))
    targets = make_targets()
    findings = [finding for path in documents
                for finding in check_document(path, words, by_name, targets)]
    if os.path.exists(os.path.join(TOP, ABI)):
        findings += check_calls()
    finish("docs", findings, f"{len(documents)} documents")


if __name__ == "__main__":
    main()
