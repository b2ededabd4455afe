#include "core/clock.h"
#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/files.h"
#include "fs/fs_context.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "proc/exec.h"
#include "proc/exit.h"
#include "proc/fork.h"
#include "proc/signal.h"
#include "proc/wait.h"
#include "syscall/path_arg.h"
#include "syscall_proto.h"
#include "vm/usercopy.h"

#define RUSAGE_SELF	0
#define RUSAGE_CHILDREN (-1)
#define RUSAGE_THREAD	1

/* waitid(2): what `id` is. */
#define P_ALL  0
#define P_PID  1
#define P_PGID 2

struct user_timeval {
	s64 sec, usec;
};

struct user_rusage {
	struct user_timeval utime, stime;
	s64 maxrss; /* KiB */
	s64 ixrss, idrss, isrss;
	s64 minflt, majflt;
	s64 nswap, inblock, oublock, msgsnd, msgrcv, nsignals;
	s64 nvcsw, nivcsw;
};
STATIC_ASSERT(sizeof(struct user_rusage) == 144);

long
sys_exit(int status)
{
	thread_exit(WAIT_STATUS_EXIT(status));
}

long
sys_exit_group(int status)
{
	process_exit(WAIT_STATUS_EXIT(status));
}

long
sys_clone(u64 flags, uva_t stack, uva_t parent_tid, uva_t tls, uva_t child_tid)
{
	return process_clone(&(struct clone_args){.flags = (u32)flags,
						  .stack = stack,
						  .parent_tid = parent_tid,
						  .tls = tls,
						  .child_tid = child_tid});
}

static struct file *
exec_open(const struct path_arg *arg, int flags)
{
	struct dentry *dentry;
	struct file *file;

	if (*arg->text || !(flags & AT_EMPTY_PATH))
		return file_open_exec(arg->start, arg->text,
				      flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0);
	dentry = arg->start ? dentry_ref(arg->start) : fs_cwd_get();
	file = file_open_exec_dentry(dentry);
	dentry_put(dentry);
	return file;
}

/* What is named from a descriptor is told to be in /dev/fd. => kmalloc, NULL, ERR_PTR */
static char *
exec_told_path(const struct path_arg *arg, int dirfd)
{
	char *told = kmalloc(PATH_MAX, GFP_KERNEL);
	int length;

	if (!told)
		return NULL;
	length =
		snprintf(told, PATH_MAX, "/dev/fd/%d%s%s", dirfd, *arg->text ? "/" : "", arg->text);
	if (length < PATH_MAX)
		return told;
	kfree(told);
	return ERR_PTR(-ENAMETOOLONG);
}

/* => 0 or -errno */
static int
exec_at(const struct path_arg *arg, int dirfd, const struct exec_vector *argv,
	const struct exec_vector *envp, int flags)
{
	char *told = arg->start ? exec_told_path(arg, dirfd) : arg->text;
	struct file *file;
	int error = err_or_null_to_errno(told);

	if (error)
		return error;
	file = exec_open(arg, flags);
	error = err_or_null_to_errno(file);
	if (!error)
		error = process_exec(file, told, argv, envp);
	if (told != arg->text)
		kfree(told);
	return error;
}

long
sys_execveat(int dirfd, uva_t path, uva_t argv, uva_t envp, int flags)
{
	struct path_arg arg;
	int error;

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -EINVAL;
	error = path_arg_get(&arg, dirfd, path);
	if (error)
		return error;
	error = exec_at(&arg, dirfd, &(struct exec_vector){.user = argv},
			&(struct exec_vector){.user = envp}, flags);
	path_arg_put(&arg);
	return error;
}

long
sys_execve(uva_t path, uva_t argv, uva_t envp)
{
	return sys_execveat(AT_FDCWD, path, argv, envp, 0);
}

static struct user_timeval
ns_to_timeval(u64 ns)
{
	return (struct user_timeval){ns / NSEC_PER_SEC, ns % NSEC_PER_SEC / NSEC_PER_USEC};
}

static int
put_rusage(uva_t uva, const struct process_usage *usage)
{
	struct user_rusage out = {
		.utime = ns_to_timeval(usage->user_ns),
		.stime = ns_to_timeval(usage->system_ns),
		.maxrss = usage->max_rss_pages * (PAGE_SIZE / 1024),
		.minflt = usage->min_flt,
		.majflt = usage->maj_flt,
		.nvcsw = usage->nr_voluntary,
		.nivcsw = usage->nr_involuntary,
	};

	return copy_to_user(uva, &out, sizeof(out));
}

long
sys_wait4(int pid, uva_t status, int options, uva_t rusage)
{
	struct wait_request request = {.options = (u32)options | WEXITED};
	struct wait_result result = {};
	int err;

	if ((u32)options & ~(WNOHANG | WUNTRACED | WCONTINUED | WAIT_FLAGS_WHOM))
		return -EINVAL;
	if (pid == INT32_MIN)
		return -ESRCH;
	if (pid > 0)
		request.pid = pid;
	else if (pid != -1)
		request.pgid = pid ? -pid : current->process->pgid;
	err = process_wait(&request, &result);
	if (err || !result.pid)
		return err;
	if (status && put_user_u32(status, result.status))
		return -EFAULT;
	if (rusage && put_rusage(rusage, &result.usage))
		return -EFAULT;
	return result.pid;
}

/* What waitid tells in a siginfo; all zero when nothing happened. */
static int
put_wait_info(uva_t uva, const struct wait_result *result)
{
	struct siginfo info = {.signo = SIGCHLD, .code = CLD_EXITED};
	struct user_siginfo out;
	u32 status = result->status;

	info.pid = result->pid;
	info.status = status >> 8;
	if (status == WAIT_STATUS_CONTINUED) {
		info.code = CLD_CONTINUED;
		info.status = SIGCONT;
	} else if ((status & 0xff) == 0x7f) {
		info.code = CLD_STOPPED;
	} else if (status & 0x7f) {
		info.code = CLD_KILLED;
		info.status = status & 0x7f;
	}
	if (result->pid)
		signal_fill_siginfo(&out, &info);
	else
		memset(&out, 0, sizeof(out));
	return copy_to_user(uva, &out, sizeof(out));
}

/* => 0 or -EINVAL */
static int
waitid_request(int which, int id, u32 options, struct wait_request *request)
{
	const u32 events = WEXITED | WUNTRACED | WCONTINUED;

	if ((options & ~(events | WNOHANG | WNOWAIT | WAIT_FLAGS_WHOM)) || !(options & events))
		return -EINVAL;
	*request = (struct wait_request){.options = options};
	switch (which) {
	case P_ALL:
		return 0;
	case P_PID:
		request->pid = id;
		return id > 0 ? 0 : -EINVAL;
	case P_PGID:
		request->pgid = id ? id : current->process->pgid;
		return id >= 0 ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

long
sys_waitid(int which, int id, uva_t info, int options, uva_t rusage)
{
	struct wait_request request;
	struct wait_result result = {};
	int err = waitid_request(which, id, options, &request);

	if (!err)
		err = process_wait(&request, &result);
	if (err) {
		result.pid = 0;
		return info && put_wait_info(info, &result) ? -EFAULT : err;
	}
	if (rusage && result.pid && put_rusage(rusage, &result.usage))
		return -EFAULT;
	return info ? put_wait_info(info, &result) : 0;
}

long
sys_getrusage(int who, uva_t uva)
{
	struct process *process = current->process;
	struct process_usage usage = {}, whole;
	u64 flags;

	switch (who) {
	case RUSAGE_SELF:
		process_usage_get(process, &usage);
		break;
	case RUSAGE_THREAD:
		process_usage_get(process, &whole);
		task_usage_get(current, &usage);
		usage.max_rss_pages = whole.max_rss_pages;
		break;
	case RUSAGE_CHILDREN:
		flags = spin_lock_irqsave(&process_lock);
		usage = process->dead_children;
		spin_unlock_irqrestore(&process_lock, flags);
		break;
	default:
		return -EINVAL;
	}
	return put_rusage(uva, &usage);
}

/* limit NULL: it is only asked for. => 0, -EINVAL, -EPERM */
static int
rlimit_check(int resource, const struct rlimit *limit)
{
	if (resource < 0 || resource >= RLIM_NLIMITS)
		return -EINVAL;
	if (!limit)
		return 0;
	if (limit->cur > limit->max)
		return -EINVAL;
	if (resource == RLIMIT_NOFILE && limit->max > FILES_MAX)
		return -EPERM;
	return 0;
}

/*
 * The address space knows the limits that concern it. Between vfork and exec it is the parent's,
 * whose limits hold; exec tells the new one.
 */
static void
rlimit_tell_mm(struct process *process)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	struct mm *mm = process_in_vfork_locked(process) ? NULL : process_mm_locked(process);

	if (mm) {
		WRITE_ONCE(mm->limit_stack, process->rlimits[RLIMIT_STACK].cur);
		WRITE_ONCE(mm->limit_as, process->rlimits[RLIMIT_AS].cur);
		WRITE_ONCE(mm->limit_data, process->rlimits[RLIMIT_DATA].cur);
		WRITE_ONCE(mm->limit_memlock, process->rlimits[RLIMIT_MEMLOCK].cur);
	}
	spin_unlock_irqrestore(&process_lock, flags);
}

static void
rlimit_exchange(struct process *process, int resource, const struct rlimit *new_limit,
		struct rlimit *old)
{
	u64 flags = spin_lock_irqsave(&process->signal.lock);

	*old = process->rlimits[resource];
	if (new_limit)
		process->rlimits[resource] = *new_limit;
	spin_unlock_irqrestore(&process->signal.lock, flags);
	if (new_limit)
		rlimit_tell_mm(process);
}

long
sys_prlimit64(int pid, int resource, uva_t new_limit, uva_t old_limit)
{
	struct process *process;
	struct rlimit limit, old;
	const struct rlimit *fresh = new_limit ? &limit : NULL;
	int err;

	if (new_limit && copy_from_user(&limit, new_limit, sizeof(limit)))
		return -EFAULT;
	process = process_find_by_thread(pid ? pid : current->tid);
	if (!process)
		return -ESRCH;
	err = rlimit_check(resource, fresh);
	if (!err)
		rlimit_exchange(process, resource, fresh, &old);
	process_put(process);
	if (err)
		return err;
	return old_limit ? copy_to_user(old_limit, &old, sizeof(old)) : 0;
}
