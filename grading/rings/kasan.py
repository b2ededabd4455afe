"""A kernel that checks each access (KASAN=1, docs/kasan.md): its own tests, usertests, the programs of ring
user, and one bad access of each kind, which must end in the report that belongs to it.
"""

import re

from grading.machine import Machine, Verdict
from grading.rings import ktest, user, usertests
from grading.rings.boot_line import guest_config
from grading.rings.report import Job

LIMIT_SECONDS = 60

# (variant, harts, memory, more boot arguments)
KTESTS = (
    ("kasan", 2, "128M", ""),
    # Most of RAM has no shadow.
    ("kasan", 2, "512M", "directmap=48M zone_dma=8M page_colors=16 ktest=zone_,reserve_,color_,vm_"),
    # Two who hear of each allocation, one of whom keeps what is freed.
    ("kasan", 2, "128M", "kmemleak=on ktest=kmemleak_,slab_"),
)

# As usertests.RUNS; with two harts a sample, since one hart has seen all.
USERTESTS = (
    ("kasan smp1", "kasan", "", {"smp": 1, "mem": "128M"}),
    ("kasan smp2", "kasan", usertests.SLAB_SAMPLE, {"smp": 2, "mem": "128M"}),
)

# As user.RUNS.
PROGRAMS = ("kasan smp2", "kasan", 2, "256M", "")

OBJECT = r"object \S+ of cache kmalloc-128, .*"
ALLOCATED = r'allocated by "crasher" \(pid \d+\).*\n.*\] {}\+'
FREED = r'freed by "crasher" \(pid \d+\).*\n.*\] {}\+'

# crash=NAME -> the function that the report names, and what else it says.
CRASHES = {
    "kasan-slab-right": ("slab-out-of-bounds", "slab_right", OBJECT, ALLOCATED,
                         "0 bytes after the end of a region of 100 bytes"),
    "kasan-slab-left": ("slab-out-of-bounds", "slab_left", OBJECT, ALLOCATED,
                        "1 bytes before a region of 100 bytes"),
    "kasan-slab-memset": ("slab-out-of-bounds", "slab_memset", OBJECT, ALLOCATED,
                          "0 bytes after the end of a region of 100 bytes"),
    "kasan-slab-freed": ("slab-use-after-free", "slab_freed", OBJECT, ALLOCATED, FREED),
    "kasan-slab-freed-late": ("slab-use-after-free", "slab_freed_late", OBJECT, ALLOCATED, FREED),
    "kasan-double-free": ("double-free", "slab_freed_twice", OBJECT, ALLOCATED, FREED),
    "kasan-large-right": ("slab-out-of-bounds", "large_right", "the page: pfn"),
    "kasan-large-freed-twice": ("double-free", "large_freed_twice", "the page: pfn"),
    "kasan-large-freed-inside": ("invalid-free", "large_freed_inside", "the page: pfn"),
    "kasan-page-freed": ("use-after-free", "page_freed", "the page: pfn .* 0 owners"),
    "kasan-page-never": ("use-after-free", "page_never", "the frame: pfn .* never used"),
    "kasan-stack": ("stack-out-of-bounds", "write_at"),
    "kasan-global": ("global-out-of-bounds", "write_at", "global variable 'global_before'"),
    "kasan-vmalloc-right": ("vmalloc-out-of-bounds", "write_at", "after the end of a region of"),
    "kasan-vmalloc-freed": ("vmalloc-out-of-bounds", "vmalloc_freed"),
}
# Found by what keeps the objects apart, not by the shadow.
OTHERS = {"slab-wrong-cache": "slab: wrong free: .* freed to cache theirs"}


def expected(name):
    """Regular expressions for the report of one crash."""
    if name in OTHERS:
        return [OTHERS[name]]
    kind, function, *more = CRASHES[name]
    return [rf"\] KASAN: {kind} in {function}: .* by task crasher",
            *(pattern.replace("{}", function) for pattern in more),
            rf"kernel panic: KASAN: {kind} in {function}: "]


def crash_job(name):
    title = f"kasan {name}"

    def run(report):
        config = guest_config("kasan", limit=LIMIT_SECONDS, append=f"crash={name}", smp=2)
        config.log = report.log_path(title)
        with Machine(config) as machine:
            result = machine.wait()
            console = machine.console.text().decode("utf-8", "replace").replace("\r", "")
        missing = [text for text in expected(name) if not re.search(text, console)]
        if result.verdict is not Verdict.PANIC:
            report.failed(title, str(result), config.log, console)
        elif missing:
            report.failed(title, f"{result}: does not say {missing[0]!r}", config.log, console)
        else:
            report.ok(title, result.detail)
    return Job(title, run, 10)


def jobs():
    return ([ktest.ktest_job(*run) for run in KTESTS] +
            [usertests.usertests_job(run) for run in USERTESTS] + user.run_jobs(PROGRAMS) +
            [crash_job(name) for name in (*CRASHES, *OTHERS)])
