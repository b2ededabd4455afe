#pragma once

/* Nice values of the threads that a call names: setpriority(2), getpriority(2). */

#include "lib/types.h"

/* Whom the number beside it names; 0 names what the caller has. */
enum priority_whose {
	PRIO_PROCESS, /* the thread of that number, and no other of its process */
	PRIO_PGRP,    /* every thread of the process group */
	PRIO_USER,    /* every thread of the user; all are root's, number 0 */
};

/* nice beyond NICE_MIN or NICE_MAX means these. => 0; -EINVAL: no such whose; -ESRCH: that is nobody */
int priority_set(int whose, s32 who, s32 nice);

/* => 20 less the least nice value of those, 1 to 40; errors as above */
int priority_get(int whose, s32 who);
