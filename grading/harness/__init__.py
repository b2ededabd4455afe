"""The grading harness: runs the tests of the labs and says what they are worth.

    lab        what a lab, a test and a check are
    want       what a check expects; seed: values that both sides compute; replace: bounds of page faults
    run        one test: a machine, its channel, its checkpoints -> outcome
    drivers    what a test does to its machine from outside
    channel, console, qmp, gdbstub   the ways into the machine
    ram, sv39, elf, kernel    what is in its memory: page tables, struct pages, tasks
    probe, probes, disk_probes, end_probes   checks by looking from outside
    diagnose   how it ended and why: panics decoded, hangs told from livelocks
    submission, workplace     what is handed in, and the copy of the tree that it is laid over
    tree, inputs, sandbox     what is built and from what, in bounds
    suite      many tests side by side; classes: many submissions
    show, files   what is told about them
    selfcheck  is this machine fit to grade?
    debug      a test under gdb
    cli        grading/grade's options
"""
