#include "syscall/syscall.h"

#include "core/printk.h"
#include "core/spinlock.h"
#include "fs/debugfs.h"
#include "lib/compiler.h"
#include "lib/errno.h"
#include "mem/tlb_check.h"
#include "proc/trace.h"
#include "riscv/trap_frame.h"
#include "sched/task.h"

static u64 nr_unknown; /* atomic */

static long
syscall_unknown(u64 number)
{
	__atomic_fetch_add(&nr_unknown, 1, __ATOMIC_RELAXED);
	pr_debug("%s (pid %d): system call %lu is not implemented", current->name, current->tid,
		 number);
	return -ENOSYS;
}

static NOINLINE void
syscall_dispatch_traced(struct trap_frame *tf)
{
	struct trace_record *record = trace_call_begin(tf);
	u64 number = tf->a7;

	if (number < syscall_table_size && syscall_table[number].call)
		tf->a0 = syscall_table[number].call(&tf->a0);
	else
		tf->a0 = syscall_unknown(number);
	if (record)
		trace_call_end(record, tf->a0);
}

void
syscall_dispatch(struct trap_frame *tf)
{
	u64 number = tf->a7;
	const struct syscall_entry *entry = &syscall_table[number];
	long result;

	if (unlikely(READ_ONCE(current->ti.flags) & TIF_TRACE)) {
		syscall_dispatch_traced(tf);
		return;
	}
	if (unlikely(number >= syscall_table_size || !entry->call)) {
		tf->a0 = syscall_unknown(number);
		return;
	}
	result = entry->call(&tf->a0);
	tf->a0 = result;
#ifdef DEBUG
	lockcheck_return_to_user(entry->name);
#endif
	tlb_check_settled();
}

void INIT
syscall_init(void)
{
	debugfs_register("unknown_syscalls", &debugfs_counter, &nr_unknown);
}
