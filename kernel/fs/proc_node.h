/* What the parts of procfs share. */
#pragma once

#include "fs/inode.h"
#include "fs/procfs.h"

struct debugfs_ops;
struct file;

/* A registered file or directory. Its inode number is its index in the table. */
struct proc_node {
	const char *name;
	u32 name_len;
	u32 parent; /* index */
	u32 mode;
	proc_show_t show;
	int (*write)(const char *text);
	u32 *number, min, max;		     /* show and write of procfs_register_number */
	proc_words_t words;		     /* instead: read of procfs_register_words */
	const struct debugfs_ops *debug_ops; /* show and write of debugfs_register */
	void *debug_arg;
};

/* Indexes of the roots: /proc, /sys, /sys/kernel/debug; 0 is nobody. */
enum {
	PROC_ROOT = 1,
	SYS_ROOT,
	DEBUG_ROOT,
	PROC_FIRST_NODE,
};

/* The directories on the way from a root, and a new node at the end. path stays referenced. */
struct proc_node *proc_node_add(u32 root, const char *path, u32 mode);

/* A mount whose root is this node. => 0 or -errno */
int proc_mount_root(struct super_block *sb, u32 root, u32 magic);

/* => NULL past the last */
const struct proc_node *proc_node_get(u32 index);
/* The child of that name. => its index, 0 when there is none */
u32 proc_node_find(u32 parent, const char *name, u32 len);

/*
 * The inode numbers of processes: the thread, the pid, and what of it.
 *
 *	  42        22        0
 *	  | tid     | pid     | kind |		tid is 0 for the process as a whole
 */
#define PROC_PID_SHIFT 22
#define PROC_TID_SHIFT 42

enum proc_kind {
	PROC_PID_DIR = 0,
	PROC_PID_FILE = 1, /* + index in proc_pid_ops->files */
	PROC_PID_CWD = 0x400,
	PROC_PID_ROOT,
	PROC_PID_EXE,
	PROC_PID_FD_DIR,
	PROC_PID_TASK_DIR,
	PROC_PID_FD = 0x800, /* + descriptor */
};

static inline u64
proc_ino(struct proc_who who, u32 kind)
{
	return (u64)who.tid << PROC_TID_SHIFT | (u64)who.pid << PROC_PID_SHIFT | kind;
}

/* pid 0 for what belongs to no process */
static inline struct proc_who
proc_ino_who(u64 ino)
{
	return (struct proc_who){
		.pid = ino >> PROC_PID_SHIFT & ((1U << (PROC_TID_SHIFT - PROC_PID_SHIFT)) - 1),
		.tid = ino >> PROC_TID_SHIFT,
	};
}

static inline s32
proc_ino_pid(u64 ino)
{
	return proc_ino_who(ino).pid;
}

static inline u32
proc_ino_kind(u64 ino)
{
	return ino & ((1U << PROC_PID_SHIFT) - 1);
}

/* A decimal number without leading zeros. => it, or -1 */
s32 proc_parse_number(const char *text, u32 len);
/* The same for the number of a process or thread. => 0 when it can be none */
s32 proc_parse_pid(const struct name *name);

/*
 * The part with processes (fs/proc_pid.c). get: the inode of something of a process or thread;
 * => ERR_PTR(-ENOENT) when there is none. read: fill an inode with a pid in its number.
 */
struct inode *proc_pid_inode_get(struct inode *dir, struct proc_who who, u32 kind);
int proc_pid_read_inode(struct inode *inode);

/* Files made of text (fs/proc_file.c). */
extern const struct file_ops proc_file_ops;
/* Files made of 64-bit words (fs/proc_words.c). */
extern const struct file_ops proc_words_ops;
/* Of both: what is made when it is read has no end to count from. => -EINVAL for that */
s64 proc_llseek(struct file *file, s64 offset, int whence);

/* Directories: opened only to be listed. */
extern const struct file_ops proc_dir_fops;

/* Registers the types sysfs and debugfs, and what is there from the start (fs/debugfs.c). */
void debugfs_init(void);
void debug_fault_init(void);
void debug_kmemleak_init(void);
void debug_zswap_init(void);

/* A line for each statistic of the one node, as in vmstat. => the batches of the LRU lists are flushed */
void vmstat_show_node(struct seq *seq, const char *indent);

/* Registers the files about memory, and all others. */
void proc_meminfo_init(void);
void proc_vmstat_init(void);
void proc_zoneinfo_init(void);
void proc_frames_init(void);
void proc_iomem_init(void);
void proc_sys_vm_init(void);
void proc_oom_init(void);
void proc_slabinfo_init(void);
void proc_swaps_init(void);
void proc_pagerefs_init(void);
void proc_system_init(void);
