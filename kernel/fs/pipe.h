/* Pipes and FIFOs. */
#pragma once

#include "fs/file.h"

#define PIPE_BUF      4096  /* a write of up to so many bytes is not mixed with others */
#define PIPE_CAPACITY 65536 /* of most; when pipes hold much memory new ones get less */

/* A new pipe. => 0 and two open files, or -ENOMEM. flags: O_NONBLOCK */
int pipe_create(struct file **reader, struct file **writer, u32 flags);

/* A dentry for a pipe without name, by which it is opened again (/proc/self/fd). => NULL: no memory */
struct dentry *pipe_dentry_new(struct inode *inode);

/* Is it an open pipe without name? Then the next two may be called. */
bool file_is_pipe(const struct file *file);

/* Would a write find somebody who may read? True of the moment only. */
bool pipe_has_reader(const struct file *file);

/*
 * Writes all of a record of the kernel's (at most PIPE_BUF bytes) or nothing, and sleeps while there is
 * no room. No SIGPIPE. => 0; -EPIPE: no readers; -ERESTARTSYS: a signal came first; -ENOMEM
 */
int pipe_write_record(struct file *file, const void *record, size_t bytes);

/* Bytes that a pipe or FIFO can hold; -EBADF for one that was opened with O_PATH. */
int pipe_capacity(const struct file *file);

/* What opening a FIFO of any file system does. */
extern const struct file_ops fifo_ops;

/* Set by proc/: the current process gets SIGPIPE. */
extern void (*sigpipe_hook)(void);

void pipe_init(void);
