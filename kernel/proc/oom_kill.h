#pragma once

/* The process side of running out of memory (vm/oom.h), and its files in /proc/<pid>. */

#include "fs/seq.h"

struct mm;
struct process;

/*
 * oom_score_adj of a process, and of those that share its memory, but for a vfork child, whose memory
 * is its parent's only until it execs. => 0; -EINVAL: out of range
 */
int process_set_oom_score_adj(struct process *process, s64 value);

/* What /proc/<pid>/oom_score says. => 0 for who has no memory, or is never killed */
u64 process_oom_score(struct process *process, struct mm *mm);

/* Hooks. Once, at boot. */
void oom_kill_init(void);
