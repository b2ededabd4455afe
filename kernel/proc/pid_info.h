#pragma once

/* What the files of /proc/<pid> and /proc/<pid>/task/<tid> show. */

#include "fs/seq.h"
#include "proc/process.h"

struct vma;

/* Whom a file is about. Of a kernel thread the process is one that all of them share, with pid 0. */
struct pid_subject {
	struct process *process;
	struct task *thread; /* NULL: the process as a whole */
	struct mm *mm;	     /* NULL for a zombie and a kernel thread */
};

/* A process or a thread at one moment; its first thread stands for the process where one must. */
struct pid_info {
	s32 id; /* pid or tid */
	s32 pid, ppid, pgid, sid;
	s32 tty_dev, tty_pgrp;
	char state;
	bool kthread;
	char name[TASK_NAME_MAX];
	s32 nice;
	u32 nr_threads;
	s32 exit_signal;
	u32 exit_status;
	u32 cpu;
	cpumask_t allowed;
	u64 start_ns;
	u64 pending, shared, blocked, ignored, caught;
	u64 max_queued; /* signals */
	struct process_usage self, children;
};

void pid_info_get(const struct pid_subject *whom, struct pid_info *info);

/* proc/pid_stat.c: the files that are one snapshot. */
void pid_show_stat(struct seq *seq, const struct pid_subject *whom);
void pid_show_statm(struct seq *seq, const struct pid_subject *whom);
void pid_show_status(struct seq *seq, const struct pid_subject *whom);

/* proc/pid_pagemap.c: words of pagemap, as procfs_register_words() has them. */
s64 pid_pagemap_words(struct mm *mm, u64 first, u64 *words, u64 nr);

/* proc/pid_maps.c: what is mapped. */
void pid_show_maps(struct seq *seq, const struct pid_subject *whom);

/* proc/pid_smaps.c: the same with what is in memory of each area, and in all. */
void pid_show_smaps(struct seq *seq, const struct pid_subject *whom);
void pid_show_smaps_rollup(struct seq *seq, const struct pid_subject *whom);

/* 1: no page was used, until one is used again; 2: of areas without a file; 3: with one; 4 has no effect. */
int pid_write_clear_refs(const struct pid_subject *whom, const char *text);

/* The line of maps for an area. */
void pid_show_vma(struct seq *seq, const struct vma *vma);
