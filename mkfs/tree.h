/* What goes into an image: one or more host directories, merged and put in order. */
#pragma once

#include <sys/types.h>

#include "lib/types.h"

struct node {
	char *name;	 /* "" for the root */
	char *host_path; /* NULL for a root without a host directory */
	char *target;	 /* of a symbolic link */
	u32 mode, uid, gid, rdev;
	u64 size;
	dev_t host_dev; /* these two find hard links */
	ino_t host_ino;
	u32 host_nlink;
	struct node *parent;
	struct node **child; /* sorted by name, as bytes */
	u32 nr_children;
	/* Filled in by tree_number(). */
	u32 ino;
	u32 nlink;
	struct node *same; /* the first name of the same file, if this is another one */
};

/* An empty tree: a root directory, 0755. Exits if there is no memory. */
struct node *tree_new(void);

/* Add the tree under `host_dir`; what has the same path replaces what is there. Exits on an error. */
void tree_add(struct node *root, const char *host_dir);

/* Number the inodes from 1 (the root), in order, and count links. => the highest number */
u32 tree_number(struct node *root);

/* The call for every node, parents first, in order. */
void tree_walk(struct node *node, void (*visit)(struct node *node, void *ctx), void *ctx);

/* Read a whole file in pieces; exits on an error. The pieces are full blocks except for the last. */
void host_file_read(const char *host_path, u64 size,
		    void (*piece)(const u8 *data, u32 bytes, void *ctx), void *ctx);

/* 128 bits that depend on names, modes, owners and contents of the tree, and on `salt`. */
void tree_uuid(struct node *root, u64 salt, u8 uuid[16]);

/* Print "mkfs: ..." and exit with status 1. */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void *xalloc(size_t bytes);
