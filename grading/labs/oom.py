"""Lab oom: the last resort."""

from grading.harness.lab import Check, Lab, MachineSpec, Test
from grading.harness.want import AtLeast, AtMost, Equal, Status

LAB = Lab(
    name="oom",
    title="Out of memory: who has to go",
    files=("kernel/vm/oom.c", "kernel/vm/oom_score.c", "kernel/vm/oom_reap.c",
           "kernel/proc/oom_kill.c"),
    tests=[
        Test(
            id="killer", case="oom.killer", machine=MachineSpec(mem="64M"),
            text="A process that eats all memory is killed, and the machine lives on.",
            checks=[
                Check("eater-killed", 2, "A process that takes memory without end is killed with "
                      "SIGKILL.", fact="eater", want=Status(signal=9)),
                Check("kill-counted", 1, "/proc/vmstat counts one kill.", fact="kills",
                      want=Equal(1)),
                Check("kept", 2, "The memory of others is as it was.", fact="kept", want=Equal(256)),
                Check("memory-back", 2, "Its memory is free again.", fact="free_lost",
                      want=AtMost(256)),
                Check("init-lives", 1, "Process 1 is spared.", fact="init", want=Equal(1)),
                Check("second-eater", 1, "The next such process is killed as well.",
                      fact="second_eater", want=Status(signal=9)),
                Check("no-other", 1, "Nobody else was killed.", fact="kills_after", want=Equal(2)),
                Check("spaces-freed", 1, "Six victims leave no address spaces behind.",
                      fact="spaces_left", want=AtMost(2),
                      hint="Who looks after a victim holds it, and has to let go."),
                Check("report", 1, "The kernel says who was killed, and what he had.",
                      console=r"Out of memory: Killed process \d+ \(gradetest\).*anon-rss:\d+kB"),
                Check("lists-sound", 1, "The free lists are sound after it.",
                      probe="buddy_agrees", at="after", args={"slack": 64}),
            ]),
        Test(
            id="reaper", text="The reaper needs no help of its victim, tested inside the kernel.",
            machine=MachineSpec(append="ktest.channel ktest=oom_reap_"),
            checks=[
                Check("reap-tables", 2, "It takes the pages of a victim that does not run, and the tables.",
                      ktest="oom_reap_takes_tables", hint="Who sleeps for ever never frees anything."),
                Check("reap-reader", 1, "A thread that sleeps in a fault does not keep it from the pages.",
                      ktest="oom_reap_beside_reader"),
                Check("reap-writer", 1, "It leaves alone what a thread of the victim is changing.",
                      ktest="oom_reap_beside_writer"),
            ]),
        Test(
            id="choice", case="oom.choice", machine=MachineSpec(mem="64M"),
            text="oom_score_adj says who is spared and who goes first.",
            checks=[
                Check("adj-default", 1, "oom_score_adj is 0 at first.", fact="adj_default",
                      want=Equal(0)),
                Check("score-spared", 1, "The score of a process with -1000 is 0.",
                      fact="score_spared", want=Equal(0)),
                Check("score-first", 1, "A process with +1000 has more than 1000.",
                      fact="score_first", want=AtLeast(1001)),
                Check("first-first", 2, "A process with +1000 is killed before a larger one.",
                      fact="first", want=Status(signal=9)),
                Check("then-eater", 1, "Then the eater is.", fact="eater", want=Status(signal=9)),
                Check("spared", 2, "A process with -1000 lives, with all its memory.",
                      fact="spared", want=Status(5)),
            ]),
        Test(
            id="limits", case="oom.limits", machine=MachineSpec(mem="64M"),
            text="What can be refused is refused, and nobody dies for it.",
            checks=[
                Check("limit-enomem", 1, "mmap beyond RLIMIT_AS is ENOMEM.", fact="limited",
                      want=Status(0)),
                Check("limit-kills-nobody", 1, "Nobody is killed for it.", fact="limit_kills",
                      want=Equal(0)),
                Check("adj-range", 1, "oom_score_adj above 1000 is EINVAL.", fact="adj_range",
                      want=Equal(22)),
            ]),
    ])
