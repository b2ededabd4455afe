/*
 * The file of a program, for lazy.c to write to the disk. It ends with 0 if the memory behind its data,
 * up to the end of their page, is zeros; with 1 if not, and with 2 if its data are not what the file has.
 *
 *	offset	  0	headers, text		at TEXT
 *		  4096	DATA_BYTES of data	at DATA, as a page of memory
 *			other bytes, to the end of the page
 */
#define PAGE	   4096
#define TEXT	   0x10000
#define DATA	   0x20000
#define DATA_BYTES 16
#define DATUM	   0x5a

#define EHDR_BYTES 64
#define PHDR_BYTES 56
#define ET_EXEC	   2
#define EM_RISCV   243
#define PT_LOAD	   1
#define PF_X	   1
#define PF_W	   2
#define PF_R	   4
#define SYS_exit   93

.section .rodata
.balign 8
.global tail_program, tail_program_end
tail_program:
	.byte	0x7f, 'E', 'L', 'F', 2, 1, 1, 0
	.dword	0
	.half	ET_EXEC, EM_RISCV
	.word	1
	.dword	TEXT + text - tail_program, EHDR_BYTES, 0
	.word	0
	.half	EHDR_BYTES, PHDR_BYTES, 2, 0, 0, 0

	.word	PT_LOAD, PF_R | PF_X
	.dword	0, TEXT, TEXT, text_end - tail_program, text_end - tail_program, PAGE
	.word	PT_LOAD, PF_R | PF_W
	.dword	PAGE, DATA, DATA, DATA_BYTES, PAGE, PAGE

text:
	li	t0, DATA
	li	t1, DATA + DATA_BYTES
	li	t2, DATA + PAGE
	li	a0, 2
	li	a7, SYS_exit
	lbu	t3, 0(t0)
	li	t4, DATUM
	bne	t3, t4, 2f
	li	a0, 0
1:	lbu	t3, 0(t1)
	or	a0, a0, t3
	addi	t1, t1, 1
	bne	t1, t2, 1b
	snez	a0, a0
2:	ecall
text_end:

	.fill	PAGE - (text_end - tail_program), 1, 0
	.fill	PAGE, 1, DATUM
tail_program_end:
