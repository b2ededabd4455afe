/*
 * Traps: from user mode, and from the kernel itself.
 *
 * sscratch always holds the thread_info of the thread that this hart runs (but for some
 * instructions in trap_entry), and so does tp in the kernel. sstatus.SPP tells whether a trap comes from user mode. Every trap builds
 * a struct trap_frame; one from user mode always at the top of the kernel stack.
 *
 * In QEMU an access to a CSR takes as long as some ten other instructions, so the
 * way of a system call reads and writes each once, and stval not at all.
 */

#include "riscv/layout.h"
#include "riscv/trap_frame.h"
#include "core/thread_info.h"

#define SSTATUS_SIE	2
#define SSTATUS_SPP	0x100
#define EXC_ECALL_U	8

/* All but sp, tp and stval. t0 is sstatus here; what it was at the trap is in trap_t0. */
.macro save_registers
	sd	s1, TF_S0+8(sp)
	mv	s1, t0
	ld	t0, TI_TRAP_T0(tp)
	sd	ra, TF_RA(sp)
	sd	gp, TF_GP(sp)
	sd	t0, TF_T0(sp)
	sd	t1, TF_T0+8(sp)
	sd	t2, TF_T0+16(sp)
	sd	s0, TF_S0(sp)
	sd	a0, TF_A0(sp)
	sd	a1, TF_A0+8(sp)
	sd	a2, TF_A0+16(sp)
	sd	a3, TF_A0+24(sp)
	sd	a4, TF_A0+32(sp)
	sd	a5, TF_A0+40(sp)
	sd	a6, TF_A0+48(sp)
	sd	a7, TF_A0+56(sp)
	sd	s2, TF_A0+64(sp)
	sd	s3, TF_A0+72(sp)
	sd	s4, TF_A0+80(sp)
	sd	s5, TF_A0+88(sp)
	sd	s6, TF_A0+96(sp)
	sd	s7, TF_A0+104(sp)
	sd	s8, TF_A0+112(sp)
	sd	s9, TF_A0+120(sp)
	sd	s10, TF_A0+128(sp)
	sd	s11, TF_A0+136(sp)
	sd	t3, TF_A0+144(sp)
	sd	t4, TF_A0+152(sp)
	sd	t5, TF_A0+160(sp)
	sd	t6, TF_A0+168(sp)
	csrr	s2, sepc
	csrr	s3, scause
	sd	s1, TF_STATUS(sp)
	sd	s2, TF_PC(sp)
	sd	s3, TF_CAUSE(sp)
	sd	a0, TF_ORIG_A0(sp)
.endm

.macro save_tval
	csrr	s4, stval
	sd	s4, TF_TVAL(sp)
.endm

/* All but sp, tp and sstatus. */
.macro load_registers
	ld	t1, TF_PC(sp)
	csrw	sepc, t1
	ld	ra, TF_RA(sp)
	ld	gp, TF_GP(sp)
	ld	t0, TF_T0(sp)
	ld	t1, TF_T0+8(sp)
	ld	t2, TF_T0+16(sp)
	ld	s0, TF_S0(sp)
	ld	s1, TF_S0+8(sp)
	ld	a0, TF_A0(sp)
	ld	a1, TF_A0+8(sp)
	ld	a2, TF_A0+16(sp)
	ld	a3, TF_A0+24(sp)
	ld	a4, TF_A0+32(sp)
	ld	a5, TF_A0+40(sp)
	ld	a6, TF_A0+48(sp)
	ld	a7, TF_A0+56(sp)
	ld	s2, TF_A0+64(sp)
	ld	s3, TF_A0+72(sp)
	ld	s4, TF_A0+80(sp)
	ld	s5, TF_A0+88(sp)
	ld	s6, TF_A0+96(sp)
	ld	s7, TF_A0+104(sp)
	ld	s8, TF_A0+112(sp)
	ld	s9, TF_A0+120(sp)
	ld	s10, TF_A0+128(sp)
	ld	s11, TF_A0+136(sp)
	ld	t3, TF_A0+144(sp)
	ld	t4, TF_A0+152(sp)
	ld	t5, TF_A0+160(sp)
	ld	t6, TF_A0+168(sp)
.endm

	.text
	.balign 4
	.globl trap_entry
	.type trap_entry, @function
trap_entry:
	csrrw	tp, sscratch, tp
	sd	sp, TI_TRAP_SP(tp)
	sd	t0, TI_TRAP_T0(tp)
	csrr	t0, sstatus
	andi	sp, t0, SSTATUS_SPP
	bnez	sp, trap_from_kernel

	ld	sp, TI_KERNEL_SP(tp)
	addi	sp, sp, -TF_SIZE
	save_registers
	csrrw	s5, sscratch, tp	/* the user's tp */
	ld	s6, TI_TRAP_SP(tp)
	sd	s5, TF_TP(sp)
	sd	s6, TF_SP(sp)
	li	s0, 0			/* frames of the kernel end here */
	mv	a0, sp
	li	t0, EXC_ECALL_U
	bne	s3, t0, 1f
	addi	s2, s2, 4		/* a system call returns behind its ecall */
	sd	s2, TF_PC(sp)
	csrsi	sstatus, SSTATUS_SIE
	call	syscall_dispatch
	j	trap_return_to_user
1:	save_tval
	call	trap_user

trap_return_to_user:
	ld	t0, TF_STATUS(sp)
	csrw	sstatus, t0		/* interrupts off, until sret */
	lw	t0, TI_FLAGS(tp)
	andi	t0, t0, TIF_WORK_MASK
	bnez	t0, trap_work
	load_registers
	ld	tp, TF_TP(sp)
	ld	sp, TF_SP(sp)
	sret

	/* trap_enter_user(tf): a new thread's way out. */
	.globl trap_enter_user
	.type trap_enter_user, @function
trap_enter_user:
	mv	sp, a0
	j	trap_return_to_user

trap_work:
	mv	a0, sp
	call	trap_return_work	/* comes back with interrupts on */
	j	trap_return_to_user

trap_from_kernel:
	ld	sp, TI_TRAP_SP(tp)
	addi	sp, sp, -TF_SIZE
	srli	t0, sp, KSTACK_SHIFT
	andi	t0, t0, 1
	beqz	t0, stack_overflow
	csrr	t0, sstatus
	save_registers
	save_tval
	addi	t0, sp, TF_SIZE
	sd	t0, TF_SP(sp)
	sd	tp, TF_TP(sp)
	mv	a0, sp
	call	trap_kernel
	ld	t0, TF_STATUS(sp)
	csrw	sstatus, t0
	load_registers
	ld	sp, TF_SP(sp)
	sret

	/* No room on this stack. Its hart's overflow stack is used once, for the report. */
stack_overflow:
	la	t0, overflow_stacks
	sd	sp, 0(t0)		/* lowest word: the sp that did not fit */
	lw	sp, TI_CPU_ID(tp)
	addi	sp, sp, 1
	slli	sp, sp, KSTACK_SHIFT + 1
	add	t0, t0, sp
	la	sp, overflow_stacks
	ld	sp, 0(sp)
	sd	sp, -8(t0)
	addi	sp, t0, -16 - TF_SIZE
	csrr	t0, sstatus
	save_registers
	save_tval
	ld	t0, TF_SIZE+8(sp)	/* sp at the trap */
	addi	t0, t0, TF_SIZE
	sd	t0, TF_SP(sp)
	sd	tp, TF_TP(sp)
	mv	a0, sp
	call	trap_stack_overflow

	.section .bss.stacks, "aw", @nobits
	.balign 2 * KSTACK_SIZE
	.globl overflow_stacks
overflow_stacks:
	.space	2 * KSTACK_SIZE * NR_CPUS
