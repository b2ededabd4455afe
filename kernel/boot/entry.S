/*
 * The first instructions, for every hart. The firmware jumps to _start, the first byte
 * of the image, with paging off, a0 = hart id and a1 = physical address of the FDT.
 *
 * One hart wins a lottery and boots; it builds a first page table, turns paging on and
 * goes to boot_main. Every other hart that comes here (started by the boot hart through
 * HSM, or let loose early by firmware that has a race) waits for its entry in
 * secondary_harts, found by hart id alone: a1 and all other registers mean nothing then.
 *
 * Code here runs where it was loaded, not where it was linked, until satp is written:
 * only pc-relative addresses are used. Turning paging on unmaps the code that does it;
 * the fetch after that faults, and stvec already holds the address to go on at.
 */

#include "riscv/layout.h"
#include "riscv/trap_frame.h"
#include "core/thread_info.h"
#include "boot/secondary.h"

#define PTE_RWX_ALL 0xcf	/* V R W X A D */
#define PTE_RW_ALL  0xc7	/* V R W A D */
#define SSTATUS_FS_SIE 0x6002

	.section .text.entry, "ax"
	.globl _start
_start:
	csrw	sie, zero
	li	t0, SSTATUS_FS_SIE
	csrc	sstatus, t0

	la	t0, boot_lottery
	li	t1, 1
	amoswap.w.aqrl t1, t1, (t0)
	bnez	t1, secondary_wait

	/* The winner. Zero .bss. */
	la	t0, bss_start
	la	t1, bss_end
1:	sd	zero, 0(t0)
	addi	t0, t0, 8
	bltu	t0, t1, 1b

	/* The first table: the image by 2 MiB leaves, and the whole direct map by 1 GiB leaves. */
	la	s0, _start		/* where the image is */
	li	s1, KERNEL_LINK_VA
	sub	s1, s1, s0		/* va = pa + s1 */
	la	t0, kernel_image_offset
	sd	s1, 0(t0)

	la	s2, early_root
	la	s3, early_image_table
	srli	t0, s3, 12		/* root[510] -> early_image_table */
	slli	t0, t0, 10
	ori	t0, t0, 1
	li	t1, 510 * 8
	add	t1, t1, s2
	sd	t0, 0(t1)

	li	t1, EARLY_IMAGE_LEAVES
	srli	t0, s0, 12
	slli	t0, t0, 10
	ori	t0, t0, PTE_RWX_ALL
	addi	t2, s3, 8		/* KERNEL_LINK_VA is 2 MiB above 1 GiB */
	li	t3, 1 << (21 - 2)
1:	sd	t0, 0(t2)
	add	t0, t0, t3
	addi	t2, t2, 8
	addi	t1, t1, -1
	bnez	t1, 1b

	li	t1, 128			/* DIRECTMAP_SIZE in GiB */
	li	t0, PTE_RW_ALL
	li	t2, 256 * 8
	add	t2, t2, s2
	li	t3, 1 << (30 - 2)
1:	sd	t0, 0(t2)
	add	t0, t0, t3
	addi	t2, t2, 8
	addi	t1, t1, -1
	bnez	t1, 1b

#ifdef KASAN
	/* Shadow memory is one page, until mem/kasan/shadow.c makes the real one. */
	la	t0, early_shadow_page
	li	t1, PTE_RW_ALL
	la	t2, early_shadow_leaves
	call	fill_early_table
	la	t0, early_shadow_leaves
	li	t1, 1
	la	t2, early_shadow_tables
	call	fill_early_table
	srli	t0, t2, 12
	slli	t0, t0, 10
	ori	t0, t0, 1
	li	t2, (KASAN_SHADOW_BASE >> 30 & 511) * 8
	add	t2, t2, s2
	li	t1, (KASAN_SHADOW_END - KASAN_SHADOW_BASE) >> 30
1:	sd	t0, 0(t2)
	addi	t2, t2, 8
	addi	t1, t1, -1
	bnez	t1, 1b
#endif

	la	t0, high_boot
	add	t0, t0, s1
	csrw	stvec, t0
	srli	t0, s2, 12
	li	t1, 8 << 60
	or	t0, t0, t1
	sfence.vma
	csrw	satp, t0
	sfence.vma
	.balign 4
high_boot:
	la	sp, boot_stack_top
	la	tp, boot_task
	csrw	sscratch, tp
	la	t0, trap_entry
	csrw	stvec, t0
	li	s0, 0
	li	ra, 0
	call	boot_main
1:	wfi
	j	1b

#ifdef KASAN
	/* All entries of the table at t2 point to t0, with the flags t1. */
fill_early_table:
	srli	t0, t0, 12
	slli	t0, t0, 10
	or	t0, t0, t1
	li	t1, 4096
	add	t1, t1, t2
	mv	t3, t2
1:	sd	t0, 0(t3)
	addi	t3, t3, 8
	bltu	t3, t1, 1b
	ret
#endif

	/* Wait until the boot hart has filled in the entry with this hart's id. */
secondary_wait:
	la	t0, secondary_harts
	li	t1, NR_CPUS
2:	ld	t2, SECONDARY_HARTID(t0)
	bne	t2, a0, 3f
	ld	t2, SECONDARY_GO(t0)
	bnez	t2, secondary_go
3:	addi	t0, t0, SECONDARY_SIZE
	addi	t1, t1, -1
	bnez	t1, 2b
	j	secondary_wait

secondary_go:
	fence	rw, rw
	sfence.vma
	ld	sp, SECONDARY_STACK(t0)
	ld	tp, SECONDARY_TASK(t0)
	ld	t1, SECONDARY_SATP(t0)
	ld	t2, SECONDARY_ENTRY(t0)
	la	t3, high_secondary
	la	t4, kernel_image_offset
	ld	t4, 0(t4)
	add	t3, t3, t4
	csrw	stvec, t3
	csrw	satp, t1
	sfence.vma
	.balign 4
high_secondary:
	csrw	sscratch, tp
	la	t0, trap_entry
	csrw	stvec, t0
	li	s0, 0
	li	ra, 0
	jr	t2

	/* Neither may be in .bss: a late hart must not see them change when it is zeroed. */
	.section .data
	.balign 8
boot_lottery:
	.word	0
	.balign 8
	.globl secondary_harts
secondary_harts:
	.rept	NR_CPUS
	.dword	-1, 0, 0, 0, 0, 0
	.endr

	.section .bss.stacks, "aw", @nobits
	.balign 4096
early_root:
	.space	4096
early_image_table:
	.space	4096
#ifdef KASAN
early_shadow_page:
	.space	4096
early_shadow_leaves:
	.space	4096
early_shadow_tables:
	.space	4096
#endif
	/* A kernel stack's slot (riscv/layout.h): the guard half, then the stack. */
	.balign 2 * KSTACK_SIZE
	.space	KSTACK_SIZE
	.globl boot_stack
boot_stack:
	.space	KSTACK_SIZE
	.globl boot_stack_top
boot_stack_top:
