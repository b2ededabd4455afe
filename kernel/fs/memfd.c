/* The files live in a tmpfs that is mounted nowhere. */
#include "fs/memfd.h"

#include "core/panic.h"
#include "fs/dentry.h"
#include "fs/ramfs.h"
#include "fs/super.h"
#include "lib/printf.h"
#include "lib/string.h"

#define MEMFD_PREFIX "memfd:"

#define SEALS_OF_CONTENTS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)

static struct super_block *memfd_super;
static struct dentry *memfd_root;

/*
 * A mapping that may be stored to and the seal against it must not meet: sys_mmap() maps and then looks
 * for the seal, and this seals and then looks for mappings.
 */
static long
seals_add_locked(struct inode *inode, u32 seals)
{
	u32 old = inode->seals;

	if (!(old & MEMFD_SEALABLE))
		return -EINVAL;
	if (old & F_SEAL_SEAL)
		return -EPERM;
	__atomic_store_n(&inode->seals, old | seals, __ATOMIC_SEQ_CST);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (seals & ~old & F_SEAL_WRITE && READ_ONCE(inode->mapping.nr_shared_writable)) {
		WRITE_ONCE(inode->seals, old);
		return -EBUSY;
	}
	/* A program that stays one stays the one that it is. */
	if (seals & F_SEAL_EXEC && inode->mode & 0111)
		WRITE_ONCE(inode->seals, inode->seals | SEALS_OF_CONTENTS);
	return 0;
}

long
memfd_add_seals(struct file *file, u32 seals)
{
	long result;

	if (!file_is_writable(file))
		return -EPERM;
	if (seals & ~F_SEAL_ALL)
		return -EINVAL;
	inode_lock(file->inode);
	result = seals_add_locked(file->inode, seals);
	inode_unlock(file->inode);
	return result;
}

long
memfd_get_seals(const struct file *file)
{
	u32 seals = READ_ONCE(file->inode->seals);

	return seals & MEMFD_SEALABLE ? (long)(seals & F_SEAL_ALL) : -EINVAL;
}

struct file *
memfd_create(const char *text, u32 mode, u32 seals)
{
	char full[sizeof(MEMFD_PREFIX) + NAME_MAX];
	struct name name = {.text = full};
	struct inode *inode = ramfs_make_nameless(memfd_super, mode);
	struct dentry *dentry;
	struct file *file;

	if (!inode)
		return NULL;
	inode->seals = MEMFD_SEALABLE | seals;
	name.len = snprintf(full, sizeof(full), MEMFD_PREFIX "%s", text);
	name.hash = name_hash(full, name.len);
	dentry = dentry_new_gone(memfd_root, &name, inode);
	if (!dentry) {
		inode_put(inode);
		return NULL;
	}
	file = file_open_dentry(dentry, O_RDWR);
	if (!IS_ERR_OR_NULL(file))
		file_uncount_writer(file);
	dentry_put(dentry);
	return file;
}

void INIT
memfd_init(void)
{
	static struct fs_type type = {.name = "tmpfs"};

	memfd_super = super_alloc(&type, "memfd");
	if (!memfd_super || ramfs_mount(memfd_super, "size=0,nr_inodes=0") < 0)
		panic("memfd: no memory at boot");
	memfd_super->dev = super_next_anon_dev();
	memfd_root = memfd_super->root_dentry = dentry_new_root(memfd_super, memfd_super->root);
	if (!memfd_root)
		panic("memfd: no memory at boot");
}
