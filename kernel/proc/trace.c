#include "proc/trace.h"

#include "core/clock.h"
#include "fs/pipe.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "vm/usercopy.h"

/*
 * Tracing without a debugger's powers: the traced thread tells of itself.
 *
 *	tracer			pipe			traced thread
 *	writes "FD" or		  |			syscall_dispatch sees TIF_TRACE
 *	"FD f" to		  |			trace_call_begin: copies what is
 *	/proc/PID/trace		  |			  behind each argument
 *				  |			the call
 *	reads  <------------------+------- writes	trace_call_end: again, and the result
 *
 * The kernel does not know what arguments mean: whatever is an address of the program's has its first
 * bytes copied, before the call and after it. Only execve's list of strings is followed one
 * step, for after the call there is nothing left to look at.
 *
 * Nobody waits for anybody, but in the pipe: a full one makes the traced thread sleep until the
 * tracer has read, and one without reader ends the tracing. So a tracer may die at any moment, and
 * a traced process may be killed at any; all that is shared is the reference to the pipe. While it
 * writes, a thread takes no signal but a fatal one; if it must give up, the record counts as lost.
 *
 * process->trace is guarded by process_lock. Each process that has one holds a reference; the last
 * closes the pipe, which is the tracer's end of file.
 */

#define RECORD_BYTES   2048
#define CHUNK_BYTES    64
#define ARGV_BYTES     512U
#define ARGV_MAX       16
#define NR_EXIT	       93
#define NR_EXIT_GROUP  94
#define NR_EXECVE      221
#define FIRST_POINTER  USER_VA_START
#define NR_CALL_ARGS   6
#define ALL_SIGNALS    (~0UL)
#define EXECVE_ARGV    1
#define STRING_CUT_END "..."

struct trace {
	refcount_t refs;
	struct file *pipe;
	bool follow;
	atomic_t nr_lost;
};

static void
trace_put(struct trace *trace)
{
	if (!refcount_dec_and_test(&trace->refs))
		return;
	file_put(trace->pipe);
	kfree(trace);
}

/* => NULL when the process is not traced */
static struct trace *
trace_get(struct process *process)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct trace *trace = process->trace;

	if (trace)
		refcount_inc(&trace->refs);
	spin_unlock_irqrestore(&process_lock, flags);
	return trace;
}

/* => the caller has process_lock; the trace that is no longer the process's, or NULL */
static struct trace *
trace_set_locked(struct process *process, struct trace *trace)
{
	struct trace *old = process->trace;
	struct task *task;

	process->trace = trace;
	list_for_each_entry(task, &process->threads, thread_link) {
		if (trace)
			atomic_or32(&task->ti.flags, TIF_TRACE);
		else
			atomic_fetch_and32(&task->ti.flags, ~TIF_TRACE);
	}
	return old;
}

/* The process is traced no more, if it still was by this one. */
static void
trace_detach(struct process *process, struct trace *trace)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct trace *old = NULL;

	if (process->trace == trace)
		old = trace_set_locked(process, NULL);
	spin_unlock_irqrestore(&process_lock, flags);
	if (old)
		trace_put(old);
}

static int
attach_locked(struct process *process, struct trace *trace, struct trace **old)
{
	if (atomic_read(&process->nr_live) == 0)
		return -ESRCH;
	if (process->trace && pipe_has_reader(process->trace->pipe))
		return -EBUSY;
	*old = trace_set_locked(process, trace);
	return 0;
}

int
trace_attach(struct process *process, struct file *pipe, bool follow)
{
	struct trace *trace, *old = NULL;
	u64 flags;
	int err;

	if (!file_is_pipe(pipe) || !file_is_writable(pipe) || process == current->process)
		return -EINVAL;
	trace = kzalloc(sizeof(*trace), GFP_KERNEL);
	if (!trace)
		return -ENOMEM;
	refcount_set(&trace->refs, 1);
	trace->pipe = file_ref(pipe);
	trace->follow = follow;
	flags = spin_lock_irqsave(&process_lock);
	err = attach_locked(process, trace, &old);
	spin_unlock_irqrestore(&process_lock, flags);
	if (err)
		trace_put(trace);
	if (old)
		trace_put(old);
	return err;
}

bool
trace_is_attached(struct process *process)
{
	return READ_ONCE(process->trace);
}

void
trace_inherit_locked(struct task *thread, struct process *process)
{
	struct trace *trace = current->process->trace;

	if (!trace)
		return;
	if (process != current->process) {
		if (!trace->follow)
			return;
		refcount_inc(&trace->refs);
		process->trace = trace;
	}
	atomic_or32(&thread->ti.flags, TIF_TRACE);
}

/* As many of the bytes as there are up to the end of a page. => how many */
static u32
copy_some(void *dst, uva_t src, u32 bytes)
{
	u32 in_page = PAGE_SIZE - src % PAGE_SIZE;

	if (copy_from_user(dst, src, bytes) == 0)
		return bytes;
	return in_page < bytes && copy_from_user(dst, src, in_page) == 0 ? in_page : 0;
}

static struct trace_chunk *
chunk_next(struct trace_record *record)
{
	return (struct trace_chunk *)((u8 *)(record + 1) + record->chunk_bytes);
}

static u32
record_room(const struct trace_record *record)
{
	return RECORD_BYTES - sizeof(*record) - record->chunk_bytes - sizeof(struct trace_chunk);
}

static void
chunk_end(struct trace_record *record, unsigned arg, bool after, u32 bytes)
{
	*chunk_next(record) = (struct trace_chunk){arg, after, bytes};
	record->chunk_bytes += sizeof(struct trace_chunk) + ALIGN_UP(bytes, sizeof(u16));
}

static void
chunks_take(struct trace_record *record, bool after)
{
	for (unsigned i = 0; i < NR_CALL_ARGS; i++) {
		uva_t uva = record->args[i];
		u32 bytes;

		if (uva < FIRST_POINTER || uva >= USER_VA_END || record_room(record) < CHUNK_BYTES)
			continue;
		bytes = copy_some(chunk_next(record) + 1, uva, CHUNK_BYTES);
		if (bytes)
			chunk_end(record, i, after, bytes);
	}
}

/* execve's arguments, one after the other, each with its terminator. */
static void
argv_take(struct trace_record *record)
{
	char *text = (char *)(chunk_next(record) + 1);
	u32 room = MIN(record_room(record), ARGV_BYTES), used = 0;
	u64 string;

	for (unsigned i = 0; i < ARGV_MAX && used < room; i++) {
		ssize_t len;

		if (get_user_u64(&string, record->args[EXECVE_ARGV] + i * sizeof(u64)) < 0 ||
		    !string)
			break;
		len = strncpy_from_user(text + used, string, room - used);
		if (len == -ENAMETOOLONG && room - used > sizeof(STRING_CUT_END)) {
			strscpy(text + room - sizeof(STRING_CUT_END), STRING_CUT_END,
				sizeof(STRING_CUT_END));
			len = room - used - 1;
		}
		if (len < 0)
			break;
		used += len + 1;
	}
	chunk_end(record, EXECVE_ARGV, true, used);
}

static struct trace_record *
record_new(enum trace_kind kind, u64 number)
{
	struct trace_record *record = kmalloc(RECORD_BYTES, GFP_KERNEL);

	if (!record)
		return NULL;
	memset(record, 0, RECORD_BYTES);
	record->kind = kind;
	record->pid = current->process->pid;
	record->tid = current->tid;
	record->number = number;
	record->start_ns = record->end_ns = clock_now_ns();
	return record;
}

/* Tells it, and frees the record. */
static void
record_write(struct trace_record *record)
{
	struct trace *trace = trace_get(current->process);
	u64 mask = current->sigmask;
	ssize_t written;

	if (!trace) {
		kfree(record);
		return;
	}
	record->bytes = ALIGN_UP(sizeof(*record) + record->chunk_bytes, sizeof(u64));
	record->nr_lost = atomic_xchg(&trace->nr_lost, 0);
	signal_set_mask(ALL_SIGNALS);
	written = pipe_write_record(trace->pipe, record, record->bytes);
	signal_set_mask(mask);
	if (written == -EPIPE)
		trace_detach(current->process, trace);
	else if (written < 0)
		atomic_add(&trace->nr_lost, (s32)record->nr_lost + 1);
	trace_put(trace);
	kfree(record);
}

struct trace_record *
trace_call_begin(const struct trap_frame *tf)
{
	bool returns = tf->a7 != NR_EXIT && tf->a7 != NR_EXIT_GROUP;
	struct trace_record *record = record_new(returns ? TRACE_CALL : TRACE_NO_RETURN, tf->a7);

	if (!record)
		return NULL;
	memcpy(record->args, &tf->a0, sizeof(record->args));
	chunks_take(record, false);
	if (tf->a7 == NR_EXECVE)
		argv_take(record);
	if (returns)
		return record;
	record_write(record);
	return NULL;
}

void
trace_call_end(struct trace_record *record, s64 result)
{
	record->result = result;
	record->end_ns = clock_now_ns();
	if (record->number != NR_EXECVE)
		chunks_take(record, true);
	record_write(record);
}

void
trace_signal(const struct siginfo *info)
{
	struct trace_record *record = record_new(TRACE_SIGNAL, info->signo);

	if (!record)
		return;
	record->args[0] = info->code;
	if (signal_has_address(info))
		record->args[2] = info->address;
	else
		record->args[1] = info->pid;
	record_write(record);
}

void
trace_end(u32 status)
{
	struct process *process = current->process;
	struct trace *trace;
	struct trace_record *record;

	if (!trace_is_attached(process))
		return;
	record = record_new(TRACE_END, status);
	if (record)
		record_write(record);
	trace = trace_get(process);
	if (!trace)
		return;
	trace_detach(process, trace);
	trace_put(trace);
}
