/*
 * /proc. Who knows something registers a file for it:
 *
 *	procfs_register("meminfo", show_meminfo);
 *
 * and proc/, which is above this layer, lists the processes through struct proc_pid_ops.
 */
#pragma once

#include "fs/seq.h"
#include "lib/types.h"

struct dentry;
struct files;

/* => 0 or -errno; may sleep; is called again when the buffer was too small */
typedef int (*proc_show_t)(struct seq *seq);

/* A file of /proc; path is relative to it and may have directories, which are made. At boot. */
void procfs_register(const char *path, proc_show_t show);

/* One that may be written: write gets the text, terminated and without a final newline. */
void procfs_register_writable(const char *path, proc_show_t show, int (*write)(const char *text));

/*
 * A file of 64-bit words. read: fill in words first .. first + nr - 1 of it, nr at most
 * PROC_WORDS_MAX. => how many there were, fewer at the end; or -errno. May sleep
 */
#define PROC_WORDS_MAX 512
typedef s64 (*proc_words_t)(u64 first, u64 *words, u64 nr);
void procfs_register_words(const char *path, proc_words_t read);

/* A number of /proc/sys within min .. max. */
void procfs_register_number(const char *path, u32 *value, u32 min, u32 max);

/* Of whom: a process, or one of its threads. */
struct proc_who {
	s32 pid;
	s32 tid; /* 0: the process as a whole */
};

/* Processes. Every function returns -ESRCH (or what stands for it) when who it asks about is gone. */
struct proc_pid_ops {
	/* The files of /proc/<pid> and of each thread there, a list that ends with NULL. */
	const char *const *files;

	/* The next pid after this one. => 0 past the last */
	s32 (*next)(s32 after);
	bool (*exists)(struct proc_who who);
	/* The process that has a thread of this number. => 0 when none has */
	s32 (*process_of)(s32 tid);
	/* The next thread of the process. => 0 past the last */
	s32 (*next_thread)(s32 pid, s32 after);

	/* The text of the file. => 0 or -errno */
	int (*show)(struct proc_who who, unsigned file, struct seq *seq);

	/* Who may do what with the file: 0644 and the like. */
	u32 (*mode)(unsigned file);

	/* Text as in procfs_register_writable. */
	int (*write)(struct proc_who who, unsigned file, const char *text);

	/* Files of words, as procfs_register_words() has them. */
	bool (*has_words)(unsigned file);
	s64 (*words)(struct proc_who who, unsigned file, u64 first, u64 *words, u64 nr);

	/* With a reference; NULL when there is none. */
	struct files *(*files_of)(s32 pid);
	struct dentry *(*cwd)(s32 pid);
	struct dentry *(*root)(s32 pid);
	struct dentry *(*exe)(s32 pid);
};

/* What is mounted: there is one tree for all processes. */
void procfs_show_mounts(struct seq *seq);

/* Set by proc/ at boot. */
extern const struct proc_pid_ops *proc_pid_ops;

/* The current process and thread, for /proc/self and thread-self; set by proc/. pid 0: none */
extern struct proc_who (*proc_self_hook)(void);

void procfs_init(void);
