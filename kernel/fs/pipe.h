/* Pipes and FIFOs. */
#pragma once

#include "fs/file.h"

#define PIPE_BUF      4096 /* a write of up to so many bytes is not mixed with others */
#define PIPE_CAPACITY 65536

/* A new pipe. => 0 and two open files, or -ENOMEM. flags: O_NONBLOCK */
int pipe_create(struct file **reader, struct file **writer, u32 flags);

/* A dentry for a pipe without name, by which it is opened again (/proc/self/fd). => NULL: no memory */
struct dentry *pipe_dentry_new(struct inode *inode);

/* What opening a FIFO of any file system does. */
extern const struct file_ops fifo_ops;

/* Set by proc/: the current process gets SIGPIPE. */
extern void (*sigpipe_hook)(void);

void pipe_init(void);
