#pragma once

/* One process at one moment, for the files of /proc/<pid> that are about all of it. */

#include "fs/seq.h"
#include "proc/process.h"

struct vma;

struct pid_info {
	s32 pid, ppid, pgid, sid;
	s32 tty_dev, tty_pgrp;
	char state;
	char name[TASK_NAME_MAX];
	u32 nr_threads;
	s32 exit_signal;
	u32 exit_status;
	u32 cpu;
	u64 start_ns;
	u64 pending, shared, blocked, ignored, caught;
	struct process_usage self, children;
};

void pid_info_get(struct process *process, struct pid_info *info);

/* proc/pid_stat.c: the files that are one snapshot. mm is NULL for a zombie. */
void pid_show_stat(struct seq *seq, struct process *process, struct mm *mm);
void pid_show_statm(struct seq *seq, struct process *process, struct mm *mm);
void pid_show_status(struct seq *seq, struct process *process, struct mm *mm);

/* proc/pid_pagemap.c: words of pagemap, as procfs_register_words() has them. */
s64 pid_pagemap_words(struct mm *mm, u64 first, u64 *words, u64 nr);

/* proc/pid_maps.c: what is mapped. */
void pid_show_maps(struct seq *seq, struct process *process, struct mm *mm);

/* proc/pid_smaps.c: the same with what is in memory of each area, and in all. */
void pid_show_smaps(struct seq *seq, struct process *process, struct mm *mm);
void pid_show_smaps_rollup(struct seq *seq, struct process *process, struct mm *mm);

/* The line of maps for an area. */
void pid_show_vma(struct seq *seq, const struct vma *vma);
