/* The checker of qfs images: a library for fsck and for the tests. It never trusts the image. */
#pragma once

#include <stdio.h>

#include "fs/qfs/format.h"

struct check_options {
	FILE *out;    /* where problems are explained; NULL: nowhere */
	bool verbose; /* notes and numbers, and every problem instead of the first 50 */
	void (*flush)(void *base, u64 bytes); /* make a replay durable; may be NULL */
};

/*
 * Replay the log of the image at base[0..bytes) into that memory and verify everything.
 * => the number of problems found; 0: the file system is clean.
 */
u32 qfs_check(u8 *base, u64 bytes, const struct check_options *opt);

/* What is known of an inode while checking. */
struct inode_state {
	u32 nr_names;	/* records that name it, "." and ".." not counted */
	u32 nr_subdirs; /* a directory: ".." records that name it, from below */
	u32 parent;	/* a directory: where it has its name */
	bool in_use;
	bool sound;	/* what it says about itself can be relied upon */
	bool orphan;	/* its bit in the orphan bitmap is set */
	bool connected; /* a directory: known to hang below the root */
};

struct check {
	u8 *base;
	const struct check_options *opt;
	struct qfs_super sb;
	u32 seed;
	u32 nr_problems;
	u32 *owner; /* for each block, the inode that it belongs to, or 0 */
	struct inode_state *inodes;
	u32 nr_used_inodes, nr_used_blocks, nr_orphans;
};

void problem(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void note(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline void *
block_at(struct check *c, u32 block)
{
	return c->base + ((u64)block << QFS_BLOCK_SHIFT);
}

static inline struct qfs_inode *
inode_at(struct check *c, u32 ino)
{
	return (struct qfs_inode *)block_at(c, c->sb.itable_start) + ino;
}

/* check_inodes.c: every inode by itself, and whose each block is. */
void check_inodes(struct check *c);
/* The block with index `index` of a file, 0 if none or if the way there is not sound. */
u32 file_block(struct check *c, u32 ino, u32 index);

/* check_dirs.c: names, the tree, link counts. */
void check_dirs(struct check *c);

/* check_maps.c: the three bitmaps. load_orphans() comes before, the rest after the inodes. */
void load_orphans(struct check *c);
void check_maps(struct check *c);
