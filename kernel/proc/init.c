#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "fs/file.h"
#include "fs/files.h"
#include "fs/fs_context.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/fault_inject.h"
#include "mem/kasan.h"
#include "proc/exec.h"
#include "proc/process.h"
#include "proc/signal.h"
#include "sched/pid.h"

#define CONSOLE	  "/dev/console"
#define INIT_PATH "/bin/init"

/* The calling kernel thread becomes the only thread of a process that has no parent. */
static void
become_process(void)
{
	struct process *process = process_alloc(NULL);
	u64 flags;

	current->files = files_new();
	current->fs = fs_context_new();
	if (!process || !current->files || !current->fs)
		panic("no memory for the first process");
	tid_become(1);
	process->pid = current->tid;
	rlimits_init(process->rlimits);
	signal_queue_init(&current->pending);
	process_get(process);
	flags = spin_lock_irqsave(&process_lock);
	list_add(&current->thread_link, &process->threads);
	process->nr_threads = nr_process_threads = 1;
	atomic_set(&process->nr_live, 1);
	process_index_insert(process);
	current->process = process;
	current->kthread = false;
	init_process = process;
	spin_unlock_irqrestore(&process_lock, flags);
}

static void
open_console(void)
{
	struct file *file = file_open(CONSOLE, O_RDWR | O_NOCTTY, 0);

	if (IS_ERR_OR_NULL(file)) {
		pr_warn("%s cannot be opened (error %d): init starts without files", CONSOLE,
			err_or_null_to_errno(file));
		return;
	}
	for (int fd = 0; fd < 3; fd++)
		fd_alloc(file_ref(file), false);
	file_put(file);
}

void
init_process_start(void)
{
	static char path[256];
	static const char *const argv[] = {path, NULL};
	static const char *const envp[] = {"HOME=/", "TERM=vt102", "PATH=/bin", NULL};
	struct file *file;
	int err;

	if (bootarg_get("init", path, sizeof(path)) <= 0)
		strscpy(path, INIT_PATH, sizeof(path));
	become_process();
	open_console();
	file = file_open_exec(NULL, path, 0);
	err = err_or_null_to_errno(file);
	if (!err)
		err = process_exec(file, path, &(struct exec_vector){.kernel = argv},
				   &(struct exec_vector){.kernel = envp});
	if (err)
		panic("cannot run %s as the first process: error %d", path, -err);
	fault_inject_start();
	bootargs_tell_unknown();
	kasan_leave_stack();
	task_enter_user_hook(task_trap_frame(current));
	panic("the first process did not start");
}
