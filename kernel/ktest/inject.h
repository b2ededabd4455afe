#pragma once

/* Allocations of the current thread that fail: docs/fault-injection.md. */

#include "mem/fault_inject.h"

/*
 * Those that "interval,probability,space,times" says, of what the other fields of attr let pass. Only this thread's
 * requests are looked at, so that other threads do not count along.
 */
void inject_begin(struct fault_attr *attr, const char *text);
/* None any more; all fields are as they were at boot. */
void inject_end(struct fault_attr *attr);
