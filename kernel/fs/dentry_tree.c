/* The shape of the tree: up, down into mounts, and paths. */
#include "fs/dentry.h"

#include "fs/fs_context.h"
#include "fs/super.h"
#include "lib/string.h"

struct dentry *
dentry_top_locked(struct dentry *dentry)
{
	while (dentry->mounted)
		dentry = dentry->mounted->root_dentry;
	return dentry;
}

struct dentry *
dentry_parent_locked(struct dentry *dentry, struct dentry *root)
{
	while (dentry != root && dentry->parent == dentry && dentry->sb->covered)
		dentry = dentry->sb->covered;
	if (dentry == root)
		return dentry_top_locked(dentry);
	return dentry_top_locked(dentry->parent);
}

struct dentry *
dentry_cross_mounts(struct dentry *dentry)
{
	struct dentry *top;

	if (!READ_ONCE(dentry->mounted))
		return dentry;
	spin_lock(&dcache_lock);
	top = dentry_top_locked(dentry);
	dentry_ref_locked(top);
	spin_unlock(&dcache_lock);
	dentry_put(dentry);
	return top;
}

bool
dentry_is_ancestor(struct dentry *dir, struct dentry *dentry)
{
	bool found;

	spin_lock(&dcache_lock);
	while (dentry != dir && dentry->parent != dentry)
		dentry = dentry->parent;
	found = dentry == dir;
	spin_unlock(&dcache_lock);
	return found;
}

/* Puts text in front of *pos. => false when it does not fit */
static bool
path_prepend(char *buf, char **pos, const char *text, size_t len)
{
	if ((size_t)(*pos - buf) < len)
		return false;
	*pos -= len;
	memcpy(*pos, text, len);
	return true;
}

/* The names from dentry up to root, each behind a slash. => false when it does not fit */
static bool
path_prepend_names_locked(struct dentry *dentry, struct dentry *root, char *buf, char **pos)
{
	for (;;) {
		while (dentry != root && dentry->parent == dentry && dentry->sb->covered)
			dentry = dentry->sb->covered;
		if (dentry == root || dentry->parent == dentry)
			return true;
		if (!path_prepend(buf, pos, dentry->name, dentry->name_len) ||
		    !path_prepend(buf, pos, "/", 1))
			return false;
		dentry = dentry->parent;
	}
}

char *
dentry_path(struct dentry *dentry, char *buf, size_t size)
{
	static const char deleted[] = " (deleted)";
	struct dentry *root;
	char *pos = buf + size;
	bool fits;

	if (size < 2)
		return ERR_PTR(-ERANGE);
	*--pos = '\0';
	root = fs_root_get();
	spin_lock(&dcache_lock);
	fits = !dentry->gone || path_prepend(buf, &pos, deleted, sizeof(deleted) - 1);
	fits = fits && path_prepend_names_locked(dentry, root, buf, &pos);
	spin_unlock(&dcache_lock);
	dentry_put(root);
	if (fits && *pos == '\0')
		fits = path_prepend(buf, &pos, "/", 1);
	return fits ? pos : ERR_PTR(-ERANGE);
}

bool
dentry_detach_mount(struct super_block *sb, u32 nr_refs)
{
	struct dentry *covered = sb->covered;
	bool idle;

	dcache_shrink(sb, UINT64_MAX);
	spin_lock(&dcache_lock);
	idle = sb->nr_dentries == 1 && sb->root_dentry->refs == nr_refs &&
	       !sb->root_dentry->mounted;
	if (idle && covered)
		covered->mounted = NULL;
	spin_unlock(&dcache_lock);
	return idle;
}

void
dentry_attach_mount(struct super_block *sb)
{
	spin_lock(&dcache_lock);
	if (sb->covered)
		sb->covered->mounted = sb;
	spin_unlock(&dcache_lock);
}
