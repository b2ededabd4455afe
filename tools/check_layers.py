#!/usr/bin/env python3
"""The layer rule: a folder of kernel/ uses itself and the folders before it, no other.

usage: check_layers.py [--nm NM --objects DIR] [--hooks]

Includes are read from the sources. With --objects, DIR being the build's kernel folder,
what the object files really call is checked too, so a hand-written prototype does not
help. --hooks lists the function pointers through which lower layers call upwards.
"""

import argparse
import os
import re
import subprocess
import sys

from check_common import TOP, find_files, finish, read

LAYERS = ("lib", "riscv", "core", "mem", "sched", "dev", "vm", "fs", "proc", "syscall", "trap",
          "boot", "ktest")
RANK = {name: rank for rank, name in enumerate(LAYERS)}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
# What lib asks of whoever uses it, host tests included (kernel/lib/xarray.h).
ENVIRONMENT = {"xa_node_alloc", "xa_node_free"}
HOOK = re.compile(r"^(?:extern )?[\w ]+\*?\(\*(\w+_hook)\)\(|^extern \w+ (\w+_hook);", re.MULTILINE)


def layer_of(path):
    """The layer of kernel/LAYER/...; None for what lies elsewhere."""
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "kernel" else None


def may_use(user, used):
    """May code of layer `user` use code of layer `used`?"""
    return used in RANK and RANK[used] <= RANK[user]


def check_includes(sources):
    """Findings about #include lines."""
    findings = []
    for path in sources:
        layer = layer_of(path)
        if layer not in RANK:
            findings.append(f"{path}: kernel/{layer} is not a layer")
            continue
        for included in INCLUDE.findall(read(path)):
            target = included.split("/")[0]
            if "/" not in included:
                if not included.startswith(("syscall_", "ksyms")):
                    findings.append(f'{path}: "{included}" is not a full path from kernel/')
            elif not may_use(layer, target):
                findings.append(f"{path}: {layer} may not include {included}")
    return findings


def object_symbols(nm, path):
    """(defined, undefined) global symbols of an object file."""
    output = subprocess.run([nm, "-g", path], capture_output=True, text=True, check=True).stdout
    defined, undefined = set(), set()
    for line in output.splitlines():
        fields = line.split()
        kind, name = fields[-2], fields[-1]
        (undefined if kind in "Uw" else defined).add(name)
    return defined, undefined


def check_symbols(nm, directory):
    """Findings about calls between object files."""
    objects = []
    for folder, _, files in os.walk(directory):
        objects += [os.path.join(folder, name) for name in files if name.endswith(".o")]
    symbols = {}
    for path in sorted(objects):
        source = "kernel/" + os.path.relpath(path, directory)[:-len(".o")]
        if os.path.exists(os.path.join(TOP, source)):
            symbols[source] = object_symbols(nm, path)
    owner = {name: source for source, (defined, _) in symbols.items() for name in defined}
    findings = []
    for source, (_, undefined) in symbols.items():
        for name in sorted(undefined - ENVIRONMENT):
            used = owner.get(name)
            if used and not may_use(layer_of(source), layer_of(used)):
                findings.append(f"{source}: {layer_of(source)} may not use {name} of {used}")
    return findings


def list_hooks(sources):
    """Prints the upward calls there are."""
    for path in sources:
        for first, second in HOOK.findall(read(path)):
            print(f"{path}: {first or second}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--objects")
    parser.add_argument("--hooks", action="store_true")
    args = parser.parse_args()
    sources = find_files(["kernel"], (".c", ".h", ".S"))
    if args.hooks:
        list_hooks([path for path in sources if path.endswith(".h")])
        sys.exit(0)
    findings = check_includes(sources)
    if args.objects:
        findings += check_symbols(args.nm, args.objects)
    finish("layers", findings, f"{len(sources)} files")


if __name__ == "__main__":
    main()
