#include "core/init.h"

/* boot/kernel.ld */
extern const late_init_fn late_init_start[], late_init_end[];

void
late_init_run(void)
{
	for (const late_init_fn *fn = late_init_start; fn < late_init_end; fn++)
		(*fn)();
}
