#pragma once

/*
 * What a traced process tells: a record for each system call, signal and end, into a pipe of the
 * tracer's. The tracer attaches by writing to /proc/<pid>/trace (proc/trace.c says how).
 */

#include "lib/types.h"
#include "proc/siginfo.h"
#include "riscv/trap_frame.h"

struct file;
struct process;
struct task;

enum trace_kind {
	TRACE_CALL = 1,	 /* number, args and result of a call; what lay behind the args */
	TRACE_NO_RETURN, /* a call that ends the thread: no result */
	TRACE_SIGNAL,	 /* one that is handled; number: which; args: code, sender, address */
	TRACE_END,	 /* of a process; number: its wait status */
};

/* One write to the pipe. The program `trace` reads the same structure (user/bin/trace/record.h). */
struct trace_record {
	u32 bytes; /* of all of it, a multiple of 8 */
	u32 kind;
	s32 pid, tid;
	u64 number;
	u64 args[6];
	s64 result;
	u64 start_ns, end_ns; /* clock_now_ns */
	u32 nr_lost;	      /* records before this one that could not be written */
	u32 chunk_bytes;      /* of the chunks that follow */
};

/* The bytes behind an argument, as they were before the call or after it. */
struct trace_chunk {
	u8 arg;
	u8 after;
	u16 bytes; /* that follow */
};

/*
 * Every thread of the process is traced from its next call on, into the pipe (a reference is taken);
 * with `follow`, its children, too. => 0, -EINVAL: no pipe for writing, or the caller itself;
 * -EBUSY: another tracer listens; -ESRCH: it has ended; -ENOMEM
 */
int trace_attach(struct process *process, struct file *pipe, bool follow);

/* Does anybody trace it? */
bool trace_is_attached(struct process *process);

/*
 * A new thread of a process, or the first of a new one whose parent is the current process, is traced
 * if it should be. => process_lock is held
 */
void trace_inherit_locked(struct task *thread, struct process *process);

/* Before and after a call of the current thread. => NULL when nothing is to be told, or no memory */
struct trace_record *trace_call_begin(const struct trap_frame *tf);
void trace_call_end(struct trace_record *record, s64 result);

/* The current thread takes a signal; one that kills is told by TRACE_END. No lock held. */
void trace_signal(const struct siginfo *info);

/* The last thread of the current process ends with this wait status. No lock held. */
void trace_end(u32 status);
