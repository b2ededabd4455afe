/*
 * Files that live in memory alone, and in swap. The pages of a file are its page cache, from which nothing
 * that was written is dropped but to swap, and which fs/ramfs_space.h limits; a directory is a tree of entries by hash and name, and a list of them in the order in
 * which they came, which readdir follows by a number that each got. An inode stays in the inode cache
 * while it has a name (sb->in_memory). The locks are those of the VFS: a directory's inode lock
 * guards its entries.
 */
#include "fs/ramfs.h"

#include "fs/dentry.h"
#include "fs/generic_file.h"
#include "fs/memfd.h"
#include "fs/ramfs_space.h"
#include "fs/readdir.h"
#include "fs/super.h"
#include "lib/rbtree.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"

#define TMPFS_MAGIC 0x01021994

/* sb->private */
struct ramfs_super {
	u64 last_ino; /* atomic */
	struct ramfs_space space;
};

struct ramfs_node {
	struct inode inode;
	struct rb_root entries; /* directory: by hash, then name */
	struct list_head order; /* directory: by cookie */
	u64 next_cookie;
	u64 parent_ino; /* directory */
	char *target;	/* symbolic link; kmalloc */
};

struct ramfs_entry {
	struct rb_node node;
	struct list_head link;
	u64 ino, cookie;
	u32 dt_type;
	u32 len, hash;
	char name[];
};

/* Cookies 0 and 1 are "." and "..". */
#define FIRST_COOKIE 2

static struct kmem_cache *ramfs_cache;

static const struct inode_ops ramfs_dir_iops, ramfs_file_iops, ramfs_link_iops;
static const struct mapping_ops ramfs_mapping_ops;

static struct ramfs_node *
ramfs_node(struct inode *inode)
{
	return container_of(inode, struct ramfs_node, inode);
}

static struct ramfs_super *
ramfs_super(struct super_block *sb)
{
	return sb->private;
}

static struct inode *
ramfs_alloc_inode(struct super_block *sb)
{
	struct ramfs_node *node = kmem_cache_alloc(ramfs_cache, GFP_KERNEL | GFP_ZERO);

	(void)sb;
	if (!node)
		return NULL;
	inode_init_once(&node->inode);
	node->inode.mapping.ops = &ramfs_mapping_ops;
	node->inode.mapping.swapbacked = true;
	list_init(&node->order);
	node->next_cookie = FIRST_COOKIE;
	return &node->inode;
}

static void
ramfs_free_inode(struct inode *inode)
{
	kmem_cache_free(ramfs_cache, ramfs_node(inode));
}

static void
ramfs_evict_inode(struct inode *inode)
{
	struct ramfs_node *node = ramfs_node(inode);
	struct ramfs_entry *entry, *next;

	list_for_each_entry_safe(entry, next, &node->order, link)
		kfree(entry);
	kfree(node->target);
	ramfs_space_put_inode(&ramfs_super(inode->sb)->space);
}

/* Sets what the type of a new inode calls for. */
static void
ramfs_set_type(struct inode *inode, u32 mode, u32 rdev)
{
	inode->mode = mode;
	inode->iops = &ramfs_file_iops;
	switch (mode & S_IFMT) {
	case S_IFREG:
		inode->fops = &generic_file_ops;
		break;
	case S_IFDIR:
		inode->iops = &ramfs_dir_iops;
		inode->fops = &generic_dir_ops;
		inode->nlink = 2;
		break;
	case S_IFLNK:
		inode->iops = &ramfs_link_iops;
		break;
	default:
		inode->rdev = rdev;
		inode_init_special(inode);
	}
}

static struct inode *
ramfs_inode_new(struct super_block *sb, u32 mode, u32 rdev)
{
	struct ramfs_super *super = ramfs_super(sb);
	struct inode *inode;

	if (!ramfs_space_take_inode(&super->space))
		return ERR_PTR(-ENOSPC);
	inode = inode_new(sb, __atomic_add_fetch(&super->last_ino, 1, __ATOMIC_RELAXED));
	if (IS_ERR_OR_NULL(inode)) {
		ramfs_space_put_inode(&super->space);
		return inode;
	}
	ramfs_set_type(inode, mode, rdev);
	return inode;
}

static int
entry_compare(u32 hash, const char *name, u32 len, const struct ramfs_entry *entry)
{
	if (hash != entry->hash)
		return hash < entry->hash ? -1 : 1;
	if (len != entry->len)
		return len < entry->len ? -1 : 1;
	return memcmp(name, entry->name, len);
}

static int
entry_compare_nodes(const struct rb_node *a, const struct rb_node *b)
{
	const struct ramfs_entry *entry = rb_entry(a, struct ramfs_entry, node);

	return entry_compare(entry->hash, entry->name, entry->len,
			     rb_entry(b, struct ramfs_entry, node));
}

static struct ramfs_entry *
entry_find(struct inode *dir, const struct name *name)
{
	struct rb_node *rb = ramfs_node(dir)->entries.node;

	while (rb) {
		struct ramfs_entry *entry = rb_entry(rb, struct ramfs_entry, node);
		int order = entry_compare(name->hash, name->text, name->len, entry);

		if (order == 0)
			return entry;
		rb = order < 0 ? rb->left : rb->right;
	}
	return NULL;
}

/* Time stamps and size of a directory that changed. */
static void
dir_touch(struct inode *dir, s64 nr_entries)
{
	dir->mtime_ns = dir->ctime_ns = inode_now_ns();
	mapping_set_size(&dir->mapping,
			 inode_size(dir) + nr_entries * (s64)sizeof(struct ramfs_entry));
}

/* => 0 or -ENOMEM */
static int
entry_add(struct inode *dir, const struct name *name, const struct inode *inode)
{
	struct ramfs_node *node = ramfs_node(dir);
	struct ramfs_entry *entry = kmalloc(sizeof(*entry) + name->len, GFP_KERNEL);

	if (!entry)
		return -ENOMEM;
	entry->ino = inode->ino;
	entry->dt_type = MODE_TO_DT(inode->mode);
	entry->cookie = node->next_cookie++;
	entry->len = name->len;
	entry->hash = name->hash;
	memcpy(entry->name, name->text, name->len);
	rb_insert(&node->entries, &entry->node, entry_compare_nodes);
	list_add_tail(&entry->link, &node->order);
	dir_touch(dir, 1);
	return 0;
}

static void
entry_remove(struct inode *dir, struct ramfs_entry *entry)
{
	rb_erase(&entry->node, &ramfs_node(dir)->entries);
	list_del(&entry->link);
	kfree(entry);
	dir_touch(dir, -1);
}

static struct inode *
ramfs_lookup(struct inode *dir, const struct name *name)
{
	struct ramfs_entry *entry = entry_find(dir, name);

	return entry ? inode_get(dir->sb, entry->ino) : ERR_PTR(-ENOENT);
}

/* Names a new inode and publishes it, or throws it away. */
static int
ramfs_enter(struct inode *dir, const struct name *name, struct inode *inode)
{
	int error = entry_add(dir, name, inode);

	if (error) {
		inode->nlink = 0;
	} else if (S_ISDIR(inode->mode)) {
		ramfs_node(inode)->parent_ino = dir->ino;
		dir->nlink++;
	}
	inode_publish(inode);
	if (error)
		inode_put(inode);
	return error;
}

static int
ramfs_create(struct inode *dir, const struct name *name, u32 mode, u32 rdev, struct inode **result)
{
	struct inode *inode = ramfs_inode_new(dir->sb, mode, rdev);

	if (IS_ERR_OR_NULL(inode))
		return err_or_null_to_errno(inode);
	*result = inode;
	return ramfs_enter(dir, name, inode);
}

static int
ramfs_symlink(struct inode *dir, const struct name *name, const char *target, struct inode **result)
{
	struct inode *inode = ramfs_inode_new(dir->sb, S_IFLNK | 0777, 0);

	if (IS_ERR_OR_NULL(inode))
		return err_or_null_to_errno(inode);
	ramfs_node(inode)->target = kstrdup(target, GFP_KERNEL);
	if (!ramfs_node(inode)->target) {
		inode->nlink = 0;
		inode_publish(inode);
		inode_put(inode);
		return -ENOMEM;
	}
	mapping_set_size(&inode->mapping, strlen(target));
	*result = inode;
	return ramfs_enter(dir, name, inode);
}

static int
ramfs_link(struct inode *dir, const struct name *name, struct inode *inode)
{
	int error = entry_add(dir, name, inode);

	if (error)
		return error;
	inode->nlink++;
	inode->ctime_ns = inode_now_ns();
	return 0;
}

/* One name less; a directory goes as a whole. */
static void
ramfs_drop_link(struct inode *dir, struct inode *inode)
{
	inode->ctime_ns = inode_now_ns();
	if (S_ISDIR(inode->mode)) {
		inode->nlink = 0;
		dir->nlink--;
	} else {
		inode->nlink--;
	}
}

static int
ramfs_unlink(struct inode *dir, const struct name *name, struct inode *inode)
{
	entry_remove(dir, entry_find(dir, name));
	ramfs_drop_link(dir, inode);
	return 0;
}

static int
ramfs_rmdir(struct inode *dir, const struct name *name, struct inode *inode)
{
	if (!list_empty(&ramfs_node(inode)->order))
		return -ENOTEMPTY;
	return ramfs_unlink(dir, name, inode);
}

static int
ramfs_rename(struct inode *old_dir, const struct name *old_name, struct inode *inode,
	     struct inode *new_dir, const struct name *new_name, struct inode *victim)
{
	int error;

	if (victim && S_ISDIR(victim->mode) && !list_empty(&ramfs_node(victim)->order))
		return -ENOTEMPTY;
	if (victim) {
		struct ramfs_entry *entry = entry_find(new_dir, new_name);

		entry->ino = inode->ino;
		entry->dt_type = MODE_TO_DT(inode->mode);
		dir_touch(new_dir, 0);
		ramfs_drop_link(new_dir, victim);
	} else {
		error = entry_add(new_dir, new_name, inode);
		if (error)
			return error;
	}
	entry_remove(old_dir, entry_find(old_dir, old_name));
	if (S_ISDIR(inode->mode)) {
		old_dir->nlink--;
		new_dir->nlink++;
		ramfs_node(inode)->parent_ino = new_dir->ino;
	}
	inode->ctime_ns = inode_now_ns();
	return 0;
}

static int
ramfs_readdir(struct inode *dir, struct dir_context *ctx)
{
	struct ramfs_node *node = ramfs_node(dir);
	struct ramfs_entry *entry;

	if (ctx->pos == 0 && !dir_emit(ctx, ".", 1, dir->ino, MODE_TO_DT(S_IFDIR), 1))
		return 0;
	if (ctx->pos == 1 &&
	    !dir_emit(ctx, "..", 2, node->parent_ino, MODE_TO_DT(S_IFDIR), FIRST_COOKIE))
		return 0;
	list_for_each_entry(entry, &node->order, link) {
		if (entry->cookie < ctx->pos)
			continue;
		if (!dir_emit(ctx, entry->name, entry->len, entry->ino, entry->dt_type,
			      entry->cookie + 1))
			return 0;
	}
	return 0;
}

static ssize_t
ramfs_readlink(struct inode *inode, char *buf, size_t size)
{
	size_t len = MIN(strlen(ramfs_node(inode)->target), size);

	memcpy(buf, ramfs_node(inode)->target, len);
	return len;
}

static int
ramfs_setattr(struct inode *inode, const struct iattr *attr)
{
	int error;

	if (attr->valid & ATTR_MODE && inode->seals & F_SEAL_EXEC &&
	    (inode->mode ^ attr->mode) & 0111)
		return -EPERM;
	if (attr->valid & ATTR_SIZE) {
		if ((inode->seals & F_SEAL_SHRINK && attr->size < inode_size(inode)) ||
		    (inode->seals & F_SEAL_GROW && attr->size > inode_size(inode)))
			return -EPERM;
		error = mapping_truncate(&inode->mapping, attr->size);
		if (error)
			return error;
		inode->mtime_ns = attr->ctime_ns;
	}
	return inode_setattr_simple(inode, attr);
}

static int
ramfs_reserve_write(struct mapping *mapping, struct page *page)
{
	struct inode *inode = mapping->host;

	return ramfs_space_take_page(&ramfs_super(inode->sb)->space, page);
}

/* What a seal keeps from being written is not to become zero, either. */
static int
ramfs_check_remove(struct mapping *mapping)
{
	return inode_write_sealed(mapping->host) ? -EPERM : 0;
}

static void
ramfs_release_page(struct mapping *mapping, struct page *page)
{
	struct inode *inode = mapping->host;

	ramfs_space_put_page(&ramfs_super(inode->sb)->space, page);
}

static void
ramfs_release_swapped(struct mapping *mapping)
{
	struct inode *inode = mapping->host;

	ramfs_space_put_swapped(&ramfs_super(inode->sb)->space);
}

static u64
left_of(u64 max, const atomic64_t *used)
{
	return max - MIN(max, (u64)atomic64_read(used));
}

static int
ramfs_statfs(struct super_block *sb, struct linux_statfs *st)
{
	struct ramfs_space *space = &ramfs_super(sb)->space;

	st->f_type = TMPFS_MAGIC;
	st->f_blocks = space->max_pages;
	st->f_bfree = st->f_bavail = left_of(space->max_pages, &space->nr_pages);
	st->f_files = space->max_inodes;
	st->f_ffree = left_of(space->max_inodes, &space->nr_inodes);
	st->f_namelen = NAME_MAX;
	return 0;
}

static void
ramfs_unmount(struct super_block *sb)
{
	kfree(sb->private);
}

static const struct inode_ops ramfs_dir_iops = {
	.lookup = ramfs_lookup,
	.create = ramfs_create,
	.symlink = ramfs_symlink,
	.link = ramfs_link,
	.unlink = ramfs_unlink,
	.rmdir = ramfs_rmdir,
	.rename = ramfs_rename,
	.readdir = ramfs_readdir,
};

static const struct inode_ops ramfs_file_iops = {
	.setattr = ramfs_setattr,
};

static const struct inode_ops ramfs_link_iops = {
	.readlink = ramfs_readlink,
};

static const struct mapping_ops ramfs_mapping_ops = {
	.reserve_write = ramfs_reserve_write,
	.release_page = ramfs_release_page,
	.release_swapped = ramfs_release_swapped,
	.get = inode_mapping_get,
	.put = inode_mapping_put,
	.stored = inode_mapping_stored,
	.check_remove = ramfs_check_remove,
	.path = inode_mapping_path,
	.identify = inode_mapping_identify,
};

static const struct super_ops ramfs_super_ops = {
	.alloc_inode = ramfs_alloc_inode,
	.free_inode = ramfs_free_inode,
	.evict_inode = ramfs_evict_inode,
	.statfs = ramfs_statfs,
	.unmount = ramfs_unmount,
};

int
ramfs_mount(struct super_block *sb, const char *options)
{
	struct inode *root;
	int error;

	sb->private = kzalloc(sizeof(struct ramfs_super), GFP_KERNEL);
	if (!sb->private)
		return -ENOMEM;
	error = ramfs_space_init(&ramfs_super(sb)->space, options);
	if (error) {
		kfree(sb->private);
		return error;
	}
	sb->ops = &ramfs_super_ops;
	sb->in_memory = true;
	root = ramfs_inode_new(sb, S_IFDIR | 01777, 0);
	if (IS_ERR_OR_NULL(root)) {
		kfree(sb->private);
		return err_or_null_to_errno(root);
	}
	ramfs_node(root)->parent_ino = root->ino;
	inode_publish(root);
	sb->root = root;
	return 0;
}

struct inode *
ramfs_make(struct inode *dir, const char *text, u32 mode, u32 rdev)
{
	struct name name = {.text = text, .len = strlen(text)};
	struct inode *inode = NULL;
	int error = -EEXIST;

	name.hash = name_hash(text, name.len);
	inode_lock(dir);
	if (!entry_find(dir, &name))
		error = ramfs_create(dir, &name, mode, rdev, &inode);
	inode_unlock(dir);
	return error ? ERR_PTR(error) : inode;
}

struct inode *
ramfs_make_nameless(struct super_block *sb, u32 mode)
{
	struct inode *inode = ramfs_inode_new(sb, S_IFREG | mode, 0);

	if (IS_ERR_OR_NULL(inode))
		return NULL;
	inode->nlink = 0;
	inode_publish(inode);
	return inode;
}

int
ramfs_make_link(struct inode *dir, const char *text, const char *target)
{
	struct name name = {.text = text, .len = strlen(text)};
	struct inode *inode = NULL;
	int error = -EEXIST;

	name.hash = name_hash(text, name.len);
	inode_lock(dir);
	if (!entry_find(dir, &name))
		error = ramfs_symlink(dir, &name, target, &inode);
	inode_unlock(dir);
	if (!error)
		inode_put(inode);
	return error;
}

void INIT
ramfs_init(void)
{
	static struct fs_type tmpfs = {.name = "tmpfs", .mount = ramfs_mount};

	ramfs_cache = kmem_cache_create("ramfs_inode", sizeof(struct ramfs_node), 0, 0, NULL);
	if (!ramfs_cache)
		panic("ramfs: no memory for a cache");
	fs_type_register(&tmpfs);
}
