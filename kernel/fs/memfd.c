/* The files live in a tmpfs that is mounted nowhere. */
#include "fs/memfd.h"

#include "core/panic.h"
#include "fs/dentry.h"
#include "fs/ramfs.h"
#include "fs/super.h"
#include "lib/printf.h"
#include "lib/string.h"

#define MEMFD_PREFIX "memfd:"

static struct super_block *memfd_super;
static struct dentry *memfd_root;

struct file *
memfd_create(const char *text)
{
	char full[sizeof(MEMFD_PREFIX) + NAME_MAX];
	struct name name = {.text = full};
	struct inode *inode = ramfs_make_nameless(memfd_super, 0777);
	struct dentry *dentry;
	struct file *file;

	if (!inode)
		return NULL;
	name.len = snprintf(full, sizeof(full), MEMFD_PREFIX "%s", text);
	name.hash = name_hash(full, name.len);
	dentry = dentry_new_gone(memfd_root, &name, inode);
	if (!dentry) {
		inode_put(inode);
		return NULL;
	}
	file = file_open_dentry(dentry, O_RDWR);
	dentry_put(dentry);
	return file;
}

void
memfd_init(void)
{
	static struct fs_type type = {.name = "tmpfs"};

	memfd_super = super_alloc(&type, "memfd");
	if (!memfd_super || ramfs_mount(memfd_super, "size=0,nr_inodes=0") < 0)
		panic("memfd: no memory at boot");
	memfd_super->dev = super_next_anon_dev();
	memfd_root = dentry_new_root(memfd_super, memfd_super->root);
	if (!memfd_root)
		panic("memfd: no memory at boot");
}
