/* Floating-point registers to and from a struct fpu_state (riscv/fpu.h). */

	.attribute arch, "rv64imafdc"
	.text

#define FPU_FCSR 256

.macro each_register op
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	\op	f\n, (8 * \n)(a0)
	.endr
.endm

	.globl fpu_save
	.type fpu_save, @function
fpu_save:
	each_register fsd
	frcsr	t0
	sw	t0, FPU_FCSR(a0)
	ret

	.globl fpu_load
	.type fpu_load, @function
fpu_load:
	each_register fld
	lw	t0, FPU_FCSR(a0)
	fscsr	t0
	ret
