#pragma once

/* Calls to the firmware. Source: RISC-V Supervisor Binary Interface specification 1.0 and 2.0. */

#include "lib/types.h"

#define SBI_ERR_ALREADY_AVAILABLE (-6)

struct sbi_result {
	long error; /* 0 or an SBI error, negative */
	long value;
};

struct sbi_result sbi_call(u64 extension, u64 function, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4);

/* Find out which extensions there are; before any other call but sbi_console_write(). */
void sbi_init(void);

u64 sbi_spec_version(void); /* major << 24 | minor */

/* By DBCN when there is one, else the legacy call. buf must be in the direct map or the image. */
void sbi_console_write(const char *buf, size_t len);
int sbi_console_getchar(void); /* -1 for none */

void sbi_set_timer(u64 deadline_ticks);
void sbi_send_ipi(u64 hartid);
/* => 0 or an SBI error */
long sbi_hart_start(u64 hartid, u64 start_pa, u64 opaque);
/* SRST. Return only when there is no such extension. */
void sbi_shutdown(void);
void sbi_reboot(void);

/* sfence.vma [va, va+size) on the harts of the mask (bit n is hart base+n); fence.i likewise. */
void sbi_remote_sfence(u64 hart_mask, u64 hart_base, u64 va, u64 size);
void sbi_remote_fence_i(u64 hart_mask, u64 hart_base);
