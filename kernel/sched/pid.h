#pragma once

/* Thread ids: small numbers, reused only after the whole range was gone through. */

#include "sched/task.h"

#define TID_MAX 32768

/* => the new task's id, or -EAGAIN when all are in use */
s32 tid_alloc(struct task *task);
void tid_free(struct task *task);

/* The current task becomes task 1, which no other ever is. Once. */
void tid_become_first(void);
