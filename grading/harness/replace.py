"""Page replacement as graded: bounds from the simulator (tools/refsim), never a literal victim.

The best that is possible (OPT, which knows the future) is the bound from below, the simple policies that
the kernel has are the one from above. Strings follow from the seed of a run, as gradetest makes them.
"""

import functools
from dataclasses import dataclass

from grading.harness.seed import word
from tools.refsim import policies


@dataclass(frozen=True)
class String:
    """A reference string of gradetest's (user/test/gradetest/record.h), in a memory of `frames`.

    With `phase`, so many references go to one set of `hot` pages, then as many to the next set; without,
    half of all go to the first `hot` pages.
    """
    frames: int
    pages: int
    count: int
    first: int
    hot: int
    phase: int = 0

    def references(self, seed):
        return _references(self, seed)

    def distinct(self, seed):
        """How many pages are used at all: the first use of each reads nothing from a disk."""
        return len(set(self.references(seed)))

    def faults(self, policy, seed):
        return _faults(self, policy, seed)


@functools.lru_cache(maxsize=32)
def _references(string, seed):
    if not string.phase:
        return hot_and_cold(seed, string.first, string.count, string.hot, string.pages)
    sets = string.pages // string.hot
    return [index // string.phase % sets * string.hot + (word(seed, string.first + index) >> 8) % string.hot
            for index in range(string.count)]


@functools.lru_cache(maxsize=256)
def _faults(string, policy, seed):
    return policies.faults(policy, string.references(seed), string.frames)


PHASES = String(frames=32, pages=90, count=6000, first=200000, hot=30, phase=300)
HOT = String(frames=40, pages=120, count=4000, first=300000, hot=12)


def hot_and_cold(seed, first, count, hot, total):
    """gradetest's references: half of them to a few pages."""
    words = (word(seed, first + index) for index in range(count))
    return [(each >> 8) % (hot if each & 1 else total) for each in words]


def worst(string, seed):
    """The most faults that one of the kernel's policies has."""
    return max(string.faults(name, seed) for name in policies.KERNEL)


def bounds_at_large(seed, spec, frames):
    """=> (fewest, most) faults of hot_and_cold references to memory at large, whose pages were used in
    order before.

    Fewest: cold pages are drawn by chance, so of references to them no policy that does not know the
    future finds more in memory than the share that fits. Most: what the kernel's policies have in the
    simulation. Memory at large is not exact, so there are 5 % on either side.
    """
    references = hot_and_cold(seed, spec.first, spec.count, spec.hot, spec.total)
    cold = sum(not word(seed, spec.first + index) & 1 for index in range(spec.count))
    fewest = cold * (1 - min(frames, spec.total) / spec.total)
    string = [*range(spec.total), *references]
    most = max(policies.faults(name, string, frames) for name in policies.KERNEL) - spec.total
    return int(fewest * 0.95), int(most * 1.05)
