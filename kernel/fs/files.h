/*
 * Descriptor tables. task->files points to one; the threads of a process share it. The calling task's
 * own is meant where no table is given.
 */
#pragma once

#include "core/refcount.h"
#include "core/spinlock.h"
#include "fs/file.h"
#include "sched/task.h"

#define FILES_MAX   1024 /* most that RLIMIT_NOFILE may be */
#define FILES_SMALL 32	 /* room inside struct files */

struct files {
	refcount_t refs;
	struct spinlock lock; /* FILES: all below */
	u32 max;	      /* size of fd[] and of both bitmaps in bits */
	u32 next;	      /* no free descriptor below */
	struct file **fd;     /* a reference each */
	u64 *open, *cloexec;  /* a bit per descriptor; open also for reserved ones */
	struct file *small_fd[FILES_SMALL];
	u64 small_open, small_cloexec;
};

/* An empty table with one reference. => NULL for no memory */
struct files *files_new(void);
/* For fork: the same open files. => NULL for no memory */
struct files *files_copy(struct files *files);
/* An empty table, as large as any may become. => NULL for no memory */
struct files *files_new_large(void);
/* Gives such a table, which nobody uses yet, the same open files as the other. Cannot fail. */
void files_fill(struct files *files, struct files *from);
struct files *files_ref(struct files *files);
/* The last reference closes everything. May sleep. */
void files_put(struct files *files);
/* For exec; the caller has the table to itself. */
void files_close_on_exec(struct files *files);

/* The open file behind fd with a reference, for file_put(). => NULL when there is none: -EBADF */
struct file *fd_get(int fd);
/* The same in another table: for /proc/<pid>/fd. */
struct file *files_get(struct files *files, int fd);
/* The first open descriptor >= fd. => -1 when there is none */
int files_next(struct files *files, int fd);

/*
 * The open file behind fd for the length of one system call. A table that nobody shares cannot change
 * under its only user, so then no reference is counted. file is NULL when there is none.
 */
struct fd {
	struct file *file;
	bool counted;
};

static inline struct fd
fd_borrow(int fd)
{
	struct files *files = current->files;

	if (likely(refcount_read(&files->refs) == 1))
		return (struct fd){(u32)fd < files->max ? files->fd[fd] : NULL, false};
	return (struct fd){files_get(files, fd), true};
}

/*
 * The fastest way: the open file, if nobody else has the table; nothing is counted and nothing need be
 * given back. => NULL when somebody has, or there is no such file: use fd_borrow()
 */
static inline struct file *
fd_peek(int fd)
{
	struct files *files = current->files;

	if (unlikely(refcount_read(&files->refs) != 1 || (u32)fd >= files->max))
		return NULL;
	return files->fd[fd];
}

/* Does a file that fd_peek() gave need no lock for its position? */
static inline bool
file_pos_is_own(const struct file *file)
{
	return (file->ops->flags & FILE_STREAM) || refcount_read(&file->refs) == 1;
}

/* Ends fd_borrow(); harmless when there was no file. */
static inline void
fd_return(struct fd fd)
{
	if (unlikely(fd.counted && fd.file))
		file_put(fd.file);
}

/* Takes the lowest free descriptor >= from for fd_install() or fd_unreserve(). => it, or -EMFILE */
int fd_reserve(int from, bool cloexec);
/* The file's reference goes to the table. */
void fd_install(int fd, struct file *file);
void fd_unreserve(int fd);

/* reserve and install in one step; on an error the caller keeps its reference. */
int fd_alloc(struct file *file, bool cloexec);

/* => 0 or -EBADF */
int fd_close(int fd);
/* Closes first .. last, or only marks them for exec to close. */
void fd_range_close(u32 first, u32 last, bool at_exec);
/* dup3: makes newfd stand for file (reference taken), closing what it was. => newfd, -EBADF */
int fd_replace(int newfd, struct file *file, bool cloexec);

int fd_get_cloexec(int fd);
int fd_set_cloexec(int fd, bool cloexec);

/* Set by proc/: the current process's RLIMIT_NOFILE. */
extern u64 (*files_limit_hook)(void);

/* New descriptors of the current process are below this. */
static inline u32
files_limit(void)
{
	u64 limit = files_limit_hook ? files_limit_hook() : FILES_MAX;

	return MIN(limit, (u64)FILES_MAX);
}

void files_cache_init(void);
