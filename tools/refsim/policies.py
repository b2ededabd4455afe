"""Replacement policies, each a memory of so many frames to which pages are put.

    memory = MEMORIES["clock"](frames)
    faulted = [memory.use(page) for page in references]

The kernel's four are here as kernel/vm/policy_*.c has them, so that a recording (vm/pagerefs.c) and a
simulation of it agree fault by fault. A page that comes in has been used by that: its accessed bit is
set. `lru-refault` is what memory at large has by default. `lru-exact` and `opt` are what no kernel can
have: the true order of last use, and the future.
"""

import heapq
from collections import OrderedDict, deque


class Fifo:
    """What came first goes first (policy_fifo.c)."""

    def __init__(self, frames):
        self.frames = frames
        self.queue = deque()
        self.inside = set()

    def use(self, page):
        """=> was it a fault?"""
        if page in self.inside:
            return False
        if len(self.queue) >= self.frames:
            self.inside.remove(self.queue.popleft())
        self.queue.append(page)
        self.inside.add(page)
        return True


class Clock:
    """The hand takes the first page that was not used since it last came by (policy_clock.c)."""

    def __init__(self, frames):
        self.frames = frames
        self.circle = deque()  # [0] is where the hand is
        self.used = {}

    def use(self, page):
        """=> was it a fault?"""
        fault = page not in self.used
        if fault:
            while len(self.circle) >= self.frames:
                self.hand()
            self.circle.append(page)
        self.used[page] = True
        return fault

    def hand(self):
        """One page is looked at: back it goes, its bit cleared, or out."""
        page = self.circle.popleft()
        if self.keep(page):
            self.circle.append(page)
        else:
            del self.used[page]

    def keep(self, page):
        """Does it stay?"""
        kept, self.used[page] = self.used[page], False
        return kept


class Age(Clock):
    """The clock with eight bits of history for each page (policy_age.c)."""

    BITS = 8
    SHORT = 2  # rounds of the hand without any use that a page survives

    def __init__(self, frames):
        super().__init__(frames)
        self.history = {}

    def keep(self, page):
        history = self.history.get(page, 0) >> 1
        history |= super().keep(page) << (self.BITS - 1)
        self.history[page] = history
        if history >> (self.BITS - self.SHORT):
            return True
        del self.history[page]
        return False


class TwoLists:
    """The default: an active list for what was used twice (policy_lru.c), for anonymous pages.

    What a recording has; memory at large has refaults, too."""

    def __init__(self, frames):
        self.frames = frames
        self.active, self.inactive = deque(), deque()  # oldest first
        self.used = {}

    def use(self, page):
        """=> was it a fault?"""
        fault = page not in self.used
        if fault:
            while len(self.used) >= self.frames:
                self.step()
            self.arrive(page)
        self.used[page] = True
        return fault

    def arrive(self, page):
        """A page comes in."""
        self.inactive.append(page)

    def evicted(self, page):
        """A page has gone."""

    def step(self):
        """The inactive list gets a page if it is the shorter one; then its oldest is judged."""
        if len(self.inactive) < len(self.active):
            page = self.active.popleft()
            self.used[page] = False
            self.inactive.append(page)
        if not self.inactive:
            return
        page = self.inactive.popleft()
        if self.used[page]:
            self.used[page] = False
            self.active.append(page)
        else:
            del self.used[page]
            self.evicted(page)


class Refaults(TwoLists):
    """... and a page that went a moment ago is active when it comes back (vm/workingset.c)."""

    def __init__(self, frames):
        super().__init__(frames)
        self.nr_evicted = 0
        self.traces = {}

    def arrive(self, page):
        trace = self.traces.pop(page, None)
        if trace is not None and self.nr_evicted - trace <= len(self.active):
            self.active.append(page)
        else:
            super().arrive(page)

    def evicted(self, page):
        self.nr_evicted += 1
        self.traces[page] = self.nr_evicted


class Lru:
    """What was not used for longest goes, exactly."""

    def __init__(self, frames):
        self.frames = frames
        self.inside = OrderedDict()

    def use(self, page):
        """=> was it a fault?"""
        if page in self.inside:
            self.inside.move_to_end(page)
            return False
        if len(self.inside) >= self.frames:
            self.inside.popitem(last=False)
        self.inside[page] = True
        return True


def next_uses(references):
    """For each reference the position of the next one to its page, or the length of the string."""
    never = len(references)
    following, next_use = [never] * never, {}
    for position in range(never - 1, -1, -1):
        following[position] = next_use.get(references[position], never)
        next_use[references[position]] = position
    return following


def simulate_opt(references, frames):
    """The page goes whose next use is furthest away: nobody can do better."""
    current, heap, faulted = {}, [], []
    for page, following in zip(references, next_uses(references)):
        faulted.append(page not in current)
        while page not in current and len(current) >= frames:
            when, victim = heapq.heappop(heap)
            if current.get(victim) == -when:
                del current[victim]
        current[page] = following
        heapq.heappush(heap, (-following, page))
    return faulted


# The kernel's, by the names that reclaim= knows, and the two that are their measure.
KERNEL = {"fifo": Fifo, "clock": Clock, "age": Age, "lru": TwoLists}
MEMORIES = {**KERNEL, "lru-refault": Refaults, "lru-exact": Lru}
NAMES = tuple(MEMORIES) + ("opt",)


def simulate(name, references, frames):
    """For each reference: was it a fault?"""
    if frames < 1:
        raise ValueError("a memory has at least one frame")
    if name == "opt":
        return simulate_opt(references, frames)
    memory = MEMORIES[name](frames)
    return [memory.use(page) for page in references]


def faults(name, references, frames):
    """How many faults."""
    return sum(simulate(name, references, frames))
