#pragma once

/* Page faults: user programs', and the kernel's own accesses on a program's behalf. */

#include "vm/mm.h"

enum fault_access { FAULT_READ, FAULT_WRITE, FAULT_EXEC };

enum fault_result {
	FAULT_OK,     /* try the access again */
	FAULT_MAPERR, /* no area: SIGSEGV, SEGV_MAPERR */
	FAULT_ACCERR, /* the area forbids it: SIGSEGV, SEGV_ACCERR */
	FAULT_BUS,    /* past the end of the file, I/O error, no space: SIGBUS, BUS_ADRERR */
	FAULT_OOM,    /* no memory: SIGKILL */
};

/* Make the access possible. May sleep; no lock but those outside MM held. */
enum fault_result fault_handle(struct mm *mm, uva_t uva, enum fault_access access);

/* -EFAULT or -ENOMEM for what is not FAULT_OK. */
int fault_errno(enum fault_result result);

/* System-wide counts (pgfault, pgmajfault of /proc/vmstat). */
struct fault_stats {
	u64 nr_faults, nr_major, nr_zero_page, nr_anon_new, nr_cow_copied, nr_cow_reused,
		nr_file_mapped, nr_spurious;
};
void fault_stats_get(struct fault_stats *stats);

/* Once, at boot: the zero page. */
void fault_init(void);
