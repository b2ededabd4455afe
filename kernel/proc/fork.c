#include "proc/fork.h"

#include "fs/file.h"
#include "fs/files.h"
#include "fs/fs_context.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "proc/trace.h"
#include "riscv/csr.h"
#include "vm/usercopy.h"

/*
 * fork, vfork and pthread_create are one operation: a new task, for which each of the
 * caller's belongings is either copied or shared. Everything that may fail happens
 * first, on a task that nobody knows; clone_commit() then puts it into the tree under
 * process_lock, and it starts.
 */

/* They concern tracers, which there are none of, or I/O contexts, or have no meaning any more. */
#define CLONE_NO_EFFECT (CLONE_PTRACE | CLONE_DETACHED | CLONE_UNTRACED | CLONE_IO)

#define CLONE_SUPPORTED                                                                        \
	(CLONE_EXIT_SIGNAL | CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_VFORK | \
	 CLONE_PARENT | CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS | CLONE_PARENT_SETTID |    \
	 CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_NO_EFFECT)

/* A call whose tid is that of a dead leader's process, a group or a session is tried again. */
#define TID_ATTEMPTS 64

/*
 * May the current process have one more thread, or child? Asked for before the work begins, and for
 * good when it is done. => 0, -EAGAIN, -ERESTARTNOINTR: a signal came, and it might be for both
 */
static int
may_be_more(void)
{
	if (signal_pending())
		return -ERESTARTNOINTR;
	return READ_ONCE(nr_process_threads) < rlimit_get(RLIMIT_NPROC) ? 0 : -EAGAIN;
}

static int
clone_check(const struct clone_args *args)
{
	u64 flags = args->flags;

	if (flags & ~CLONE_SUPPORTED)
		return -EINVAL;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	if ((flags & CLONE_PARENT) && current->process == init_process)
		return -EINVAL;
	return may_be_more();
}

/* The first code of the child in the kernel; sched/ then takes it to user mode. */
static void
clone_begin(void *unused)
{
	(void)unused;
}

/* => a task whose tid names nothing else; ERR_PTR(-ENOMEM), ERR_PTR(-EAGAIN): there are too many */
static struct task *
create_task(void)
{
	for (int i = 0; i < TID_ATTEMPTS; i++) {
		struct task *child = task_create(current->name, clone_begin, NULL);
		bool is_free;
		u64 flags;

		if (!child)
			return ERR_PTR(-ENOMEM);
		flags = spin_lock_irqsave(&process_lock);
		is_free = process_number_is_free(child->tid);
		spin_unlock_irqrestore(&process_lock, flags);
		if (is_free && task_count() <= task_count_max())
			return child;
		task_discard(child);
		if (is_free)
			break;
	}
	return ERR_PTR(-EAGAIN);
}

static void
copy_registers(struct task *child, const struct clone_args *args)
{
	struct trap_frame *from = task_trap_frame(current);
	struct trap_frame *tf = task_trap_frame(child);

	task_fpu_sync(from);
	child->fpu = current->fpu;
	*tf = *from;
	tf->status &= ~SSTATUS_FS;
	tf->a0 = 0;
	if (args->stack)
		tf->sp = args->stack;
	if (args->flags & CLONE_SETTLS)
		tf->tp = args->tls;
}

/* => 0 or -ENOMEM; clone_discard() undoes it */
static int
copy_belongings(struct task *child, u64 flags)
{
	struct mm *mm;

	child->files = flags & CLONE_FILES ? files_ref(current->files) : files_copy(current->files);
	if (!child->files)
		return -ENOMEM;
	child->fs = flags & CLONE_FS ? fs_context_ref(current->fs) : fs_context_copy(current->fs);
	if (!child->fs)
		return -ENOMEM;
	if (flags & CLONE_VM) {
		mm = current->mm;
		mm_get(mm);
	} else {
		mm = mm_fork(current->mm);
	}
	if (IS_ERR_OR_NULL(mm))
		return err_or_null_to_errno(mm);
	child->mm = mm;
	child->tlb = &mm->tlb;
	return 0;
}

static void
copy_thread_state(struct task *child, const struct clone_args *args)
{
	signal_queue_init(&child->pending);
	child->sigmask = current->sigmask;
	child->allowed = current->allowed;
	child->nice = current->nice;
	if (!(args->flags & CLONE_VM) || (args->flags & CLONE_VFORK))
		child->altstack = current->altstack;
	if (args->flags & CLONE_CHILD_CLEARTID)
		child->clear_child_tid = args->child_tid;
	child->vfork_pending = args->flags & CLONE_VFORK;
	child->ti.flags = current->ti.flags & TIF_MAKE_IT_FAIL;
}

/* A process that is like the current one, for a first thread. => NULL for no memory */
static struct process *
copy_process(struct task *child, const struct clone_args *args)
{
	struct process *parent = current->process;
	struct signal_actions *actions = parent->signal.actions;
	bool share = args->flags & CLONE_SIGHAND;
	struct process *process = process_alloc(share ? actions : NULL);
	u64 flags;

	if (!process)
		return NULL;
	if (!share)
		signal_actions_copy(process->signal.actions, actions);
	process_exe_set(process, process_exe_get(parent));
	process->pid = child->tid;
	process->oom_score_adj = parent->oom_score_adj;
	flags = spin_lock_irqsave(&parent->signal.lock);
	memcpy(process->rlimits, parent->rlimits, sizeof(parent->rlimits));
	spin_unlock_irqrestore(&parent->signal.lock, flags);
	return process;
}

/* Give back what a task has that never ran and is in no process. */
static void
clone_discard(struct task *child)
{
	if (child->mm)
		mm_put(child->mm);
	if (child->files)
		files_put(child->files);
	if (child->fs)
		fs_context_put(child->fs);
	child->mm = NULL;
	child->tlb = NULL;
	task_discard(child);
}

/* => an unknown task; ERR_PTR(-ENOMEM), ERR_PTR(-EAGAIN) */
static struct task *
clone_prepare(const struct clone_args *args)
{
	struct task *child = create_task();
	int err;

	if (IS_ERR(child))
		return child;
	copy_registers(child, args);
	copy_thread_state(child, args);
	err = copy_belongings(child, args->flags);
	if (err) {
		clone_discard(child);
		return ERR_PTR(err);
	}
	return child;
}

static void
enter_tree(struct process *process, const struct clone_args *args)
{
	struct process *self = current->process;
	struct process *parent = args->flags & CLONE_PARENT ? self->parent : self;

	process->exit_signal = args->flags & CLONE_PARENT ? self->exit_signal
							  : (s32)(args->flags & CLONE_EXIT_SIGNAL);
	process->parent = parent;
	process->ppid = parent->pid;
	process->pgid = self->pgid;
	process->sid = self->sid;
	process->tty = self->tty;
	process->in_vfork = (args->flags & CLONE_VM) && (args->flags & CLONE_VFORK);
	list_add_tail(&process->sibling_link, &parent->children);
	process_index_insert(process);
}

/*
 * The child becomes a thread of `process`, which is new unless CLONE_THREAD.
 * => as may_be_more()
 */
static int
clone_commit(struct task *child, struct process *process, const struct clone_args *args)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	int err = may_be_more();

	if (err) {
		spin_unlock_irqrestore(&process_lock, flags);
		return err;
	}
	if (!(args->flags & CLONE_THREAD))
		enter_tree(process, args);
	process_get(process);
	child->process = process;
	list_add_tail(&child->thread_link, &process->threads);
	process->nr_threads++;
	nr_process_threads++;
	atomic_inc(&process->nr_live);
	trace_inherit_locked(child, process);
	spin_unlock_irqrestore(&process_lock, flags);
	return 0;
}

/* Whoever made a thread, or the first of a process, with CLONE_VFORK sleeps while that uses its memory. */
static void
vfork_wait(struct task *child, struct process *process)
{
	struct waiter waiter = WAITER_INIT(waiter);

	for (;;) {
		wait_prepare(&process->vfork_wq, &waiter, TASK_KILLABLE);
		if (!READ_ONCE(child->vfork_pending) || signal_must_die())
			break;
		schedule();
	}
	wait_finish(&process->vfork_wq, &waiter);
}

/* Nothing fails any more. => tid */
static s64
clone_run(struct task *child, struct process *process, const struct clone_args *args)
{
	s32 tid = child->tid;
	bool vfork = args->flags & CLONE_VFORK;

	if (args->flags & CLONE_PARENT_SETTID)
		put_user_u32(args->parent_tid, tid);
	if (args->flags & CLONE_CHILD_SETTID)
		mm_copy_to(child->mm, args->child_tid, &tid, sizeof(tid));
	if (vfork)
		process_get(process);
	task_start(child);
	if (vfork) {
		vfork_wait(child, process);
		process_put(process);
	}
	task_put(child);
	return tid;
}

s64
process_clone(const struct clone_args *args)
{
	struct process *process = current->process;
	struct task *child;
	int err = clone_check(args);

	if (err)
		return err;
	child = clone_prepare(args);
	if (IS_ERR(child))
		return PTR_ERR(child);
	if (!(args->flags & CLONE_THREAD))
		process = copy_process(child, args);
	err = process ? clone_commit(child, process, args) : -ENOMEM;
	if (err) {
		if (process && process != current->process) {
			process_exe_set(process, NULL);
			process_put(process);
		}
		clone_discard(child);
		return err;
	}
	return clone_run(child, process, args);
}

int
process_unshare_files(void)
{
	struct files *shared = current->files, *own;
	u64 flags;

	if (refcount_read(&shared->refs) == 1)
		return 0;
	own = files_copy(shared);
	if (!own)
		return -ENOMEM;
	flags = spin_lock_irqsave(&process_lock);
	current->files = own;
	spin_unlock_irqrestore(&process_lock, flags);
	files_put(shared);
	return 0;
}
