/* Write a qfs image from a numbered tree. */
#pragma once

#include "fs/qfs/format.h"
#include "tree.h"

struct image_params {
	int fd;
	bool is_device; /* may hold old contents */
	bool keep_owner;
	u32 last_ino;	     /* what tree_number() returned */
	s64 time;	     /* nanoseconds since 1970, for every inode */
	struct qfs_super sb; /* laid out; uuid, label and times set */
};

/* Blocks that the data, directories and blocks of numbers of the tree need at most. */
u64 image_blocks_needed(struct node *root);

/* Write everything; exits if it does not fit or on an error. => data blocks used */
u32 image_write(const struct image_params *params, struct node *root);
