"""The grading harness: runs the tests of the labs and says what they are worth.

    lab        what a lab, a test and a check are; want: what a check expects
    run        one test: a machine, its channel, its checkpoints -> outcome
    channel, qmp, gdbstub     the ways into the machine
    ram, sv39, elf, kernel    what is in its memory: page tables, struct pages, tasks
    probe, probes, disk_probes   checks by looking from outside
    diagnose   how it ended and why: panics decoded, hangs told from livelocks
    tree, submission, sandbox what is graded, and keeping it in bounds
    suite      many tests side by side; show, files: what is told about them
    cli        grading/grade's options
"""
