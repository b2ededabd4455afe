#pragma once

/*
 * Supervisor control and status registers: numbers of bits and accessors.
 * Source: RISC-V privileged specification, chapter "Supervisor-Level ISA".
 */

#include "lib/types.h"

/* sstatus */
#define SSTATUS_SIE	 (1UL << 1)
#define SSTATUS_SPIE	 (1UL << 5)
#define SSTATUS_SPP	 (1UL << 8)
#define SSTATUS_FS	 (3UL << 13)
#define SSTATUS_FS_OFF	 (0UL << 13)
#define SSTATUS_FS_INIT	 (1UL << 13)
#define SSTATUS_FS_CLEAN (2UL << 13)
#define SSTATUS_FS_DIRTY (3UL << 13)
#define SSTATUS_SUM	 (1UL << 18)
#define SSTATUS_MXR	 (1UL << 19)
#define SSTATUS_UXL_64	 (2UL << 32)

/* sie, sip */
#define SIE_SSIE (1UL << 1)
#define SIE_STIE (1UL << 5)
#define SIE_SEIE (1UL << 9)

/* scounteren: what user mode may read */
#define SCOUNTEREN_TM (1UL << 1) /* time */

/* scause */
#define SCAUSE_IRQ	     (1UL << 63)
#define IRQ_S_SOFT	     1
#define IRQ_S_TIMER	     5
#define IRQ_S_EXT	     9
#define EXC_INST_MISALIGNED  0
#define EXC_INST_ACCESS	     1
#define EXC_INST_ILLEGAL     2
#define EXC_BREAKPOINT	     3
#define EXC_LOAD_MISALIGNED  4
#define EXC_LOAD_ACCESS	     5
#define EXC_STORE_MISALIGNED 6
#define EXC_STORE_ACCESS     7
#define EXC_ECALL_U	     8
#define EXC_INST_PAGE_FAULT  12
#define EXC_LOAD_PAGE_FAULT  13
#define EXC_STORE_PAGE_FAULT 15

/* satp */
#define SATP_MODE_SV39	(8UL << 60)
#define SATP_ASID_SHIFT 44
#define SATP_ASID_MASK	0xffffUL

/* stimecmp has no name in older assemblers. */
#define CSR_STIMECMP 0x14d

#define csr_stringify_(x) #x
#define csr_stringify(x)  csr_stringify_(x)

#define csr_read(csr)                                                                      \
	({                                                                                 \
		u64 csr_value_;                                                            \
		asm volatile("csrr %0, " csr_stringify(csr) : "=r"(csr_value_)::"memory"); \
		csr_value_;                                                                \
	})
#define csr_write(csr, value) \
	asm volatile("csrw " csr_stringify(csr) ", %0" ::"rK"((u64)(value)) : "memory")
#define csr_set(csr, bits) \
	asm volatile("csrs " csr_stringify(csr) ", %0" ::"rK"((u64)(bits)) : "memory")
#define csr_clear(csr, bits) \
	asm volatile("csrc " csr_stringify(csr) ", %0" ::"rK"((u64)(bits)) : "memory")
#define csr_read_clear(csr, bits)                                   \
	({                                                          \
		u64 csr_value_;                                     \
		asm volatile("csrrc %0, " csr_stringify(csr) ", %1" \
			     : "=r"(csr_value_)                     \
			     : "rK"((u64)(bits))                    \
			     : "memory");                           \
		csr_value_;                                         \
	})
