#include "fs/qfs/node.h"

#include "fs/qfs/bmap.h"
#include "fs/qfs/csum.h"
#include "fs/qfs/dirindex.h"
#include "fs/qfs/layout.h"
#include "lib/string.h"
#include "mem/slab.h"

static struct kmem_cache *node_slab;

void INIT
qfs_node_init(void)
{
	node_slab = kmem_cache_create("qfs_node", sizeof(struct qfs_node), 0, SLAB_RECLAIM_ACCOUNT,
				      NULL);
	if (!node_slab)
		panic("qfs: no memory for a cache");
}

struct inode *
qfs_alloc_inode(struct super_block *sb)
{
	struct qfs_node *node = kmem_cache_alloc(node_slab, GFP_KERNEL | GFP_ZERO);

	(void)sb;
	if (!node)
		return NULL;
	inode_init_once(&node->inode);
	rwsem_init(&node->map_lock, "qfs_map", RANK_BMAP);
	return &node->inode;
}

void
qfs_free_inode(struct inode *inode)
{
	qfs_index_drop(qfs_node_of(inode));
	kmem_cache_free(node_slab, qfs_node_of(inode));
}

struct qfs_buf *
qfs_node_buf(struct qfs *fs, u32 ino)
{
	return qfs_buf_read(fs, qfs_inode_block(&fs->disk, ino), 0);
}

static struct qfs_inode *
record_of(const struct qfs_node *node, struct qfs_buf *buf)
{
	return (struct qfs_inode *)buf->data + qfs_inode_index(node->inode.ino);
}

/* The record of this inode has changed. */
static void
record_changed(struct qfs_handle *h, const struct qfs_node *node, struct qfs_buf *buf)
{
	__atomic_fetch_or(&buf->unsealed, 1u << qfs_inode_index(node->inode.ino), __ATOMIC_RELAXED);
	qfs_dirty(h, buf);
}

/* Whoever reads the record of a file that left memory may meet it before its commit. */
static bool
record_ok(struct qfs *fs, const struct qfs_node *node, const struct qfs_buf *buf,
	  const struct qfs_inode *record)
{
	u32 unsealed = __atomic_load_n(&buf->unsealed, __ATOMIC_ACQUIRE);

	return unsealed >> qfs_inode_index(node->inode.ino) & 1 ||
	       qfs_inode_ok(fs->seed, node->inode.ino, record);
}

void
qfs_node_store_locked(struct qfs_handle *h, struct qfs_node *node, struct qfs_buf *buf)
{
	const struct inode *inode = &node->inode;
	struct qfs_inode *record = record_of(node, buf);

	record->mode = inode->mode;
	record->flags = node->flags;
	record->nlink = inode->nlink;
	record->uid = inode->uid;
	record->gid = inode->gid;
	record->generation = node->generation;
	record->size = node->disk_size;
	record->atime = inode->atime_ns;
	record->mtime = inode->mtime_ns;
	record->ctime = inode->ctime_ns;
	record->btime = node->btime;
	record->rdev = inode->rdev;
	record->nr_blocks = node->nr_blocks;
	memcpy(record->ptr, node->ptr, sizeof(record->ptr));
	record_changed(h, node, buf);
	node->stored_seq = h->fs->log.seq;
	node->inode.blocks = (u64)node->nr_blocks * (QFS_BLOCK_SIZE / 512);
}

void
qfs_node_store(struct qfs_handle *h, struct qfs_node *node, struct qfs_buf *buf)
{
	rwsem_write_lock(&node->map_lock);
	qfs_node_store_locked(h, node, buf);
	rwsem_write_unlock(&node->map_lock);
}

void
qfs_node_erase(struct qfs_handle *h, struct qfs_node *node, struct qfs_buf *buf)
{
	struct qfs_inode *record = record_of(node, buf);

	memset(record, 0, sizeof(*record));
	record->generation = node->generation;
	record_changed(h, node, buf);
}

bool
qfs_node_owns_blocks(const struct qfs_node *node)
{
	u32 mode = node->inode.mode;

	if (S_ISLNK(mode))
		return !(node->flags & QFS_INODE_INLINE);
	return S_ISREG(mode) || S_ISDIR(mode);
}

void
qfs_node_set_ops(struct inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
		inode->iops = &qfs_file_iops;
		inode->fops = &qfs_file_fops;
		inode->mapping.ops = &qfs_mapping_ops;
		break;
	case S_IFDIR:
		inode->iops = &qfs_dir_iops;
		inode->fops = &qfs_dir_fops;
		break;
	case S_IFLNK:
		inode->iops = &qfs_symlink_iops;
		break;
	default:
		inode->iops = &qfs_special_iops;
		inode_init_special(inode);
	}
}

static void
load_record(struct qfs_node *node, const struct qfs_inode *record)
{
	struct inode *inode = &node->inode;

	inode->mode = record->mode;
	inode->nlink = record->nlink;
	inode->uid = record->uid;
	inode->gid = record->gid;
	inode->blocks = (u64)record->nr_blocks * (QFS_BLOCK_SIZE / 512);
	inode->atime_ns = record->atime;
	inode->mtime_ns = record->mtime;
	inode->ctime_ns = record->ctime;
	inode->rdev = record->rdev;
	node->flags = record->flags;
	node->generation = record->generation;
	node->disk_size = record->size;
	node->btime = record->btime;
	node->nr_blocks = record->nr_blocks;
	memcpy(node->ptr, record->ptr, sizeof(node->ptr));
	mapping_set_size(&inode->mapping, record->size);
	qfs_node_set_ops(inode);
}

int
qfs_read_inode(struct inode *inode)
{
	struct qfs *fs = qfs_of(inode);
	struct qfs_node *node = qfs_node_of(inode);
	const struct qfs_inode *record;
	struct qfs_buf *buf;
	int err;

	if (inode->ino == 0 || inode->ino >= fs->disk.nr_inodes)
		return qfs_damaged(fs, inode->ino, "inode: number out of range");
	buf = qfs_node_buf(fs, inode->ino);
	err = err_or_null_to_errno(buf);
	if (err)
		return err;
	record = record_of(node, buf);
	if (!record_ok(fs, node, buf, record))
		err = qfs_damaged(fs, inode->ino, "inode: wrong checksum");
	else if (record->mode == 0)
		err = -ENOENT;
	else if (qfs_inode_check(&fs->disk, record))
		err = qfs_damaged(fs, inode->ino, qfs_inode_check(&fs->disk, record));
	else
		load_record(node, record);
	if (!err && inode->nlink > 0)
		node->cut_pending = qfs_is_orphan(fs, inode->ino);
	/* It may have been changed, and left memory, and the change not be committed yet. */
	if (READ_ONCE(buf->log_flags) & BUF_RUNNING)
		node->stored_seq = READ_ONCE(fs->log.seq);
	qfs_buf_put(fs, buf);
	return err;
}

int
qfs_write_inode(struct inode *inode)
{
	struct qfs *fs = qfs_of(inode);
	struct qfs_buf *buf = qfs_node_buf(fs, inode->ino);
	struct qfs_handle h;
	int err = err_or_null_to_errno(buf);

	if (err)
		return err;
	err = qfs_begin(&h, fs, 1, 0);
	if (!err) {
		qfs_node_store(&h, qfs_node_of(inode), buf);
		qfs_end(&h);
	}
	qfs_buf_put(fs, buf);
	return err;
}

void
qfs_evict_inode(struct inode *inode)
{
	struct qfs *fs = qfs_of(inode);

	int err;

	/* A mode of 0 is an inode that could not be created: it was never on the disk. */
	if (inode->nlink > 0 || inode->mode == 0 || inode->sb->read_only)
		return;
	err = qfs_free_blocks(qfs_node_of(inode), 0, true);
	if (err == -ENOMEM)
		WRITE_ONCE(fs->unfinished, 1);
	else if (err)
		qfs_damaged(fs, inode->ino, "inode: could not be freed, remains an orphan");
}

int
qfs_setattr(struct inode *inode, const struct iattr *attr)
{
	int err = 0;

	if (attr->valid & ATTR_SIZE)
		err = qfs_truncate(qfs_node_of(inode), attr->size);
	return err ? err : inode_setattr_simple(inode, attr);
}
