#include "core/panic.h"
#include "core/printk.h"
#include "fs/device.h"
#include "fs/files.h"
#include "fs/pipe.h"
#include "proc/job_control.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "proc/timers.h"

static void
pipe_broken(void)
{
	if (current->process)
		signal_send_task(current, SIGPIPE,
				 &(struct siginfo){.code = SI_USER, .pid = current->process->pid});
}

/* /dev/tty */
static struct tty *
current_tty(void)
{
	return current->process ? READ_ONCE(current->process->tty) : NULL;
}

static u64
nofile_limit(void)
{
	return rlimit_get(RLIMIT_NOFILE);
}

/* A line about who ran, in a panic. */
static void
report_current(const struct trap_frame *tf)
{
	struct process *process = current->process;

	(void)tf;
	if (process)
		pr_err("process %d (%s), group %d, session %d", process->pid, current->name,
		       process->pgid, process->sid);
	else
		pr_err("kernel thread %d (%s)", current->tid, current->name);
}

void INIT
process_hooks_init(void)
{
	sigpipe_hook = pipe_broken;
	files_limit_hook = nofile_limit;
	current_tty_hook = current_tty;
	panic_report_hook = report_current;
	itimers_hook();
	job_control_init();
}
