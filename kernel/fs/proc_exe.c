/*
 * /proc/<pid>/exe: a link to the program's file, which can be opened and executed also when it has lost
 * its name. Then it is shown, and found, as a name that is gone.
 */

#include "fs/dentry.h"
#include "fs/inode.h"
#include "fs/namei.h"
#include "fs/proc_node.h"
#include "fs/procfs.h"
#include "fs/super.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/slab.h"

#define DELETED " (deleted)"

/* The name that the program has. => allocated; NULL, ERR_PTR */
static char *
exe_name(const struct inode *link)
{
	char *text = kmalloc(PATH_MAX, GFP_KERNEL);
	ssize_t len;

	if (!text)
		return NULL;
	len = proc_pid_ops->exe(proc_ino_pid(link->ino), text, PATH_MAX);
	if (len >= 0)
		return text;
	kfree(text);
	return ERR_PTR(len);
}

static ssize_t
exe_readlink(struct inode *link, char *buf, size_t size)
{
	char *text = exe_name(link);
	size_t len;

	if (IS_ERR_OR_NULL(text))
		return err_or_null_to_errno(text);
	len = MIN(strlen(text), size);
	memcpy(buf, text, len);
	kfree(text);
	return len;
}

/*
 * A name for a file that has none; text is what it was, in full, as the program's was told.
 * => with a reference; NULL
 */
static struct dentry *
dentry_of_deleted(struct inode *exe, char *text)
{
	struct dentry *root = exe->sb->root_dentry, *dentry;
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	const char *mount = buf ? dentry_path(root, buf, PATH_MAX) : NULL;
	size_t len = strlen(text), mount_len;
	struct name name;

	if (IS_ERR_OR_NULL(mount)) {
		kfree(buf);
		return NULL;
	}
	if (len > strlen(DELETED) && strcmp(text + len - strlen(DELETED), DELETED) == 0)
		text[len - strlen(DELETED)] = '\0';
	mount_len = strcmp(mount, "/") == 0 ? 0 : strlen(mount);
	if (strncmp(text, mount, mount_len) == 0)
		text += mount_len;
	while (*text == '/')
		text++;
	name.text = text;
	name.len = strlen(text);
	name.hash = name_hash(text, name.len);
	dentry = dentry_new_gone(root, &name, inode_ref(exe));
	if (!dentry)
		inode_put(exe);
	kfree(buf);
	return dentry;
}

static struct dentry *
exe_follow(struct inode *link)
{
	char *text = exe_name(link);
	struct dentry *dentry;
	struct inode *exe;

	if (IS_ERR_OR_NULL(text))
		return ERR_PTR(err_or_null_to_errno(text));
	exe = proc_pid_ops->exe_inode(proc_ino_pid(link->ino));
	if (!exe) {
		kfree(text);
		return ERR_PTR(-ENOENT);
	}
	dentry = path_lookup(NULL, text, 0);
	if (IS_ERR_OR_NULL(dentry) || dentry->inode != exe) {
		if (!IS_ERR_OR_NULL(dentry))
			dentry_put(dentry);
		dentry = dentry_of_deleted(exe, text);
	}
	inode_put(exe);
	kfree(text);
	return dentry ? dentry : ERR_PTR(-ENOMEM);
}

const struct inode_ops proc_exe_iops = {
	.readlink = exe_readlink,
	.follow = exe_follow,
};
