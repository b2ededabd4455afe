/* The first instructions of a new task. */

	.text

	/*
	 * Where a new task's context points: s0 = entry, s1 = argument, a0 = the thread that
	 * was left. task_begin (sched/sched.c) finishes the switch and calls entry.
	 */
	.globl task_trampoline
	.type task_trampoline, @function
task_trampoline:
	mv	a1, s0
	mv	a2, s1
	li	s0, 0		/* ends the chain of frames */
	li	ra, 0
	tail	task_begin
