#include "fs/dentry.h"
#include "fs/file.h"
#include "fs/files.h"
#include "fs/fs_context.h"
#include "fs/procfs.h"
#include "fs/super.h"
#include "lib/parse.h"
#include "lib/string.h"
#include "proc/oom_kill.h"
#include "proc/pid_info.h"
#include "proc/trace.h"
#include "vm/pagecache.h"
#include "vm/usercopy.h"

/* /proc/<pid>: which files there are, and how procfs reaches a process by its number. */

#define COPY_CHUNK 256

/* Bytes of the process's own memory; what it unmapped is left out. */
static void
show_user_memory(struct seq *seq, struct mm *mm, u64 start, u64 end)
{
	char chunk[COPY_CHUNK];

	while (start < end && !seq->overflow) {
		u64 n = MIN(end - start, sizeof(chunk));

		if (mm_copy_from(mm, chunk, start, n) < 0)
			return;
		seq_write(seq, chunk, n);
		start += n;
	}
}

static void
show_cmdline(struct seq *seq, const struct pid_subject *whom)
{
	if (whom->mm)
		show_user_memory(seq, whom->mm, whom->mm->arg_start, whom->mm->arg_end);
}

static void
show_environ(struct seq *seq, const struct pid_subject *whom)
{
	if (whom->mm)
		show_user_memory(seq, whom->mm, whom->mm->env_start, whom->mm->env_end);
}

static void
show_auxv(struct seq *seq, const struct pid_subject *whom)
{
	if (whom->mm)
		seq_write(seq, whom->mm->auxv, sizeof(whom->mm->auxv));
}

/* The thread, or the one that stands for the process. => process_lock held; NULL for a zombie */
static struct task *
subject_thread_locked(const struct pid_subject *whom)
{
	if (whom->thread)
		return whom->thread;
	return list_first_entry_or_null(&whom->process->threads, struct task, thread_link);
}

static void
show_comm(struct seq *seq, const struct pid_subject *whom)
{
	struct pid_info info;

	pid_info_get(whom, &info);
	seq_printf(seq, "%s\n", info.name);
}

/* As in Linux: a process names its own threads, and nobody else's. Longer names are cut. */
static int
write_comm(const struct pid_subject *whom, const char *text)
{
	u64 flags;

	if (whom->process != current->process)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	strscpy(subject_thread_locked(whom)->name, text, TASK_NAME_MAX);
	spin_unlock_irqrestore(&process_lock, flags);
	return 0;
}

static void
show_mounts(struct seq *seq, const struct pid_subject *whom)
{
	(void)whom;
	procfs_show_mounts(seq);
}

static void
show_limit(struct seq *seq, u64 limit)
{
	if (limit == RLIM_INFINITY)
		seq_printf(seq, "%-20s ", "unlimited");
	else
		seq_printf(seq, "%-20lu ", limit);
}

static void
show_limits(struct seq *seq, const struct pid_subject *whom)
{
	static const struct {
		const char *name, *unit;
	} rows[RLIM_NLIMITS] = {
		[RLIMIT_CPU] = {"Max cpu time", "seconds"},
		[RLIMIT_FSIZE] = {"Max file size", "bytes"},
		[RLIMIT_DATA] = {"Max data size", "bytes"},
		[RLIMIT_STACK] = {"Max stack size", "bytes"},
		[RLIMIT_CORE] = {"Max core file size", "bytes"},
		[RLIMIT_RSS] = {"Max resident set", "bytes"},
		[RLIMIT_NPROC] = {"Max processes", "processes"},
		[RLIMIT_NOFILE] = {"Max open files", "files"},
		[RLIMIT_MEMLOCK] = {"Max locked memory", "bytes"},
		[RLIMIT_AS] = {"Max address space", "bytes"},
		[RLIMIT_LOCKS] = {"Max file locks", "locks"},
		[RLIMIT_SIGPENDING] = {"Max pending signals", "signals"},
		[RLIMIT_MSGQUEUE] = {"Max msgqueue size", "bytes"},
		[RLIMIT_NICE] = {"Max nice priority", ""},
		[RLIMIT_RTPRIO] = {"Max realtime priority", ""},
		[RLIMIT_RTTIME] = {"Max realtime timeout", "us"},
	};

	seq_printf(seq, "%-25s %-20s %-20s %-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units");
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		seq_printf(seq, "%-25s ", rows[i].name);
		show_limit(seq, whom->process->rlimits[i].cur);
		show_limit(seq, whom->process->rlimits[i].max);
		seq_printf(seq, "%-10s\n", rows[i].unit);
	}
}

/* A decimal number between blanks. => 0 or -errno */
static int
parse_number(const char *text, s64 *value)
{
	static const char blanks[] = " \t\n";
	size_t start = strspn(text, blanks), len = strcspn(text + start, blanks);
	char digits[24];

	if (len >= sizeof(digits) || text[start + len + strspn(text + start + len, blanks)])
		return -EINVAL;
	memcpy(digits, text + start, len);
	digits[len] = '\0';
	return kstrtos64(digits, 10, value);
}

static void
show_oom_score_adj(struct seq *seq, const struct pid_subject *whom)
{
	seq_printf(seq, "%d\n", whom->process->oom_score_adj);
}

static void
show_oom_score(struct seq *seq, const struct pid_subject *whom)
{
	seq_printf(seq, "%lu\n", process_oom_score(whom->process, whom->mm));
}

static int
write_oom_score_adj(const struct pid_subject *whom, const char *text)
{
	s64 value;
	int err = parse_number(text, &value);

	return err ? err : process_set_oom_score_adj(whom->process, value);
}

/* Whether any thread has the mark of fault injection (mem/fault_inject.h). */
static void
show_make_it_fail(struct seq *seq, const struct pid_subject *whom)
{
	u64 flags = spin_lock_irqsave(&process_lock);
	bool marked = false;
	struct task *task;

	list_for_each_entry(task, &whom->process->threads, thread_link)
		marked |= READ_ONCE(task->ti.flags) & TIF_MAKE_IT_FAIL;
	spin_unlock_irqrestore(&process_lock, flags);
	seq_printf(seq, "%d\n", marked);
}

static int
write_make_it_fail(const struct pid_subject *whom, const char *text)
{
	struct task *task;
	u64 value, flags;

	if (kstrtou64(text, 0, &value) || value > 1)
		return -EINVAL;
	flags = spin_lock_irqsave(&process_lock);
	list_for_each_entry(task, &whom->process->threads, thread_link) {
		if (value)
			atomic_or32(&task->ti.flags, TIF_MAKE_IT_FAIL);
		else
			atomic_fetch_and32(&task->ti.flags, ~TIF_MAKE_IT_FAIL);
	}
	spin_unlock_irqrestore(&process_lock, flags);
	return 0;
}

static void
show_trace(struct seq *seq, const struct pid_subject *whom)
{
	seq_printf(seq, "%d\n", trace_is_attached(whom->process));
}

/* "FD": the writer's pipe gets the records; "FD f": those of the children, too. */
static int
write_trace(const struct pid_subject *whom, const char *text)
{
	char number[12];
	struct file *file;
	u64 fd;
	int err;

	if (strscpy(number, text, sizeof(number)) < 0)
		return -EINVAL;
	number[strcspn(number, " ")] = '\0';
	text += strlen(number);
	if (kstrtou64(number, 10, &fd) || fd >= FILES_MAX || (*text && strcmp(text, " f") != 0))
		return -EINVAL;
	file = files_get(current->files, fd);
	if (!file)
		return -EBADF;
	err = trace_attach(whom->process, file, *text);
	file_put(file);
	return err;
}

static const struct pid_file {
	void (*show)(struct seq *seq, const struct pid_subject *whom);
	int (*write)(const struct pid_subject *whom, const char *text);
	s64 (*words)(struct mm *mm, u64 first, u64 *words, u64 nr); /* instead of show */
} files_table[] = {
	{.show = pid_show_stat},
	{.show = pid_show_statm},
	{.show = pid_show_status},
	{.show = pid_show_maps},
	{.show = pid_show_smaps},
	{.show = pid_show_smaps_rollup},
	{.show = show_cmdline},
	{.show = show_environ},
	{.show = show_auxv},
	{.show = show_comm, .write = write_comm},
	{.show = show_limits},
	{.show = show_oom_score},
	{.show = show_oom_score_adj, .write = write_oom_score_adj},
	{.show = show_make_it_fail, .write = write_make_it_fail},
	{.words = pid_pagemap_words},
	{.show = show_trace, .write = write_trace},
	{.write = pid_write_clear_refs},
	{.show = show_mounts},
};

static const char *const file_names[ARRAY_SIZE(files_table) + 1] = {
	"stat",	   "statm", "status",	  "maps",   "smaps",	 "smaps_rollup",  "cmdline",
	"environ", "auxv",  "comm",	  "limits", "oom_score", "oom_score_adj", "make-it-fail",
	"pagemap", "trace", "clear_refs", "mounts", NULL,
};

/* What stands for the process of every kernel thread: they are listed as processes of one thread. */
static struct process *kernel_process;

static s32
pid_next(s32 after)
{
	struct process *process = process_next(after);
	s32 pid = process ? process->pid : 0, tid = kthread_next(after);

	if (process)
		process_put(process);
	return pid && (!tid || pid < tid) ? pid : tid;
}

static int
kthread_subject_get(struct proc_who who, struct pid_subject *whom)
{
	struct task *task = task_find(who.pid);

	if (!task || !task->kthread || (who.tid && who.tid != who.pid)) {
		if (task)
			task_put(task);
		return -ESRCH;
	}
	process_get(kernel_process);
	*whom = (struct pid_subject){.process = kernel_process, .thread = task};
	return 0;
}

/* Whom the number stands for, with references. => 0; -ESRCH when he is gone */
static int
subject_get(struct proc_who who, struct pid_subject *whom)
{
	struct process *process = process_find(who.pid);

	if (!process)
		return kthread_subject_get(who, whom);
	*whom = (struct pid_subject){.process = process};
	if (who.tid) {
		whom->thread = process_thread_get(process, who.tid);
		if (!whom->thread) {
			process_put(process);
			return -ESRCH;
		}
	}
	whom->mm = process_mm_get(process);
	return 0;
}

static void
subject_put(const struct pid_subject *whom)
{
	if (whom->mm)
		mm_put(whom->mm);
	if (whom->thread)
		task_put(whom->thread);
	process_put(whom->process);
}

static bool
pid_exists(struct proc_who who)
{
	struct pid_subject whom;

	if (subject_get(who, &whom) < 0)
		return false;
	subject_put(&whom);
	return true;
}

static s32
pid_process_of(s32 tid)
{
	struct process *process = process_find_by_thread(tid);
	s32 pid;

	if (!process)
		return pid_exists((struct proc_who){.pid = tid}) ? tid : 0;
	pid = process->pid;
	process_put(process);
	return pid;
}

static s32
pid_next_thread(s32 pid, s32 after)
{
	struct process *process = process_find(pid);
	s32 tid;

	if (!process)
		return after < pid && pid_exists((struct proc_who){.pid = pid}) ? pid : 0;
	tid = process_thread_next(process, after);
	process_put(process);
	return tid;
}

static int
pid_show(struct proc_who who, unsigned file, struct seq *seq)
{
	struct pid_subject whom;
	int err = files_table[file].show ? subject_get(who, &whom) : -EINVAL;

	if (err)
		return err;
	files_table[file].show(seq, &whom);
	subject_put(&whom);
	return 0;
}

/* What a kernel thread shares with all others cannot be set. */
static int
pid_write(struct proc_who who, unsigned file, const char *text)
{
	struct pid_subject whom;
	int err;

	if (!files_table[file].write)
		return -EINVAL;
	err = subject_get(who, &whom);
	if (err)
		return err;
	err = whom.process == kernel_process ? -EINVAL : files_table[file].write(&whom, text);
	subject_put(&whom);
	return err;
}

static bool
pid_has_words(unsigned file)
{
	return files_table[file].words;
}

static u32
pid_mode(unsigned file)
{
	const struct pid_file *entry = &files_table[file];

	if (entry->words)
		return 0400;
	if (entry->show)
		return entry->write ? 0644 : 0444;
	return 0200;
}

static s64
pid_words(struct proc_who who, unsigned file, u64 first, u64 *words, u64 nr)
{
	struct pid_subject whom;
	s64 got = subject_get(who, &whom);

	if (got)
		return got;
	got = files_table[file].words(whom.mm, first, words, nr);
	subject_put(&whom);
	return got;
}

static struct files *
pid_files_of(s32 pid)
{
	struct process *process = process_find(pid);
	struct files *files = process ? process_files_get(process) : NULL;

	if (process)
		process_put(process);
	return files;
}

static struct dentry *
pid_cwd(s32 pid)
{
	struct process *process = process_find(pid);
	struct fs_context *fs = process ? process_fs_get(process) : NULL;
	struct dentry *dentry = fs ? fs_context_cwd_get(fs) : NULL;

	if (fs)
		fs_context_put(fs);
	if (process)
		process_put(process);
	return dentry;
}

/* There is one root for all. */
static struct dentry *
pid_root(s32 pid)
{
	(void)pid;
	return dentry_ref(root_dentry());
}

/* The name by which the program was executed, as renames have left it; one that is gone says so. */
static struct dentry *
pid_exe(s32 pid)
{
	struct process *process = process_find(pid);
	struct file *exe = process ? process_exe_get(process) : NULL;
	struct dentry *dentry = exe ? dentry_ref(exe->dentry) : NULL;

	if (exe)
		file_put(exe);
	if (process)
		process_put(process);
	return dentry;
}

static struct proc_who
self_who(void)
{
	if (!current->process)
		return (struct proc_who){};
	return (struct proc_who){.pid = current->process->pid, .tid = current->tid};
}

static const struct proc_pid_ops pid_ops = {
	.files = file_names,
	.next = pid_next,
	.exists = pid_exists,
	.process_of = pid_process_of,
	.next_thread = pid_next_thread,
	.show = pid_show,
	.write = pid_write,
	.has_words = pid_has_words,
	.mode = pid_mode,
	.words = pid_words,
	.files_of = pid_files_of,
	.cwd = pid_cwd,
	.root = pid_root,
	.exe = pid_exe,
};

static int
show_threads_max(struct seq *seq)
{
	seq_printf(seq, "%lu\n", task_count_max());
	return 0;
}

void INIT
process_files_init(void)
{
	kernel_process = process_alloc(NULL);
	assert(kernel_process);
	rlimits_init(kernel_process->rlimits);
	kernel_process->nr_threads = 1;
	proc_pid_ops = &pid_ops;
	proc_self_hook = self_who;
	procfs_register("sys/kernel/threads-max", show_threads_max);
}
