"""Page replacement, simulated: how many faults a reference string costs with so many frames.

Replacement is judged by bounds from these, never by a literal victim: the best that is possible
(OPT, which knows the future) from below, simple policies with little memory from above.
"""

import heapq
from collections import OrderedDict, deque

from grading.harness.seed import word


def fifo(references, frames):
    """Faults when the page that came first goes first."""
    inside, queue, faults = set(), deque(), 0
    for page in references:
        if page in inside:
            continue
        faults += 1
        if len(inside) >= frames:
            inside.remove(queue.popleft())
        inside.add(page)
        queue.append(page)
    return faults


def lru(references, frames):
    """Faults when the page that was not used for longest goes first."""
    inside, faults = OrderedDict(), 0
    for page in references:
        if page in inside:
            inside.move_to_end(page)
            continue
        faults += 1
        if len(inside) >= frames:
            inside.popitem(last=False)
        inside[page] = True
    return faults


def opt(references, frames):
    """Faults when the page goes whose next use is furthest away: nobody can do better."""
    never = len(references)
    following, next_use = [never] * never, {}
    for position in range(never - 1, -1, -1):
        following[position] = next_use.get(references[position], never)
        next_use[references[position]] = position
    current, heap, faults = {}, [], 0
    for position, page in enumerate(references):
        if page not in current:
            faults += 1
            while len(current) >= frames:
                when, victim = heapq.heappop(heap)
                if current.get(victim) == -when:
                    del current[victim]
        current[page] = following[position]
        heapq.heappush(heap, (-following[position], page))
    return faults


def hot_and_cold(seed, first, count, hot, total):
    """The string of gradetest's reclaim.references: half of it to few pages."""
    words = (word(seed, first + index) for index in range(count))
    return [(each >> 8) % (hot if each & 1 else total) for each in words]
