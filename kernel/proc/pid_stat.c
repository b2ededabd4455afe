#include "proc/pid_info.h"

#include "core/clock.h"
#include "dev/tty.h"
#include "fs/files.h"
#include "fs/fs_context.h"
#include "lib/string.h"
#include "proc/exit.h"
#include "proc/signal.h"
#include "sched/sched.h"
#include "vm/mm.h"
#include "vm/usage.h"

#define PRIORITY_NORMAL	 20	       /* with nice 0 */
#define CAPABILITIES_ALL (BIT(41) - 1) /* as many as Linux has */
#define PF_KTHREAD	 0x200000      /* Linux's flag of kernel threads */
#define KIB(nr_pages)	 ((nr_pages) * (PAGE_SIZE / 1024))

/* => signal.lock held */
static void
get_signals(struct process *process, const struct task *task, struct pid_info *info)
{
	info->shared = process->signal.shared.set;
	info->max_queued = process->rlimits[RLIMIT_SIGPENDING].cur;
	if (task) {
		info->pending = task->pending.set;
		info->blocked = task->sigmask;
	}
	for (int sig = 1; sig <= NSIG; sig++) {
		u64 handler = signal_action_get(process->signal.actions, sig).handler;

		if (handler == SIG_IGN)
			info->ignored |= SIG_BIT(sig);
		else if (handler != SIG_DFL)
			info->caught |= SIG_BIT(sig);
	}
}

/* => process_lock held */
static void
get_thread(const struct task *task, struct pid_info *info)
{
	info->state = task_state_letter(task);
	info->kthread = task->kthread;
	strscpy(info->name, task->name, sizeof(info->name));
	info->nice = READ_ONCE(task->nice);
	info->cpu = task->ti.cpu_id;
	info->allowed = READ_ONCE(task->allowed) & sched_harts();
}

void
pid_info_get(const struct pid_subject *whom, struct pid_info *info)
{
	struct process *process = whom->process;
	struct task *task = whom->thread;
	u64 flags;

	memset(info, 0, sizeof(*info));
	if (task)
		task_usage_get(task, &info->self);
	else
		process_usage_get(process, &info->self);
	flags = spin_lock_irqsave(&process_lock);
	if (!task)
		task = list_first_entry_or_null(&process->threads, struct task, thread_link);
	info->id = whom->thread ? whom->thread->tid : process->pid;
	info->pid = process->pid ? process->pid : info->id;
	info->ppid = process->ppid;
	info->pgid = process->pgid;
	info->sid = process->sid;
	info->tty_pgrp = process->tty ? process->tty->foreground : -1;
	info->tty_dev = process->tty ? process->tty->dev : 0;
	info->nr_threads = process->nr_threads + process->first_ended;
	info->exit_signal = info->id == info->pid ? process->exit_signal : -1;
	info->exit_status = process->exit_status;
	info->start_ns = whom->thread ? whom->thread->start_ns : process->start_ns;
	info->children = process->dead_children;
	info->state = 'Z';
	info->nice = process->first_nice;
	strscpy(info->name, process->name, sizeof(info->name));
	if (task)
		get_thread(task, info);
	spin_lock(&process->signal.lock);
	get_signals(process, task, info);
	spin_unlock(&process->signal.lock);
	spin_unlock_irqrestore(&process_lock, flags);
}

static void
show_stat_identity(struct seq *seq, const struct pid_info *info)
{
	seq_printf(seq, "%d (%s) %c %d %d %d %d %d %u", info->id, info->name, info->state,
		   info->ppid, info->pgid, info->sid, info->tty_dev, info->tty_pgrp,
		   info->kthread ? PF_KTHREAD : 0);
	seq_printf(seq, " %lu %lu %lu %lu", info->self.min_flt, info->children.min_flt,
		   info->self.maj_flt, info->children.maj_flt);
	seq_printf(seq, " %lu %lu %lu %lu", info->self.user_ns / CLOCK_TICK_NS,
		   info->self.system_ns / CLOCK_TICK_NS, info->children.user_ns / CLOCK_TICK_NS,
		   info->children.system_ns / CLOCK_TICK_NS);
	seq_printf(seq, " %d %d %u 0 %lu", PRIORITY_NORMAL + info->nice, info->nice,
		   info->nr_threads, info->start_ns / CLOCK_TICK_NS);
}

/* The 52 fields of proc(5); those that mean nothing here are 0. */
void
pid_show_stat(struct seq *seq, const struct pid_subject *whom)
{
	static const struct mm nothing;
	struct mm *mm = whom->mm ? whom->mm : (struct mm *)&nothing;
	struct pid_info info;

	pid_info_get(whom, &info);
	show_stat_identity(seq, &info);
	seq_printf(seq, " %lu %lu %lu", mm->total_pages * PAGE_SIZE, mm_rss_pages(mm),
		   RLIM_INFINITY);
	seq_printf(seq, " %lu %lu %lu 0 0", mm->start_code, mm->end_code, mm->start_stack);
	seq_printf(seq, " %lu %lu %lu %lu 0 0 0", info.pending | info.shared, info.blocked,
		   info.ignored, info.caught);
	seq_printf(seq, " %d %u 0 0 0 0 0", info.exit_signal, info.cpu);
	seq_printf(seq, " %lu %lu %lu", mm->start_data, mm->end_data, mm->start_brk);
	seq_printf(seq, " %lu %lu %lu %lu %u\n", mm->arg_start, mm->arg_end, mm->env_start,
		   mm->env_end, info.exit_status);
}

void
pid_show_statm(struct seq *seq, const struct pid_subject *whom)
{
	struct mm *mm = whom->mm;

	if (!mm) {
		seq_puts(seq, "0 0 0 0 0 0 0\n");
		return;
	}
	seq_printf(seq, "%lu %lu %lu %lu 0 %lu 0\n", mm->total_pages, mm_rss_pages(mm),
		   (u64)MAX(atomic64_read(&mm->rss_file), 0L), mm->exec_pages,
		   mm->data_pages + mm->stack_pages);
}

static const char *
state_text(char state)
{
	switch (state) {
	case 'R':
		return "R (running)";
	case 'S':
		return "S (sleeping)";
	case 'D':
		return "D (disk sleep)";
	case 'T':
		return "T (stopped)";
	case 'Z':
		return "Z (zombie)";
	default:
		return "X (dead)";
	}
}

static void
show_kib(struct seq *seq, const char *name, u64 nr_pages)
{
	seq_printf(seq, "%s:\t%8lu kB\n", name, KIB(nr_pages));
}

static void
show_memory(struct seq *seq, struct mm *mm)
{
	u64 nr_shmem = mm_rss_shmem(mm), nr_file = MAX(atomic64_read(&mm->rss_file), 0L);
	u64 text_bytes = ALIGN_UP(mm->end_code, PAGE_SIZE) - ALIGN_DOWN(mm->start_code, PAGE_SIZE);
	u64 text_pages = MIN(text_bytes >> PAGE_SHIFT, mm->exec_pages);

	show_kib(seq, "VmPeak", mm->peak_total_pages);
	show_kib(seq, "VmSize", mm->total_pages);
	show_kib(seq, "VmLck", mm->locked_pages);
	show_kib(seq, "VmPin", 0);
	show_kib(seq, "VmHWM", mm_peak_pages(mm));
	show_kib(seq, "VmRSS", mm_rss_pages(mm));
	show_kib(seq, "RssAnon", MAX(atomic64_read(&mm->rss_anon), 0L));
	show_kib(seq, "RssFile", nr_file - MIN(nr_file, nr_shmem));
	show_kib(seq, "RssShmem", MIN(nr_file, nr_shmem));
	show_kib(seq, "VmData", mm->data_pages);
	show_kib(seq, "VmStk", mm->stack_pages);
	show_kib(seq, "VmExe", text_pages);
	show_kib(seq, "VmLib", mm->exec_pages - text_pages);
	show_kib(seq, "VmPTE", mm->pgt.nr_tables);
	show_kib(seq, "VmSwap", MAX(atomic64_read(&mm->nr_swap), 0L));
}

/* What a zombie has no more is 0, or left out. */
static void
show_files(struct seq *seq, struct process *process)
{
	struct files *files = process_files_get(process);

	seq_printf(seq, "FDSize:\t%u\n", files ? READ_ONCE(files->max) : 0);
	if (files)
		files_put(files);
}

static void
show_umask(struct seq *seq, struct process *process)
{
	struct fs_context *fs = process_fs_get(process);

	if (!fs)
		return;
	seq_printf(seq, "Umask:\t%04o\n", READ_ONCE(fs->umask));
	fs_context_put(fs);
}

static void
show_signals(struct seq *seq, const struct pid_info *info)
{
	seq_printf(seq, "SigQ:\t%lu/%lu\n", signal_nr_queued(), info->max_queued);
	seq_printf(seq, "SigPnd:\t%016lx\nShdPnd:\t%016lx\n", info->pending, info->shared);
	seq_printf(seq, "SigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n", info->blocked,
		   info->ignored, info->caught);
}

/* Everybody is root, who may do everything. */
static void
show_capabilities(struct seq *seq)
{
	static const struct {
		const char *name;
		u64 set;
	} rows[] = {{"CapInh", 0},
		    {"CapPrm", CAPABILITIES_ALL},
		    {"CapEff", CAPABILITIES_ALL},
		    {"CapBnd", CAPABILITIES_ALL},
		    {"CapAmb", 0}};

	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		seq_printf(seq, "%s:\t%016lx\n", rows[i].name, rows[i].set);
	seq_puts(seq, "NoNewPrivs:\t0\n");
}

/* A mask in as many digits as there are harts for, and the same as "0,2-3". */
static void
show_harts(struct seq *seq, cpumask_t harts)
{
	const char *comma = "";

	seq_puts(seq, "Cpus_allowed:\t");
	for (int shift = ALIGN_UP(nr_cpus, 4) - 4; shift >= 0; shift -= 4)
		seq_printf(seq, "%x", harts >> shift & 0xf);
	seq_puts(seq, "\nCpus_allowed_list:\t");
	for (u32 first = 0, end; first < nr_cpus; first = end + 1) {
		for (end = first; end < nr_cpus && (harts & BIT(end)); end++)
			continue;
		if (end == first)
			continue;
		seq_printf(seq, "%s%u", comma, first);
		if (end - 1 > first)
			seq_printf(seq, "-%u", end - 1);
		comma = ",";
	}
	seq_putc(seq, '\n');
}

void
pid_show_status(struct seq *seq, const struct pid_subject *whom)
{
	struct pid_info info;

	pid_info_get(whom, &info);
	seq_printf(seq, "Name:\t%s\n", info.name);
	show_umask(seq, whom->process);
	seq_printf(seq, "State:\t%s\n", state_text(info.state));
	seq_printf(seq, "Tgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t0\n", info.pid,
		   info.id, info.ppid);
	seq_puts(seq, "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n");
	show_files(seq, whom->process);
	seq_printf(seq, "Groups:\t \nKthread:\t%d\n", info.kthread);
	if (whom->mm)
		show_memory(seq, whom->mm);
	seq_printf(seq, "Threads:\t%u\n", info.nr_threads);
	show_signals(seq, &info);
	show_capabilities(seq);
	show_harts(seq, info.allowed);
	seq_printf(seq, "voluntary_ctxt_switches:\t%lu\nnonvoluntary_ctxt_switches:\t%lu\n",
		   info.self.nr_voluntary, info.self.nr_involuntary);
}
