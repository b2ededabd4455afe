#include "core/clock.h"
#include "lib/compiler.h"
#include "proc/signal.h"
#include "syscall/timespec.h"
#include "syscall_proto.h"
#include "vm/usercopy.h"

#define SIGSET_BYTES 8

static bool
signal_is_valid(int sig)
{
	return sig >= 1 && sig <= NSIG;
}

/* What to send for a number that a program gave: of one that is no signal only whom it would meet is asked. */
static int
signal_or_probe(int sig)
{
	return signal_is_valid(sig) ? sig : 0;
}

/* That it is no signal is told when there is somebody to get it. */
static int
send_result(int result, int sig)
{
	return result == 0 && sig != signal_or_probe(sig) ? -EINVAL : result;
}

/* info NULL: of kill(2). => 0, -ESRCH, -EINVAL, -EAGAIN */
static int
send_to_process(int pid, int sig, const struct siginfo *info)
{
	struct process *process = process_find_by_thread(pid);
	int result;

	if (!process)
		return -ESRCH;
	result = signal_send_process(process, signal_or_probe(sig), info);
	process_put(process);
	return send_result(result, sig);
}

/* kill(-1): everybody but init and the caller. process_lock is held */
static int
kill_everybody(int sig)
{
	struct process *process;
	int result = -ESRCH;

	list_for_each_entry(process, &process_list, all_link) {
		if (process == init_process || process == current->process)
			continue;
		signal_send_process_locked(process, sig, NULL);
		result = 0;
	}
	return result;
}

static int
kill_many(int pid, int sig)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	int result;

	if (pid == -1)
		result = kill_everybody(signal_or_probe(sig));
	else
		result = signal_send_group_locked(pid ? -pid : current->process->pgid,
						  signal_or_probe(sig), NULL);
	spin_unlock_irqrestore(&process_lock, flags);
	return send_result(result, sig);
}

long
sys_kill(int pid, int sig)
{
	if (pid > 0)
		return send_to_process(pid, sig, NULL);
	return pid == INT32_MIN ? -ESRCH : kill_many(pid, sig);
}

/* A process keeps the number of its first thread to the end: a signal for that is lost. */
static long
kill_ended_first_thread(int tgid, int tid, int sig)
{
	struct process *process = process_find(tid);

	if (!process)
		return -ESRCH;
	process_put(process);
	return tgid && tgid != tid ? -ESRCH : send_result(0, sig);
}

/* tgid 0: any process. info NULL: the caller's tkill. */
static long
kill_thread(int tgid, int tid, int sig, const struct siginfo *info)
{
	struct task *task;
	int result;

	if (tid <= 0)
		return -EINVAL;
	task = task_find(tid);
	if (!task)
		return kill_ended_first_thread(tgid, tid, sig);
	if (!task->process || (tgid && task->process->pid != tgid))
		result = -ESRCH;
	else
		result = signal_send_task(task, signal_or_probe(sig), info);
	task_put(task);
	return send_result(result, sig);
}

long
sys_tkill(int tid, int sig)
{
	return kill_thread(0, tid, sig, NULL);
}

long
sys_tgkill(int tgid, int tid, int sig)
{
	return tgid <= 0 ? -EINVAL : kill_thread(tgid, tid, sig, NULL);
}

/*
 * What a thread wants to be known of a signal that it sends to the process or thread of this number.
 * Only to itself may it say that the kernel sent it, or kill(2). => 0, -EFAULT, -EPERM
 */
static int
siginfo_from_user(struct siginfo *info, uva_t uva, int sig, int to)
{
	struct user_siginfo user;

	if (copy_from_user(&user, uva, sizeof(user)))
		return -EFAULT;
	if ((user.code >= 0 || user.code == SI_TKILL) && to != current->tid)
		return -EPERM;
	*info = (struct siginfo){.signo = sig, .code = user.code, .err = user.err};
	if (signal_has_address(info)) {
		info->address = user.address;
		return 0;
	}
	info->pid = user.sender.pid;
	info->uid = user.sender.uid;
	if (signal_is_of_child(info)) {
		info->status = user.child.status;
		info->utime = user.child.utime;
		info->stime = user.child.stime;
	} else {
		info->value = user.sender.value;
	}
	return 0;
}

long
sys_rt_sigqueueinfo(int pid, int sig, uva_t uinfo)
{
	struct siginfo info;
	int err = siginfo_from_user(&info, uinfo, sig, pid);

	return err ? err : send_to_process(pid, sig, &info);
}

long
sys_rt_tgsigqueueinfo(int tgid, int tid, int sig, uva_t uinfo)
{
	struct siginfo info;
	int err = siginfo_from_user(&info, uinfo, sig, tid);

	if (err != -EFAULT && (tgid <= 0 || tid <= 0))
		err = -EINVAL;
	return err ? err : kill_thread(tgid, tid, sig, &info);
}

/* What is pending of a signal that is ignored from now on is forgotten. => signal.lock held */
static void
discard_ignored_locked(struct process *process, int sig)
{
	struct task *task;

	signal_discard_locked(process, &process->signal.shared, SIG_BIT(sig));
	list_for_each_entry(task, &process->threads, thread_link)
		signal_discard_locked(process, &task->pending, SIG_BIT(sig));
}

/* action NULL: only ask */
static void
exchange_action(int sig, const struct sigaction *action, struct sigaction *old)
{
	struct process *process = current->process;
	struct signal_actions *actions = process->signal.actions;
	u64 flags = spin_lock_irqsave(&process_lock);

	spin_lock(&process->signal.lock);
	if (action)
		*old = signal_action_set(actions, sig, action);
	else
		*old = signal_action_get(actions, sig);
	if (action && signal_action_ignores(action, sig))
		discard_ignored_locked(process, sig);
	spin_unlock(&process->signal.lock);
	spin_unlock_irqrestore(&process_lock, flags);
}

long
sys_rt_sigaction(int sig, uva_t act, uva_t oldact, size_t sigsetsize)
{
	struct sigaction action, old;

	if (sigsetsize != SIGSET_BYTES)
		return -EINVAL;
	if (act && copy_from_user(&action, act, sizeof(action)))
		return -EFAULT;
	if (!signal_is_valid(sig) || (act && (SIG_BIT(sig) & SIG_UNSTOPPABLE)))
		return -EINVAL;
	if (act) {
		action.mask &= ~SIG_UNSTOPPABLE;
		action.flags &= SA_KNOWN; /* so that programs can find out */
	}
	exchange_action(sig, act ? &action : NULL, &old);
	return oldact ? copy_to_user(oldact, &old, sizeof(old)) : 0;
}

long
sys_rt_sigprocmask(int how, uva_t set, uva_t oldset, size_t sigsetsize)
{
	u64 old = current->sigmask;
	u64 mask;

	if (sigsetsize != SIGSET_BYTES)
		return -EINVAL;
	if (set) {
		if (get_user_u64(&mask, set))
			return -EFAULT;
		switch (how) {
		case SIG_BLOCK:
			mask |= old;
			break;
		case SIG_UNBLOCK:
			mask = old & ~mask;
			break;
		case SIG_SETMASK:
			break;
		default:
			return -EINVAL;
		}
		signal_set_mask(mask);
	}
	return oldset ? put_user_u64(oldset, old) : 0;
}

long
sys_rt_sigpending(uva_t set, size_t sigsetsize)
{
	struct process_signals *signal = &current->process->signal;
	u64 flags, pending;

	if (sigsetsize > SIGSET_BYTES)
		return -EINVAL;
	flags = spin_lock_irqsave(&signal->lock);
	pending = (current->pending.set | signal->shared.set) & current->sigmask;
	spin_unlock_irqrestore(&signal->lock, flags);
	return copy_to_user(set, &pending, sigsetsize);
}

long
sys_rt_sigsuspend(uva_t mask, size_t sigsetsize)
{
	u64 set;

	if (sigsetsize != SIGSET_BYTES)
		return -EINVAL;
	if (get_user_u64(&set, mask))
		return -EFAULT;
	signal_begin_temporary_mask(set);
	while (!signal_pending()) {
		task_set_state(TASK_INTERRUPTIBLE);
		schedule();
	}
	signal_end_temporary_mask(-ERESTARTNOHAND);
	return -ERESTARTNOHAND;
}

long
sys_rt_sigtimedwait(uva_t set, uva_t info, uva_t timeout, size_t sigsetsize)
{
	struct user_siginfo out;
	struct siginfo taken;
	u64 wanted, ns = FOREVER_NS;
	int sig;

	if (sigsetsize != SIGSET_BYTES)
		return -EINVAL;
	if (get_user_u64(&wanted, set))
		return -EFAULT;
	sig = timeout ? timespec_get(timeout, &ns) : 0;
	if (sig)
		return sig;
	sig = signal_wait(wanted & ~SIG_UNSTOPPABLE, clock_now_ns() + ns, &taken);
	if (sig > 0 && info) {
		signal_fill_siginfo(&out, &taken);
		if (copy_to_user(info, &out, sizeof(out)))
			return -EFAULT;
	}
	return sig;
}

long
sys_rt_sigreturn(void)
{
	struct trap_frame *tf = task_trap_frame(current);

	if (sigframe_pop(tf) < 0)
		signal_force(SIGSEGV, SI_KERNEL, 0);
	return tf->a0;
}

long
sys_sigaltstack(uva_t stack, uva_t old_stack)
{
	struct user_stack fresh, old;
	uva_t sp = task_trap_frame(current)->sp;
	int err;

	altstack_get(sp, &old);
	if (stack) {
		if (copy_from_user(&fresh, stack, sizeof(fresh)))
			return -EFAULT;
		err = altstack_set(sp, &fresh);
		if (err)
			return err;
	}
	return old_stack ? copy_to_user(old_stack, &old, sizeof(old)) : 0;
}
