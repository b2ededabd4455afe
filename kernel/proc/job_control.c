#include "proc/job_control.h"

#include "dev/tty.h"
#include "lib/err.h"
#include "proc/signal.h"

bool
group_is_orphaned_locked(s32 pgid, const struct process *leaving)
{
	struct process *process = NULL;

	while ((process = process_group_next(pgid, process))) {
		const struct process *parent = process->parent;

		if (process == leaving || process->state != PROCESS_LIVE || !parent ||
		    parent == leaving || parent == init_process)
			continue;
		if (parent->pgid != pgid && parent->sid == process->sid)
			return false;
	}
	return true;
}

static bool
group_has_stopped_locked(s32 pgid)
{
	struct process *process = NULL;

	while ((process = process_group_next(pgid, process))) {
		if (process->state == PROCESS_LIVE && process->signal.stop_signal)
			return true;
	}
	return false;
}

void
group_check_orphaned_locked(s32 pgid, const struct process *leaving)
{
	if (!group_has_stopped_locked(pgid) || !group_is_orphaned_locked(pgid, leaving))
		return;
	signal_send_group_locked(pgid, SIGHUP, &(struct siginfo){.code = SI_KERNEL});
	signal_send_group_locked(pgid, SIGCONT, &(struct siginfo){.code = SI_KERNEL});
}

/* Nobody in the session has the terminal any more. */
static void
session_drop_tty_locked(s32 sid, struct tty *tty)
{
	struct process *process = NULL;
	s32 foreground = tty->foreground;

	while ((process = process_session_next(sid, process)))
		process->tty = NULL;
	tty_set_session(tty, 0, 0);
	if (foreground > 0) {
		signal_send_group_locked(foreground, SIGHUP, &(struct siginfo){.code = SI_KERNEL});
		signal_send_group_locked(foreground, SIGCONT, &(struct siginfo){.code = SI_KERNEL});
	}
}

void
session_leader_exit_locked(struct process *process)
{
	if (process->sid == process->pid && process->tty)
		session_drop_tty_locked(process->sid, process->tty);
}

/* Checks of setpgid. => the process to change, or ERR_PTR; process_lock is held */
static struct process *
group_change_check(s32 pid, s32 pgid)
{
	struct process *self = current->process;
	struct process *process = pid == self->pid ? self : process_find_locked(pid);
	struct process *member;

	if (!process || (process != self && process->parent != self))
		return ERR_PTR(-ESRCH);
	if (process != self && process->sid != self->sid)
		return ERR_PTR(-EPERM);
	if (process != self && process->did_exec)
		return ERR_PTR(-EACCES);
	if (process->sid == process->pid)
		return ERR_PTR(-EPERM);
	if (pgid == pid)
		return process;
	member = process_group_next(pgid, NULL);
	if (!member || member->sid != self->sid)
		return ERR_PTR(-EPERM);
	return process;
}

/* Is it the number of a thread that is not the first of its process? */
static bool
is_number_of_thread(s32 tid)
{
	struct task *task = task_find(tid);
	bool found = task && task->process && task->process->pid != tid;

	if (task)
		task_put(task);
	return found;
}

int
process_change_group(s32 pid, s32 pgid)
{
	struct process *process;
	u64 flags;

	if (pid == 0)
		pid = current->process->pid;
	if (pgid == 0)
		pgid = pid;
	if (pgid < 0 || is_number_of_thread(pid))
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	process = group_change_check(pid, pgid);
	if (!IS_ERR(process))
		process_set_pgid(process, pgid);
	spin_unlock_irqrestore(&process_lock, flags);
	return IS_ERR(process) ? (int)PTR_ERR(process) : 0;
}

int
process_new_session(void)
{
	struct process *self = current->process;
	u64 flags = spin_lock_irqsave(&process_lock);
	int result = -EPERM;

	if (self->sid != self->pid && !process_group_next(self->pid, NULL)) {
		process_set_sid(self, self->pid);
		process_set_pgid(self, self->pid);
		self->tty = NULL;
		result = self->pid;
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return result;
}

int
process_get_group(s32 pid)
{
	struct process *process = process_find_by_thread(pid ? pid : current->tid);
	int result = process ? READ_ONCE(process->pgid) : -ESRCH;

	if (process)
		process_put(process);
	return result;
}

int
process_get_session(s32 pid)
{
	struct process *process = process_find_by_thread(pid ? pid : current->tid);
	int result = process ? READ_ONCE(process->sid) : -ESRCH;

	if (process)
		process_put(process);
	return result;
}

static void
tty_signal(s32 pgid, int sig)
{
	signal_send_group(pgid, sig, &(struct siginfo){.code = SI_KERNEL});
}

/* A background process that reads, or writes where that is not wanted, is stopped. */
static int
tty_check(struct tty *tty, int sig)
{
	struct process *self = current->process;
	int result = -ERESTARTSYS;
	u64 flags;

	if (!self || self->tty != tty || tty->foreground == 0 || self->pgid == tty->foreground)
		return 0;
	if (signal_is_ignored(sig))
		return sig == SIGTTIN ? -EIO : 0;
	flags = spin_lock_irqsave(&process_lock);
	if (group_is_orphaned_locked(self->pgid, NULL))
		result = -EIO;
	else
		signal_send_group_locked(self->pgid, sig, &(struct siginfo){.code = SI_KERNEL});
	spin_unlock_irqrestore(&process_lock, flags);
	return result;
}

/* TIOCSCTTY */
static int
tty_make_controlling(struct tty *tty, bool steal)
{
	struct process *self = current->process;

	if (self->sid == self->pid && self->tty == tty && tty->session == self->sid)
		return 0;
	if (self->sid != self->pid || self->tty)
		return -EPERM;
	if (tty->session && !steal)
		return -EPERM;
	if (tty->session)
		session_drop_tty_locked(tty->session, tty);
	self->tty = tty;
	tty_set_session(tty, self->sid, self->pgid);
	return 0;
}

/* TIOCNOTTY */
static int
tty_give_up(struct tty *tty)
{
	struct process *self = current->process;

	if (self->tty != tty)
		return -ENOTTY;
	if (self->sid == self->pid)
		session_drop_tty_locked(self->sid, tty);
	self->tty = NULL;
	return 0;
}

/* TIOCSPGRP */
static int
tty_change_foreground(struct tty *tty, s32 pgid)
{
	struct process *self = current->process;
	struct process *member;

	if (self->tty != tty || tty->session != self->sid)
		return -ENOTTY;
	if (pgid < 0)
		return -EINVAL;
	member = process_group_next(pgid, NULL);
	if (!member)
		return -ESRCH;
	if (member->sid != self->sid)
		return -EPERM;
	tty_set_foreground(tty, pgid);
	return 0;
}

static int
tty_job_locked(struct tty *tty, u32 request, s32 *value)
{
	struct process *self = current->process;

	switch (request) {
	case TIOCSCTTY:
		return tty_make_controlling(tty, *value == 1);
	case TIOCNOTTY:
		return tty_give_up(tty);
	case TIOCSPGRP:
		return tty_change_foreground(tty, *value);
	case TIOCGPGRP:
	case TIOCGSID:
		if (self->tty != tty)
			return -ENOTTY;
		*value = request == TIOCGPGRP ? tty->foreground : tty->session;
		return 0;
	default:
		return -ENOTTY;
	}
}

static int
tty_job(struct tty *tty, u32 request, s32 *value)
{
	u64 flags;
	int result;

	if (!current->process)
		return -ENOTTY;
	flags = spin_lock_irqsave(&process_lock);
	result = tty_job_locked(tty, request, value);
	spin_unlock_irqrestore(&process_lock, flags);
	return result;
}

void INIT
job_control_init(void)
{
	tty_signal_hook = tty_signal;
	tty_check_hook = tty_check;
	tty_job_hook = tty_job;
}
