/* A path that a program gave, with where it begins. */
#pragma once

#include "fs/namei.h"

#define PATH_ARG_INLINE 120

struct path_arg {
	struct dentry *start; /* a reference, or NULL for the current directory */
	char *text;	      /* terminated; inline_text or kmalloc */
	char inline_text[PATH_ARG_INLINE];
};

/*
 * Copies the path and takes the directory behind dirfd (AT_FDCWD: none; not looked at when the path is
 * absolute). => 0, then to be put; -EFAULT, -ENAMETOOLONG, -EBADF, -ENOTDIR, -ENOMEM
 */
int path_arg_get(struct path_arg *arg, int dirfd, uva_t path);
void path_arg_put(struct path_arg *arg);

/* A string of at most PATH_MAX bytes (a symbolic link's target). => kmalloc, NULL, ERR_PTR */
char *path_string_get(uva_t path);

/*
 * What the path stands for. lookup: LOOKUP_*. With at_flags' AT_EMPTY_PATH and an empty path
 * it is dirfd itself. => with a reference; NULL for no memory, ERR_PTR
 */
struct dentry *path_arg_lookup(int dirfd, uva_t path, int at_flags, u32 lookup);

/* The dentry of an open file. => with a reference; ERR_PTR(-EBADF), also for a pipe */
struct dentry *fd_dentry_get(int fd);
