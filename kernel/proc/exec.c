#include "proc/exec.h"

#include "core/clock.h"
#include "core/atomic.h"
#include "fs/file.h"
#include "fs/files.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/tlb.h"
#include "proc/exec_load.h"
#include "proc/exec_script.h"
#include "proc/exit.h"
#include "proc/posix_timers.h"
#include "proc/robust.h"
#include "proc/signal.h"
#include "proc/trampoline.h"
#include "riscv/csr.h"
#include "sched/pid.h"
#include "vm/usercopy.h"

/*
 * exec first builds everything beside the running program: opens and checks the files,
 * collects the strings, makes an address space with segments and stack. All that can
 * fail, and then nothing has happened. Only exec_commit(), which cannot, makes the task
 * forget its old program. In between the other threads of the process are ended; whichever
 * thread is left is the first from then on, and has the process's number.
 */

#define HWCAP_IMAFDC 0x112d

/* A new program on its way. */
struct exec {
	struct exec_script script;	  /* opened file, its first bytes, extra arguments */
	struct exec_file program, interp; /* interp.file NULL: none */
	struct exec_args args;
	struct exec_layout layout;
	struct mm *mm;
	/* Of its own, empty, for when the present ones are shared; later the old ones. */
	struct files *files;
	struct signal_actions *actions;
	uva_t entry, sp;
	char name[TASK_NAME_MAX];
};

static int
open_interp(struct exec *exec)
{
	char *path = exec_file_interp(&exec->program);
	struct file *file;
	char *start;
	ssize_t got;
	int err;

	if (IS_ERR_OR_NULL(path))
		return err_or_null_to_errno(path);
	file = file_open_exec(NULL, path, 0);
	kfree(path);
	if (IS_ERR_OR_NULL(file))
		return err_or_null_to_errno(file);
	exec->interp.file = file;
	start = kmalloc(EXEC_START_BYTES, GFP_KERNEL);
	if (!start)
		return -ENOMEM;
	got = file_read_kernel(file, start, EXEC_START_BYTES, 0);
	err = got < 0 ? (int)got : exec_file_parse(&exec->interp, file, start, got);
	kfree(start);
	if (!err && exec->interp.image.interp_bytes)
		err = -ENOEXEC;
	return err;
}

/* Find and check the files. */
static int
parse_program(struct exec *exec)
{
	struct exec_script *script = &exec->script;
	int err = exec_file_parse(&exec->program, script->file, script->start, script->start_bytes);

	if (err || !exec->program.image.interp_bytes)
		return err;
	return open_interp(exec);
}

static int
collect_args(struct exec *exec, const char *path, const struct exec_vector *argv,
	     const struct exec_vector *envp)
{
	struct exec_script *script = &exec->script;
	int err = 0;

	for (unsigned i = script->first_arg; i < SCRIPT_ARGS_MAX && !err; i++)
		err = exec_args_add(&exec->args, script->args[i]);
	if (!err)
		err = exec_args_add_vector(&exec->args, argv, script->depth ? 1 : 0);
	if (!err)
		err = exec_args_add_env(&exec->args, envp, path);
	return err;
}

static int
build_stack(struct exec *exec, u64 bias, u64 interp_bias)
{
	const struct elf_image *image = &exec->program.image;
	u64 auxv[][2] = {
		{AT_HWCAP, HWCAP_IMAFDC},
		{AT_PAGESZ, PAGE_SIZE},
		{AT_CLKTCK, CLOCK_TICKS},
		{AT_PHDR, image->phdr_vaddr ? image->phdr_vaddr + bias : 0},
		{AT_PHENT, sizeof(struct elf64_phdr)},
		{AT_PHNUM, image->phnum},
		{AT_BASE, interp_bias},
		{AT_FLAGS, 0},
		{AT_ENTRY, image->entry + bias},
		{AT_UID, 0},
		{AT_EUID, 0},
		{AT_GID, 0},
		{AT_EGID, 0},
		{AT_SECURE, 0},
	};

	return exec_build_stack(exec->mm, &exec->layout, &exec->args, &auxv[0][0], ARRAY_SIZE(auxv),
				&exec->sp);
}

static void
set_limits(struct mm *mm)
{
	mm->limit_stack = rlimit_get(RLIMIT_STACK);
	mm->limit_as = rlimit_get(RLIMIT_AS);
	mm->limit_data = rlimit_get(RLIMIT_DATA);
	mm->limit_memlock = rlimit_get(RLIMIT_MEMLOCK);
}

static int
build_mm(struct exec *exec)
{
	u64 bias, interp_bias = 0;
	int err;

	exec->mm = mm_create();
	if (!exec->mm)
		return -ENOMEM;
	set_limits(exec->mm);
	exec_layout_choose(&exec->layout);
	exec->layout.stack_exec = exec->program.image.exec_stack;
	mm_set_mmap_base(exec->mm, exec->layout.mmap_base);
	err = exec_map_program(exec->mm, &exec->program, &exec->layout, &bias);
	if (err)
		return err;
	exec->entry = exec->program.image.entry + bias;
	if (exec->interp.file) {
		err = exec_map_interp(exec->mm, &exec->interp, &interp_bias);
		if (err)
			return err;
		exec->entry = exec->interp.image.entry + interp_bias;
	}
	err = trampoline_map(exec->mm);
	return err ? err : build_stack(exec, bias, interp_bias);
}

/* Everything else that needs memory. */
static int
prepare_rest(struct exec *exec, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct process *process = current->process;
	struct signal_actions *actions = process->signal.actions;

	strscpy(exec->name, slash ? slash + 1 : path, sizeof(exec->name));
	/* Another thread might share either with a new process meanwhile. */
	if (refcount_read(&current->files->refs) > 1 || process->nr_threads > 1) {
		exec->files = files_new_large();
		if (!exec->files)
			return -ENOMEM;
	}
	if (refcount_read(&actions->refs) > 1 || process->nr_threads > 1) {
		exec->actions = signal_actions_create();
		if (!exec->actions)
			return -ENOMEM;
	}
	return 0;
}

static int
exec_prepare(struct exec *exec, struct file *file, const char *path, const struct exec_vector *argv,
	     const struct exec_vector *envp)
{
	int err;

	exec_args_init(&exec->args);
	err = exec_script_open(&exec->script, file, path);
	if (!err)
		err = collect_args(exec, path, argv, envp);
	if (!err)
		err = parse_program(exec);
	if (!err)
		err = build_mm(exec);
	if (!err)
		err = prepare_rest(exec, path);
	if (!err)
		err = process_kill_other_threads();
	return err;
}

/* What was not given away. */
static void
exec_destroy(struct exec *exec)
{
	if (exec->mm)
		mm_put(exec->mm);
	if (exec->files)
		files_put(exec->files);
	if (exec->actions)
		signal_actions_put(exec->actions);
	if (exec->interp.file)
		file_put(exec->interp.file);
	exec_args_destroy(&exec->args);
	exec_script_destroy(&exec->script);
}

/* What the other threads did to the table they did before they ended. */
static void
unshare_files(struct exec *exec)
{
	struct files *files = current->files;
	u64 flags;

	if (!exec->files || refcount_read(&files->refs) == 1)
		return;
	files_fill(exec->files, files);
	flags = spin_lock_irqsave(&process_lock);
	current->files = exec->files;
	spin_unlock_irqrestore(&process_lock, flags);
	exec->files = files;
}

static void
reset_signals(struct exec *exec)
{
	struct process *process = current->process;
	struct signal_actions *actions = process->signal.actions;
	u64 flags;

	if (exec->actions) {
		signal_actions_copy(exec->actions, actions);
		flags = spin_lock_irqsave(&process_lock);
		spin_lock(&process->signal.lock);
		process->signal.actions = exec->actions;
		spin_unlock(&process->signal.lock);
		spin_unlock_irqrestore(&process_lock, flags);
		exec->actions = actions;
	}
	signal_actions_forget_handlers(process->signal.actions);
	current->altstack = (struct signal_stack){};
}

static void
set_identity(struct exec *exec)
{
	struct process *process = current->process;
	u64 flags;

	strscpy(current->name, exec->name, sizeof(current->name));
	flags = spin_lock_irqsave(&process_lock);
	process->did_exec = true;
	if (process->first_ended) {
		process->first_ended = false;
		nr_process_threads--;
	}
	process->exit_signal = SIGCHLD;
	spin_unlock_irqrestore(&process_lock, flags);
	process_exe_set(process, file_ref(exec->program.file));
}

static void
set_registers(const struct exec *exec)
{
	struct trap_frame *tf = task_trap_frame(current);

	memset(tf, 0, offsetof(struct trap_frame, status));
	tf->pc = exec->entry;
	tf->sp = exec->sp;
	tf->status = SSTATUS_SPIE | SSTATUS_UXL_64;
	memset(&current->fpu, 0, sizeof(current->fpu));
}

/* The point of no return. Cannot fail. */
static void
exec_commit(struct exec *exec)
{
	robust_list_release();
	thread_clear_child_tid();
	if (current->tid != current->process->pid)
		tid_become(current->process->pid);
	exec->mm = process_switch_mm(exec->mm);
	icache_flush(&current->mm->tlb);
	thread_end_vfork();
	unshare_files(exec);
	files_close_on_exec(current->files);
	posix_timers_delete_all(current->process);
	reset_signals(exec);
	set_identity(exec);
	set_registers(exec);
}

int
process_exec(struct file *file, const char *path, const struct exec_vector *argv,
	     const struct exec_vector *envp)
{
	struct exec *exec = kzalloc(sizeof(*exec), GFP_KERNEL);
	int err;

	if (!exec) {
		file_put(file);
		return -ENOMEM;
	}
	err = exec_prepare(exec, file, path, argv, envp);
	if (!err)
		exec_commit(exec);
	exec_destroy(exec);
	kfree(exec);
	return err;
}

void INIT
exec_init(void)
{
	trampoline_init();
	exec_layout_init();
}
