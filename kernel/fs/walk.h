/* The walk along a path, step by step: what path lookup and open are made of. */
#pragma once

#include "fs/namei.h"

struct walk {
	struct dentry *at;   /* a reference */
	struct dentry *root; /* a reference: ".." stops here */
	const char *path;    /* what is still to be walked */
	char *link_buf;	     /* where path points to, after a symbolic link; kmalloc */
	unsigned nr_links;
	u32 flags; /* LOOKUP_* */
};

/* What kind of name a component is; LAST_ROOT: there is none, the path is "/". */
enum last_type { LAST_NAME, LAST_DOT, LAST_DOTDOT, LAST_ROOT };

/* One component of a path. */
struct component {
	struct name name;
	enum last_type type;
	const char *next; /* behind it and its slashes */
	bool is_last;
	bool trailing_slash;
};

/* => 0, or -ENOENT for an empty path; then there is nothing to destroy */
int walk_init(struct walk *walk, struct dentry *start, const char *path, u32 flags);
void walk_destroy(struct walk *walk);

/* The component at path. => false at the end */
bool component_parse(const char *path, struct component *component);

/* Walks all components but the last. => 0 and the last one (LAST_ROOT when there is none), or -errno */
int walk_to_last(struct walk *walk, struct component *last);

/* Walks all components, and links at the end as flags say. => 0 or -errno */
int walk_to_end(struct walk *walk);

/*
 * Goes on with the target of the symbolic link `link`, found in walk->at, and then with `rest`.
 * => 0, -ELOOP, ... Takes the reference to link.
 */
int walk_follow(struct walk *walk, struct dentry *link, const char *rest);
