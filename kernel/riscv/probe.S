/* Trying an instruction that may not exist. */

	.text

	/* sstc_try_write(ticks): 0 when stimecmp could be written, 1 when that trapped. */
	.globl sstc_try_write
	.type sstc_try_write, @function
sstc_try_write:
	la	t0, 1f
	csrrw	t0, stvec, t0
	csrr	t1, sstatus
	csrr	t2, sepc
	csrw	0x14d, a0
	li	a0, 0
	csrw	stvec, t0
	ret
	.balign 4
1:	csrw	stvec, t0	/* trapped: undo what the trap did */
	csrw	sstatus, t1
	csrw	sepc, t2
	li	a0, 1
	ret
