#include "proc/wait.h"

#include "proc/exit.h"
#include "proc/signal.h"

/* What a look at the children found. */
enum wait_found { FOUND_NONE, FOUND_LATER, FOUND_EVENT };

/* A child that does not end with SIGCHLD is one of __WCLONE's, and only of those and of __WALL's. */
static bool
request_matches(const struct wait_request *request, const struct process *child)
{
	bool is_clone = child->exit_signal != SIGCHLD;

	if (!(request->options & WALL) && is_clone != !!(request->options & WCLONE))
		return false;
	return (!request->pid || child->pid == request->pid) &&
	       (!request->pgid || child->pgid == request->pgid);
}

/* => the zombie left the tree, and its reference is to be put */
static bool
take_zombie(struct process *child, u32 options, struct wait_result *result)
{
	struct process_usage *sum = &child->parent->dead_children;

	result->status = child->exit_status;
	result->usage = child->dead_threads;
	process_usage_add(&result->usage, &child->dead_children);
	if (options & WNOWAIT)
		return false;
	process_usage_add(sum, &result->usage);
	process_reap_locked(child);
	return true;
}

static bool
take_job_event(struct process *child, u32 options, struct wait_result *result)
{
	struct process_signals *signal = &child->signal;
	bool found = false;

	spin_lock(&signal->lock);
	if ((options & WUNTRACED) && signal->stop_unreported && signal->stop_signal &&
	    signal->nr_stopped == child->nr_threads) {
		result->status = WAIT_STATUS_STOPPED(signal->stop_signal);
		signal->stop_unreported = options & WNOWAIT;
		found = true;
	} else if ((options & WCONTINUED) && signal->continue_unreported) {
		result->status = WAIT_STATUS_CONTINUED;
		signal->continue_unreported = options & WNOWAIT;
		found = true;
	}
	spin_unlock(&signal->lock);
	if (found) {
		process_usage_get_locked(child, &result->usage);
		process_usage_add(&result->usage, &child->dead_children);
	}
	return found;
}

/* => process_lock held; *reaped: a process whose reference is to be put, or NULL */
static enum wait_found
look_at_children(const struct wait_request *request, struct wait_result *result,
		 struct process **reaped)
{
	enum wait_found found = FOUND_NONE;
	struct process *child;

	*reaped = NULL;
	list_for_each_entry(child, &current->process->children, sibling_link) {
		if (!request_matches(request, child))
			continue;
		result->pid = child->pid;
		if (child->state == PROCESS_ZOMBIE) {
			if (!(request->options & WEXITED))
				continue;
			if (take_zombie(child, request->options, result))
				*reaped = child;
			return FOUND_EVENT;
		}
		found = FOUND_LATER; /* a zombie that nobody asks for will not do anything else */
		if (take_job_event(child, request->options, result))
			return FOUND_EVENT;
	}
	return found;
}

/* => 0: *result is set; 1: nothing yet; or -ECHILD */
static int
wait_try(const struct wait_request *request, struct wait_result *result)
{
	struct process *reaped;
	enum wait_found found;
	u64 flags = spin_lock_irqsave(&process_lock);

	found = look_at_children(request, result, &reaped);
	spin_unlock_irqrestore(&process_lock, flags);
	if (reaped)
		process_put(reaped);
	switch (found) {
	case FOUND_EVENT:
		return 0;
	case FOUND_LATER:
		result->pid = 0;
		return request->options & WNOHANG ? 0 : 1;
	default:
		return -ECHILD;
	}
}

int
process_wait(const struct wait_request *request, struct wait_result *result)
{
	struct wait_queue *wq = &current->process->child_wq;
	struct waiter waiter = WAITER_INIT(waiter);
	int err;

	for (;;) {
		wait_prepare(wq, &waiter, TASK_INTERRUPTIBLE);
		err = wait_try(request, result);
		if (err <= 0)
			break;
		if (signal_pending()) {
			err = -ERESTARTSYS;
			break;
		}
		schedule();
	}
	wait_finish(wq, &waiter);
	return err;
}
