#pragma once

#include "lib/types.h"
#include "mem/gfp.h"

struct task {
	void (*entry)(void *arg);
	void *arg;
};

extern struct task sim_task;
#define current (&sim_task)

struct task *kthread_start(const char *name, void (*entry)(void *arg), void *arg);
