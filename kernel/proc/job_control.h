#pragma once

/*
 * Groups and sessions: who belongs to which, and what a terminal may do with them.
 * A group is orphaned when no member has a parent in another group of the same
 * session: then nobody could continue it once it stopped.
 */

#include "proc/process.h"

/* => process_lock held. A process given as `leaving` does not count as a member or as a parent. */
bool group_is_orphaned_locked(s32 pgid, const struct process *leaving);

/* `leaving` ends: when that orphans a group with stopped members they get SIGHUP and SIGCONT.
 * => process_lock held */
void group_check_orphaned_locked(s32 pgid, const struct process *leaving);

/* A session's leader ends: the terminal is nobody's, its foreground group gets SIGHUP.
 * => process_lock held */
void session_leader_exit_locked(struct process *process);

/* setpgid(2), setsid(2), getpgid(2), getsid(2) for the current process. => number, 0 or -errno */
int process_change_group(s32 pid, s32 pgid);
int process_new_session(void);
int process_get_group(s32 pid);
int process_get_session(s32 pid);

/* Hang the terminal's rules into dev/tty.h. */
void job_control_init(void);
