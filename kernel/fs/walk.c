/*
 * Walking a path.
 *
 * Most components are in the dentry cache. walk_cached() runs along those under one acquire of
 * dcache_lock, without references to what it passes; it stops at anything unusual: a name not in the
 * cache, a symbolic link, something that is no directory, an error. walk_slow() then makes this one
 * step with references, sleeping if it must, and the fast walk goes on.
 *
 * A symbolic link replaces what is left of the path by its target, a slash and the rest, in a buffer
 * of the walk; so there is no recursion, and a count of 40 bounds all.
 */
#include "fs/walk.h"

#include "fs/fs_context.h"
#include "fs/super.h"
#include "lib/string.h"
#include "mem/slab.h"

#define LINKS_MAX      40
#define LINK_BUF_BYTES (2 * PATH_MAX) /* a longest target and a longest rest */

int
walk_init(struct walk *walk, struct dentry *start, const char *path, u32 flags)
{
	if (*path == '\0')
		return -ENOENT;
	walk->root = fs_root_get();
	if (*path == '/')
		walk->at = dentry_ref(walk->root);
	else
		walk->at = start ? dentry_ref(start) : fs_cwd_get();
	walk->path = path;
	walk->link_buf = NULL;
	walk->nr_links = 0;
	walk->flags = flags;
	return 0;
}

void
walk_destroy(struct walk *walk)
{
	dentry_put(walk->at);
	dentry_put(walk->root);
	kfree(walk->link_buf);
}

bool
component_parse(const char *path, struct component *c)
{
	u32 hash = NAME_HASH_INIT, len = 0;

	while (*path == '/')
		path++;
	if (*path == '\0')
		return false;
	c->name.text = path;
	for (; path[len] != '\0' && path[len] != '/'; len++)
		hash = name_hash_add(hash, path[len]);
	c->name.len = len;
	c->name.hash = name_hash_end(hash);
	c->type = LAST_NAME;
	if (path[0] == '.' && len <= 2) {
		if (len == 1)
			c->type = LAST_DOT;
		else if (path[1] == '.')
			c->type = LAST_DOTDOT;
	}
	c->trailing_slash = path[len] == '/';
	path += len;
	while (*path == '/')
		path++;
	c->next = path;
	c->is_last = *path == '\0';
	return true;
}

/* May the walk pass through `dentry` on its way? */
static int
walk_check_dir(const struct dentry *dentry)
{
	if (!S_ISDIR(dentry->inode->mode))
		return -ENOTDIR;
	return inode_permission(dentry->inode, X_OK);
}

/* Does the walk end on a link at the end, instead of following it? */
static bool
walk_keeps_link(const struct walk *walk, const struct component *c)
{
	return c->is_last && !c->trailing_slash && !(walk->flags & LOOKUP_FOLLOW);
}

/* => where one component leads, by the cache alone; NULL when that is not enough */
static struct dentry *
step_cached_locked(struct walk *walk, struct dentry *at, const struct component *c)
{
	struct dentry *next;

	if (walk_check_dir(at))
		return NULL;
	if (c->type == LAST_DOT)
		return at;
	if (c->type == LAST_DOTDOT)
		return dentry_parent_locked(at, walk->root);
	next = dentry_child_locked(at, &c->name);
	if (!next)
		return NULL;
	next = dentry_top_locked(next);
	if (S_ISLNK(next->inode->mode) && !walk_keeps_link(walk, c))
		return NULL;
	return next;
}

/* As far as the cache leads. With stop_at_last the last component is left. */
static void
walk_cached(struct walk *walk, bool stop_at_last)
{
	struct dentry *start = walk->at, *at = start;
	struct component c;

	spin_lock(&dcache_lock);
	while (component_parse(walk->path, &c) && !(c.is_last && stop_at_last)) {
		struct dentry *next = step_cached_locked(walk, at, &c);

		if (!next)
			break;
		at = next;
		walk->path = c.next;
		if (c.is_last && c.trailing_slash)
			walk->flags |= LOOKUP_DIRECTORY;
	}
	if (at != start)
		dentry_ref_locked(at);
	spin_unlock(&dcache_lock);
	walk->at = at;
	if (at != start)
		dentry_put(start);
}

/* The target of a link, a slash and the rest of the path, in new memory. => 0 or -errno */
static int
link_splice(struct dentry *link, const char *rest, char **path)
{
	size_t rest_len = strlen(rest);
	char *buf = kmalloc(LINK_BUF_BYTES, GFP_KERNEL);
	ssize_t len;

	if (!buf)
		return -ENOMEM;
	len = dentry_readlink(link, buf, PATH_MAX);
	if (len == 0)
		len = -ENOENT;
	if (len > 0 && len + 1 + rest_len >= LINK_BUF_BYTES)
		len = -ENAMETOOLONG;
	if (len < 0) {
		kfree(buf);
		return len;
	}
	buf[len] = rest_len > 0 ? '/' : '\0';
	memcpy(buf + len + 1, rest, rest_len + 1);
	*path = buf;
	return 0;
}

/* A link that knows its target itself. */
static int
walk_follow_magic(struct walk *walk, struct dentry *link, const char *rest)
{
	struct dentry *target = link->inode->iops->follow(link->inode);
	int error = err_or_null_to_errno(target);

	if (error)
		return error;
	dentry_put(walk->at);
	walk->at = target;
	walk->path = rest;
	return 0;
}

static int
walk_follow_path(struct walk *walk, struct dentry *link, const char *rest)
{
	char *path = NULL;
	int error = link_splice(link, rest, &path);

	if (error)
		return error;
	kfree(walk->link_buf);
	walk->link_buf = path;
	walk->path = path;
	if (*path == '/') {
		dentry_put(walk->at);
		walk->at = dentry_ref(walk->root);
	}
	return 0;
}

int
walk_follow(struct walk *walk, struct dentry *link, const char *rest)
{
	int error;

	if (++walk->nr_links > LINKS_MAX)
		error = -ELOOP;
	else if (link->inode->iops->follow)
		error = walk_follow_magic(walk, link, rest);
	else
		error = walk_follow_path(walk, link, rest);
	dentry_put(link);
	return error;
}

/* One component, with I/O. */
static int
walk_slow(struct walk *walk, const struct component *c)
{
	struct dentry *next;
	int error = walk_check_dir(walk->at);

	if (error)
		return error;
	if (c->type != LAST_NAME)
		return 0;
	next = dentry_lookup(walk->at, &c->name);
	error = err_or_null_to_errno(next);
	if (error)
		return error;
	next = dentry_cross_mounts(next);
	if (S_ISLNK(next->inode->mode) && !walk_keeps_link(walk, c)) {
		if (c->is_last && c->trailing_slash)
			walk->flags |= LOOKUP_DIRECTORY | LOOKUP_FOLLOW;
		return walk_follow(walk, next, c->next);
	}
	dentry_put(walk->at);
	walk->at = next;
	walk->path = c->next;
	if (c->is_last && c->trailing_slash)
		walk->flags |= LOOKUP_DIRECTORY;
	return 0;
}

int
walk_to_last(struct walk *walk, struct component *last)
{
	for (;;) {
		int error;

		walk_cached(walk, true);
		if (!component_parse(walk->path, last)) {
			last->type = LAST_ROOT;
			last->trailing_slash = true;
			return 0;
		}
		if (last->is_last)
			return walk_check_dir(walk->at);
		error = walk_slow(walk, last);
		if (error)
			return error;
	}
}

int
walk_to_end(struct walk *walk)
{
	struct component c;

	for (;;) {
		int error;

		walk_cached(walk, false);
		if (!component_parse(walk->path, &c))
			break;
		error = walk_slow(walk, &c);
		if (error)
			return error;
	}
	if ((walk->flags & LOOKUP_DIRECTORY) && !S_ISDIR(walk->at->inode->mode))
		return -ENOTDIR;
	return 0;
}
