/* One block of a directory: check, search, add, remove. Pure. */
#pragma once

#include "fs/qfs/format.h"

/*
 * Is the chain of records of this block sound? NULL if so, else the reason in words. A name that is
 * empty, or contains '/' or a 0 byte, is unsound; so is an inode number of `nr_inodes` or more.
 * All functions below rely on it.
 */
const char *qfs_dirblock_check(const void *block, u32 nr_inodes);

/* Make an empty block: one free record. */
void qfs_dirblock_init(void *block);

/* The record of that name, or NULL. */
struct qfs_dirent *qfs_dirblock_find(void *block, const char *name, u32 len);

/* Add a record; false if there is no room. The name must not be in the block yet. */
bool qfs_dirblock_add(void *block, u32 ino, u8 type, const char *name, u32 len);

/* A record, free or with room behind its name, where a name of that length fits. => NULL: none */
struct qfs_dirent *qfs_dirblock_room(const void *block, u32 len);
/* Add a record there. => the block has not changed since */
void qfs_dirent_add(struct qfs_dirent *room, u32 ino, u8 type, const char *name, u32 len);

/* Remove a record of this block. */
void qfs_dirblock_remove(void *block, struct qfs_dirent *victim);

/* Does it hold no record in use but "." and ".."? */
bool qfs_dirblock_is_empty(const void *block);

/* The first record, the one after `entry`, NULL at the end of the block. */
static inline struct qfs_dirent *
qfs_dirent_first(const void *block)
{
	return (struct qfs_dirent *)block;
}

static inline struct qfs_dirent *
qfs_dirent_next(const void *block, const struct qfs_dirent *entry)
{
	const u8 *next = (const u8 *)entry + entry->rec_len;

	return next < (const u8 *)block + QFS_BODY_BYTES ? (struct qfs_dirent *)next : NULL;
}

#define qfs_for_each_dirent(entry, block)                               \
	for (struct qfs_dirent *entry = qfs_dirent_first(block); entry; \
	     entry = qfs_dirent_next(block, entry))
