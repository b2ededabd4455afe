"""Lab slab: object caches and kmalloc."""

from grading.harness.lab import Check, Lab, MachineSpec, Test
from grading.harness.want import AtMost, Between
from grading.labs.pages import inside

TESTS = ("slab_", "kmalloc_", "percpu_objects_take")


def misuse(name, text, pattern):
    """A test of one misuse that slab_debug= must name."""
    return Test(
        id=name, text=f"With slab_debug= {text}", ends="panic",
        machine=MachineSpec(append=f"crash=slab-{name} slab_debug=FZPU"),
        checks=[Check(f"{name}-named", 1, f"With slab_debug= {text}", probe="misuse_named", at="panic",
                      args={"pattern": pattern})])


LAB = Lab(
    name="slab",
    title="Slab: objects within pages",
    files=("kernel/mem/slab/slub.c", "kernel/mem/slab/slub_fast.c", "kernel/mem/slab/slub.h",
           "kernel/mem/slab/kmalloc.c"),
    tests=[
        Test(
            id="inside", text="The caches' own rules, tested inside the kernel.",
            machine=MachineSpec(smp=4, append="ktest.channel ktest=" + ",".join(TESTS)),
            checks=[
                inside("slab_objects_do_not_overlap", 2, "No two objects share a byte."),
                inside("slab_constructs_once", 1, "The constructor runs once for each object, not "
                       "at each allocation."),
                inside("slab_empty_slabs_go_back", 2, "A cache gives empty slabs back."),
                inside("slab_alignment", 1, "Objects are aligned as the cache was asked to."),
                inside("slab_bulk", 1, "Many objects come and go in one call."),
                inside("slab_objects_freed_on_other_harts", 2, "An object may be freed by another "
                       "hart than took it."),
                inside("percpu_objects_take_no_shared_lock", 1, "Pairs of allocation and free take no "
                       "lock that harts share."),
                inside("slab_shrink_gives_pages_back", 1, "Shrinking gives back all that is not "
                       "used."),
                inside("slab_realloc_and_calloc", 1, "krealloc keeps contents, kcalloc gives zeros "
                       "and refuses what overflows."),
                inside("slab_walks_clean", 1, "A walk over every cache finds nothing wrong."),
                inside("kmalloc_every_size", 2, "Every size gives memory of at least that size."),
            ]),
        Test(
            id="files", case="slab.files", machine=MachineSpec(smp=1),
            text="Open files are objects of a cache, and go back to it.",
            checks=[
                Check("files-counted", 1, "60 open files are 60 more active objects of filp.",
                      fact="files_open", want=Between(60, 62)),
                Check("files-freed", 1, "Closed, they are gone.", fact="files_left",
                      want=AtMost(1)),
            ]),
        Test(
            id="forks", case="slab.forks", machine=MachineSpec(smp=1),
            text="Processes leave no objects behind.",
            checks=[
                Check("tasks-freed", 1, "After 50 forks and waits no task is left.",
                      fact="tasks_left", want=AtMost(1)),
                Check("areas-freed", 1, "Fifty children that ended leave no areas behind.",
                      fact="areas_left", want=AtMost(2)),
                Check("spaces-freed", 1, "Fifty children that ended leave no address space behind.",
                      fact="spaces_left", want=AtMost(1)),
            ]),
        misuse("double-free", "an object that is freed twice is named.",
               r"double free: object (\S+) of cache crash"),
        misuse("overflow", "a store behind an object is found when it is freed.",
               r"right red zone overwritten: object (\S+) of cache crash"),
        misuse("use-after-free", "a store to a freed object is found at the next use.",
               r"use after free: .* object (\S+) of cache crash"),
    ])
