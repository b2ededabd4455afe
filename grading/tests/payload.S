# A kernel of a few instructions, to test the driver with: says its text on the firmware's
# console, then does what BEHAVIOUR names. Built by payload.py.

#define TEST_DEVICE 0x100000
#define FINISHER_FAIL 0x3333
#define SBI_PUTCHAR 1
#define SBI_RESET 0x53525354
#define COLD_REBOOT 1
#define UART 0x10000000

	.section .text
	.globl _start
_start:
	la	s0, text
1:	lbu	a0, 0(s0)
	beqz	a0, 2f
	li	a7, SBI_PUTCHAR
	ecall
	addi	s0, s0, 1
	j	1b
2:	la	s1, behaviour
	jr	s1

# Echoes one line of input, then exits like `exit`.
echo:
	li	s2, UART
1:	lbu	a0, 5(s2)
	andi	a0, a0, 1
	beqz	a0, 1b
	lbu	s3, 0(s2)
	mv	a0, s3
	li	a7, SBI_PUTCHAR
	ecall
	li	a0, '\n'
	bne	s3, a0, 1b
exit:
	li	t0, TEST_DEVICE
	li	t1, (EXIT_CODE << 16) | FINISHER_FAIL
	sw	t1, 0(t0)
idle:
	wfi
	j	idle
spin:
	j	spin
reboot:
	li	a7, SBI_RESET
	li	a6, 0
	li	a0, COLD_REBOOT
	li	a1, 0
	ecall
	j	idle

	.equ	behaviour, BEHAVIOUR

	.balign	8
text:
	.asciz	TEXT
