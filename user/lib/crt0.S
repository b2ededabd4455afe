# Entry of every program. The kernel leaves argc at sp, then argv, envp and auxv; the frame
# pointer is zeroed to end backtraces here.

	.section .text.start, "ax", @progbits
	.globl _start
	.type _start, @function
_start:
	.option push
	.option norelax
	la gp, __global_pointer$
	.option pop
	mv a0, sp
	li s0, 0
	li ra, 0
	andi sp, sp, -16
	call libc_start
	ebreak
	.size _start, . - _start
	.section .note.GNU-stack, "", @progbits
