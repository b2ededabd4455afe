# syscall(number, ...): the number moves to a7 and the arguments down by one register.

	.section .text.syscall, "ax", @progbits
	.globl syscall
	.type syscall, @function
syscall:
	mv a7, a0
	mv a0, a1
	mv a1, a2
	mv a2, a3
	mv a3, a4
	mv a4, a5
	mv a5, a6
	ecall
	tail syscall_result
	.size syscall, . - syscall
	.section .note.GNU-stack, "", @progbits
