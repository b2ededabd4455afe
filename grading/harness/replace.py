"""Page replacement as graded: bounds from the simulator (tools/refsim), never a literal victim.

The best that is possible (OPT, which knows the future) is the bound from below, a simple policy with
little memory the one from above. Strings follow from the seed of a run, as gradetest makes them.
"""

from grading.harness.seed import word
from tools.refsim import policies


def hot_and_cold(seed, first, count, hot, total):
    """gradetest's references: half of them to a few pages."""
    words = (word(seed, first + index) for index in range(count))
    return [(each >> 8) % (hot if each & 1 else total) for each in words]


def bounds(references, frames, share):
    """=> (fewest, most) faults. Fewest: OPT with all frames, which hold the right pages from the
    start. Most: FIFO with a share of them, and an empty start."""
    best = policies.faults("opt", references, frames) - frames
    return max(0, best), policies.faults("fifo", references, max(1, int(frames * share)))
