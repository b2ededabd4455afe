"""Many jobs at once, each result handed over as it comes."""

import os
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from grading.machine import scratch

# A signal that comes between Python's last look for one and the system call in which a thread waits wakes
# nobody, so nobody waits without end.
WAKE_SECONDS = 0.5


def default_workers():
    """As many as the host has processors for us."""
    try:
        return max(1, len(os.sched_getaffinity(0)))
    except AttributeError:
        return os.cpu_count() or 1


def run_parallel(jobs, workers=None):
    """Calls each of `jobs`; yields (index, value or exception) in the order of ending.

    If the caller stops early, or on Ctrl-C, jobs that have not begun never do. Those that have are waited for; a
    stop ends their machines, and what else the process runs. An error of the caller's is no stop: this may be one of
    many that run side by side, and the others go on.
    """
    scratch.prepare()
    pool = ThreadPoolExecutor(max_workers=workers or default_workers())
    futures = {pool.submit(job): index for index, job in enumerate(jobs)}
    pending = set(futures)
    try:
        while pending:
            done, pending = wait(pending, WAKE_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                error = future.exception()
                yield futures[future], error if error is not None else future.result()
    except BaseException as why:
        for future in pending:
            future.cancel()
        if isinstance(why, KeyboardInterrupt):
            scratch.stopping.set()
        if scratch.stopping.is_set():
            scratch.run_cleanups()
        raise
    finally:
        pool.shutdown(wait=True)
