"""What does a page-reference string cost under each replacement policy?

The string is a file that was recorded (cat /proc/pagerefs, see kernel/vm/pagerefs.c) or typed: numbers
of pages. Printed is a table of faults by frames. --svg draws it. --check compares with what the
kernel noted, fault by fault, and ends with 1 where they differ.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from tools.refsim import curves, policies, record  # noqa: E402

# A table has so many lines if nothing else is asked for.
LINES = 20
REFERENCES_SHOWN = 8


def frame_counts(text, references):
    """The numbers that --frames says: 3,4,8 or 2-40 or 2-40:2. => in order"""
    if not text:
        distinct = max(len(set(references)), 2)
        step = max(1, -(-distinct // LINES))
        return sorted(set(range(step, distinct, step)) | {distinct})
    found = set()
    for part in text.split(","):
        span, _, step = part.partition(":")
        first, _, last = span.partition("-")
        found |= set(range(int(first), int(last or first) + 1, int(step or 1)))
    return sorted(found)


def print_table(frames, counts):
    names = list(counts)
    width = max(10, *(len(name) + 2 for name in names))
    print("frames".rjust(8) + "".join(name.rjust(width) for name in names))
    for row, each in enumerate(frames):
        print(str(each).rjust(8) + "".join(str(counts[name][row]).rjust(width) for name in names))


def check(string):
    """=> the exit status"""
    if not string.is_recorded:
        print("refsim: the string was not recorded by a kernel: nothing to compare",
              file=sys.stderr)
        return 2
    name, frames = string.notes["policy"], string.number("frames")
    simulated = policies.simulate(name, string.references, frames)
    print(f"{name}, {frames} frames, {len(simulated)} references: kernel {sum(string.faulted)} "
          f"faults, simulation {sum(simulated)}")
    differ = [at for at, pair in enumerate(zip(simulated, string.faulted)) if pair[0] != pair[1]]
    if not differ:
        return 0
    first = differ[0]
    before = string.references[max(0, first - REFERENCES_SHOWN):first + 1]
    print(f"refsim: {len(differ)} references differ, first number {first}, page "
          f"{string.references[first]}: the kernel has {'a' if string.faulted[first] else 'no'} "
          f"fault; ... {' '.join(map(str, before))}", file=sys.stderr)
    return 1


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tools/refsim", description=__doc__)
    parser.add_argument("file", help="the string; - for standard input")
    parser.add_argument("--frames", help="such as 2-40, 2-40:2 or 3,4,8")
    parser.add_argument("--policies", default=",".join(policies.NAMES),
                        help="default: %(default)s")
    parser.add_argument("--svg", help="file for the picture")
    parser.add_argument("--check", action="store_true", help="compare with the kernel's faults")
    arguments = parser.parse_args()
    arguments.policies = arguments.policies.split(",")
    for name in arguments.policies:
        if name not in policies.NAMES:
            parser.error(f"no such policy: {name}")
    return arguments


def measured_point(string):
    if not string.is_recorded:
        return None
    return (string.number("frames"), sum(string.faulted), f"kernel, {string.notes['policy']}")


def main():
    arguments = parse_arguments()
    try:
        text = sys.stdin.read() if arguments.file == "-" else open(arguments.file).read()
        string = record.parse(text)
        if not string.references:
            raise record.BadRecord("no references")
        frames = frame_counts(arguments.frames, string.references)
        if frames[0] < 1:
            raise ValueError("a memory has at least one frame")
    except (OSError, ValueError, record.BadRecord) as error:
        sys.exit(f"refsim: {error}")
    counts = {name: [policies.faults(name, string.references, each) for each in frames]
              for name in arguments.policies}
    title = f"{len(string.references):,} references to {len(set(string.references)):,} pages"
    print(title)
    print_table(frames, counts)
    if arguments.svg:
        with open(arguments.svg, "w", encoding="utf-8") as picture:
            picture.write(curves.draw(title, frames, counts, measured_point(string)))
    return check(string) if arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
