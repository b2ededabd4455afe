/*
 * /sys/kernel/debug: files for who looks for bugs, one of them a value of some structure. And what else
 * there is in /sys, which is made in the same way.
 */
#pragma once

#include "fs/seq.h"
#include "lib/types.h"

struct debugfs_ops {
	int (*show)(struct seq *seq, void *arg);   /* absent: cannot be read */
	int (*write)(void *arg, const char *text); /* absent: read-only. Text as in fs/procfs.h */
};

/* A file; path, ops and arg stay referenced, and directories of path are made. At boot. */
void debugfs_register(const char *path, const struct debugfs_ops *ops, void *arg);

/* The same for /sys itself. */
void sysfs_register(const char *path, const struct debugfs_ops *ops, void *arg);

/* Y or N; arg points to a bool. */
int debugfs_show_bool(struct seq *seq, void *arg);
/* Y, N, y, n, 1 or 0. => 0, -EINVAL */
int debugfs_parse_bool(const char *text, bool *value);

/* Ready-made kinds of values; arg points to the value. */
extern const struct debugfs_ops debugfs_u32;	 /* decimal */
extern const struct debugfs_ops debugfs_counter; /* u64, read-only */
extern const struct debugfs_ops debugfs_hex;	 /* u64 */
