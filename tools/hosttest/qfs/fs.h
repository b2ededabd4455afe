/* A qfs mounted on a simulated disk, and the calls a VFS would make. All return 0 or -errno. */
#pragma once

#include "disk.h"
#include "fs/file.h"
#include "fs/inode.h"
#include "fs/super.h"

/* The kernel and the test runner both have a function of this name. */
#define file_read hosttest_file_read
#include "hosttest.h"
#undef file_read

struct simfs {
	struct disk disk;
	struct super_block sb;
	bool mounted;
};

int simfs_mount(struct simfs *fs, bool read_only);
void simfs_unmount(struct simfs *fs);
/* As if the machine stopped: nothing more is written, memory is given back. */
void simfs_abandon(struct simfs *fs);

/* fsck of the disk's contents, which are not changed. => problems; prints them if verbose */
u32 simfs_check(const struct simfs *fs);

/* dir NULL: the root. The inode found has a reference. */
int simfs_lookup(struct simfs *fs, struct inode *dir, const char *name, struct inode **inode);
/* The inode may be NULL if it is not wanted. */
int simfs_create(struct simfs *fs, struct inode *dir, const char *name, u32 mode,
		 struct inode **inode);
int simfs_symlink(struct simfs *fs, struct inode *dir, const char *name, const char *target);
int simfs_link(struct simfs *fs, struct inode *inode, struct inode *dir, const char *name);
int simfs_remove(struct simfs *fs, struct inode *dir, const char *name);
int simfs_rename(struct simfs *fs, struct inode *old_dir, const char *old_name,
		 struct inode *new_dir, const char *new_name);

s64 simfs_write(struct inode *inode, u64 pos, const void *data, u64 bytes);
s64 simfs_read(struct inode *inode, u64 pos, void *data, u64 bytes);
/* What another thread does when a read has looked at the size, and when it waits for the disk. */
extern void (*simfs_around_read)(struct mapping *mapping, bool begun);
int simfs_truncate(struct inode *inode, u64 size);
int simfs_fsync(struct inode *inode);
/* Dirty pages and attributes go where they belong, without commit: what a flusher does. */
int simfs_write_back(struct simfs *fs);
int simfs_sync(struct simfs *fs);
/* Forget all inodes that nobody uses. */
void simfs_drop_caches(struct simfs *fs);
u64 simfs_free_blocks(struct simfs *fs);
/* The free blocks hold a removed file's data, all of this byte. Not synced. */
void simfs_leave_old_data(struct simfs *fs, u8 byte);

/* The names in a directory, "." and ".." left out: calls for each. => how many */
u32 simfs_list(struct simfs *fs, struct inode *dir, void (*visit)(const char *name, u64 ino));
