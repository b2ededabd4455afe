#pragma once

/* Thread ids: small numbers, reused only after the whole range was gone through. */

#include "sched/task.h"

#define TID_MAX 32768

/* Gives a new task its id. => 0, or -EAGAIN when all are in use */
int tid_alloc(struct task *task);
void tid_free(struct task *task);

/*
 * The current task goes on under another number: 1, which no other task ever has; or that of its
 * process, whose first thread is dead. A dead task that still has it gets the current one's.
 */
void tid_become(s32 tid);
