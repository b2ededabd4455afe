/* Open files. */
#pragma once

#include "core/refcount.h"
#include "fs/types.h"
#include "lib/err.h"
#include "sched/mutex.h"
#include "vm/pagecache.h"

struct dentry;
struct file;
struct inode;
struct poll_table;
struct uio;

/* What open files of one kind do. All may be absent; the comment says what happens then. */
struct file_ops {
	/*
	 * Transfer up to uio's length at *pos and advance *pos. => bytes (0: end of file), or -errno if
	 * nothing was moved. Absent: -EINVAL. Files without position leave *pos alone.
	 */
	ssize_t (*read)(struct file *file, struct uio *uio, u64 *pos);
	ssize_t (*write)(struct file *file, struct uio *uio, u64 *pos);

	/* Absent: -ENOTTY. arg may be a user address. */
	long (*ioctl)(struct file *file, u32 request, u64 arg);

	/* The events (POLLIN ...) that hold now; poll_wait() registers for more. Absent: always ready. */
	u32 (*poll)(struct file *file, struct poll_table *table);

	/* The pages behind the file for mmap. Absent: -ENODEV. => ERR_PTR(-errno) */
	struct mapping *(*mapping)(struct file *file);

	/* Data and attributes are on the disk. Absent: -EINVAL. */
	int (*fsync)(struct file *file, bool data_only);

	/* Absent: generic_llseek() for regular files and directories, -ESPIPE for FILE_STREAM. */
	s64 (*llseek)(struct file *file, s64 offset, int whence);

	/* A new struct file; private may be set. An error fails the open. Absent: 0. */
	int (*open)(struct inode *inode, struct file *file);

	/* The last reference is gone. */
	void (*release)(struct file *file);

	u32 flags; /* FILE_STREAM, FILE_ZERO */
};

#define FILE_STREAM (1U << 0) /* a pipe or terminal: no position, no lseek */

#define FILE_ZERO (1U << 1) /* /dev/zero: to map it is to map anonymous memory */

/* What a file was opened for. */
#define FILE_READ  (1U << 0)
#define FILE_WRITE (1U << 1)
/* It counts as one who writes, against whom its contents are to be executed. Not so a memfd. */
#define FILE_COUNTED (1U << 2)

struct file {
	refcount_t refs;
	u32 flags; /* O_*; of these F_SETFL changes O_APPEND and O_NONBLOCK */
	u32 access; /* FILE_READ | FILE_WRITE: the access mode of flags, 0 with O_PATH; FILE_COUNTED */
	struct inode *inode;   /* one reference, its own or the dentry's */
	struct dentry *dentry; /* one reference; NULL for a pipe */
	const struct file_ops *ops;
	struct mutex pos_lock; /* pos, for files that have one */
	u64 pos;
	struct readahead ra; /* pos_lock: how it has been read */
	u32 wb_errors;	     /* of the mapping: those that fsync has told of */
	void *private;	     /* of ops */
};

static inline bool
file_is_readable(const struct file *file)
{
	return file->access & FILE_READ;
}

static inline bool
file_is_writable(const struct file *file)
{
	return file->access & FILE_WRITE;
}

/*
 * Opens what the dentry stands for (its type was checked), with one reference; takes references of
 * its own to dentry. => NULL for no memory, ERR_PTR
 */
struct file *file_open_dentry(struct dentry *dentry, u32 flags);
/* It does not count as one who writes, from now on (FILE_COUNTED). => nobody else has the file yet, or any more */
void file_uncount_writer(struct file *file);

/* An open file without name, of this inode whose reference it takes over. => NULL for no memory */
struct file *file_alloc_anon(struct inode *inode, const struct file_ops *ops, u32 flags);

/* Undoes it, but for the reference to the inode, which is the caller's again. */
void file_discard(struct file *file);

/*
 * Opens by path, from the current root and directory (of kernel threads: "/"). flags and mode as
 * open(2). => NULL for no memory, ERR_PTR
 */
struct file *file_open(const char *path, u32 flags, u32 mode);

/*
 * For exec: for reading, regular files with execute permission only. By path from start (as
 * path_lookup()), flags 0 or O_NOFOLLOW; or by dentry.
 */
struct file *file_open_exec(struct dentry *start, const char *path, u32 flags);
struct file *file_open_exec_dentry(struct dentry *dentry);

/* Up to n bytes at pos into (from) kernel memory. => bytes; fewer only at the end, or -errno */
ssize_t file_read_kernel(struct file *file, void *buf, size_t n, u64 pos);
ssize_t file_write_kernel(struct file *file, const void *buf, size_t n, u64 pos);

/* The file's pages, for mmap and exec. => ERR_PTR(-ENODEV) when it cannot be mapped */
struct mapping *file_mapping(struct file *file);

/* A reference more. => file */
struct file *file_ref(struct file *file);
/* A reference less; the last closes. May sleep. */
void file_put(struct file *file);

/* Why a file cannot be read at all. => -errno */
int file_read_refused(const struct file *file);

/* Checks the access mode and transfers at *pos. => bytes or -errno */
static inline ssize_t
file_read(struct file *file, struct uio *uio, u64 *pos)
{
	if (unlikely(!file_is_readable(file) || !file->ops->read))
		return file_read_refused(file);
	return file->ops->read(file, uio, pos);
}

static inline ssize_t
file_write(struct file *file, struct uio *uio, u64 *pos)
{
	if (unlikely(!file_is_writable(file) || !file->ops->write))
		return file_is_writable(file) ? -EINVAL : -EBADF;
	return file->ops->write(file, uio, pos);
}

s64 file_llseek(struct file *file, s64 offset, int whence);
/* Among 0 .. size of the inode's data. */
s64 generic_llseek(struct file *file, s64 offset, int whence);

int file_fsync(struct file *file, bool data_only);

/* The path by which it was opened, as /proc shows it. => buf, terminated, or ERR_PTR */
const char *file_path(struct file *file, char *buf, size_t size);

void file_cache_init(void);
u64 file_nr_open(void);
