#pragma once

/*
 * What is to be done about each signal. A process has one such table, or shares it with those that
 * clone(CLONE_SIGHAND) made of it, until it execs.
 */

#include "core/refcount.h"
#include "core/spinlock.h"
#include "proc/siginfo.h"

struct signal_actions {
	refcount_t refs; /* processes */
	struct spinlock lock;
	struct sigaction actions[NSIG]; /* index sig - 1 */
};

/* A table with the default action for each signal. => one reference; NULL for no memory */
struct signal_actions *signal_actions_create(void);
void signal_actions_get(struct signal_actions *table);
void signal_actions_put(struct signal_actions *table);

/* All actions of from become those of to, which nobody else knows yet. */
void signal_actions_copy(struct signal_actions *to, struct signal_actions *from);

/* The action for sig. Any context. */
struct sigaction signal_action_get(struct signal_actions *table, int sig);

/* A new action for sig. Any context. => the old one */
struct sigaction signal_action_set(struct signal_actions *table, int sig,
				   const struct sigaction *action);

/*
 * The action for sig, which is about to be taken: with SA_RESETHAND a handler is the action for this
 * time only.
 */
struct sigaction signal_action_take(struct signal_actions *table, int sig);

/* sig is not ignored from now on; with `anyhow` it has no handler either. */
void signal_action_unignore(struct signal_actions *table, int sig, bool anyhow);

/* exec: caught signals get their default action, ignored ones stay ignored. */
void signal_actions_forget_handlers(struct signal_actions *table);

/* Caches. Once, at boot. */
void signal_actions_init(void);
