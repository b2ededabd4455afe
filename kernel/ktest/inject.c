#include "ktest/inject.h"

#include "core/atomic.h"
#include "ktest/ktest.h"
#include "sched/task.h"

void
inject_begin(struct fault_attr *attr, const char *text)
{
	KTEST_CHECK(fault_attr_parse(attr, text) == 0);
	attr->nr_requests = attr->nr_failed = 0;
	attr->task_filter = true;
	attr->verbose = 0;
	atomic_or32(&current->ti.flags, TIF_MAKE_IT_FAIL);
	fault_attr_update(attr);
}

void
inject_end(struct fault_attr *attr)
{
	attr->probability = attr->min_order = attr->min_size = 0;
	attr->require_start = attr->require_end = attr->reject_start = attr->reject_end = 0;
	attr->cache[0] = '\0';
	attr->task_filter = false;
	fault_attr_update(attr);
	atomic_fetch_and32(&current->ti.flags, ~TIF_MAKE_IT_FAIL);
}
