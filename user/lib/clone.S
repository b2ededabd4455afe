# int clone(fn, stack, flags, arg, parent_tid, tls, child_tid): the new thread or process runs
# fn(arg) on its own stack, which ends at `stack`, and exits with what that returns.

	.section .text.clone, "ax", @progbits
	.globl clone
	.type clone, @function
clone:
	andi a1, a1, -16	# the new stack carries fn and arg to the child
	addi a1, a1, -16
	sd a0, 0(a1)
	sd a3, 8(a1)
	mv a0, a2
	mv a2, a4
	mv a3, a5
	mv a4, a6
	li a7, 220
	ecall
	beqz a0, 1f
	tail syscall_result
1:	ld t0, 0(sp)
	ld a0, 8(sp)
	li ra, 0
	li fp, 0
	jalr t0
	li a7, 93		# exit, of this thread alone
	ecall
	.size clone, . - clone
	.section .note.GNU-stack, "", @progbits
