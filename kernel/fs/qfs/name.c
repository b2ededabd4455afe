/*
 * Operations on names. Each first finds out, without changing anything, where its records are and
 * whether directories must grow; brings the blocks of the inode table it needs into memory; and
 * opens its transaction. What can fail after that comes before the first visible change.
 */
#include "core/clock.h"
#include "fs/qfs/bmap.h"
#include "fs/qfs/dir.h"
#include "fs/qfs/layout.h"
#include "lib/err.h"
#include "lib/string.h"

/*
 * Buffers of any operation: rename touches 2 blocks of records, 4 inodes, "..", and the orphan bitmap,
 * and may grow a directory by 3 blocks from 3 bitmap blocks: 14. mkdir: 4 more blocks in all.
 */
#define NAME_OP_BUFS 18u

static void
touch_dir(struct inode *dir)
{
	dir->mtime_ns = dir->ctime_ns = inode_now_ns();
}

/*
 * A directory must say of itself that it is in `dir`. So on a damaged disk, too, the directories
 * that can be reached form a tree, and locks taken from the root downwards come to no circle.
 */
static int
check_parent(struct inode *dir, struct inode *child)
{
	struct qfs_node *node = qfs_node_of(child);
	struct qfs_dir_spot spot;
	int err = qfs_dir_find(node, "..", 2, &spot);

	if (err)
		return err == -ENOENT ? -EUCLEAN : err;
	if (spot.entry->ino != dir->ino || child == dir)
		err = qfs_damaged(qfs_of(dir), child->ino, "inode: directory with a wrong '..'");
	qfs_dir_spot_put(node, &spot);
	return err;
}

/* What a name leads to, or that it cannot be. Uses the reference up on an error. */
static struct inode *
check_found(struct inode *dir, struct inode *inode)
{
	int err = 0;

	if (inode->nlink == 0)
		err = qfs_damaged(qfs_of(dir), inode->ino, "inode: has a name but no links");
	else if (S_ISDIR(inode->mode))
		err = check_parent(dir, inode);
	if (!err)
		return inode;
	inode_put(inode);
	return ERR_PTR(err);
}

static struct inode *
qfs_lookup(struct inode *dir, const struct name *name)
{
	struct qfs_node *node = qfs_node_of(dir);
	struct qfs_dir_spot spot;
	struct inode *inode;
	int err = qfs_dir_find(node, name->text, name->len, &spot);
	u32 ino;

	if (err)
		return ERR_PTR(err);
	ino = spot.entry->ino;
	qfs_dir_spot_put(node, &spot);
	inode = inode_get(dir->sb, ino);
	if (IS_ERR(inode) && PTR_ERR(inode) == -ENOENT)
		return ERR_PTR(qfs_damaged(qfs_of(dir), ino, "inode: has a name but is free"));
	return IS_ERR_OR_NULL(inode) ? inode : check_found(dir, inode);
}

/* --- making --------------------------------------------------------------------------------- */

/* A file in the making. */
struct creation {
	struct qfs_node *dir;
	const struct name *name;
	u32 mode, rdev;
	const char *target; /* of a symbolic link */
	struct qfs_handle h;
	struct qfs_dir_spot spot;
	struct qfs_buf *dir_buf, *buf; /* inode-table blocks of directory and file */
	u32 ino;
	struct qfs_node *node;
};

static int
init_symlink(struct creation *cr)
{
	struct qfs_node *node = cr->node;
	u32 len = strlen(cr->target), block;
	struct qfs_buf *buf;
	int err;

	node->disk_size = len;
	mapping_set_size(&node->inode.mapping, len);
	if (len <= QFS_INLINE_BYTES) {
		node->flags |= QFS_INODE_INLINE;
		memcpy(node->ptr, cr->target, len);
		return 0;
	}
	rwsem_write_lock(&node->map_lock);
	err = qfs_map_alloc_locked(&cr->h, node, 0, &block);
	rwsem_write_unlock(&node->map_lock);
	if (err)
		return err;
	buf = qfs_buf_new(cr->h.fs, block, 0);
	if (!buf)
		return -ENOMEM;
	memcpy(buf->data, cr->target, len);
	qfs_dirty(&cr->h, buf);
	qfs_buf_put(cr->h.fs, buf);
	return 0;
}

/* Blocks that the new file itself needs at once. */
static u32
creation_blocks(const struct creation *cr)
{
	if (S_ISDIR(cr->mode))
		return 1;
	return S_ISLNK(cr->mode) && strlen(cr->target) > QFS_INLINE_BYTES;
}

/* The inode in memory, filled in but for what its type wants. */
static int
creation_make_node(struct creation *cr)
{
	struct qfs_inode *old = (struct qfs_inode *)cr->buf->data + qfs_inode_index(cr->ino);
	struct inode *inode = inode_new(cr->dir->inode.sb, cr->ino);
	int err = err_or_null_to_errno(inode);

	if (err)
		return err;
	inode->mode = cr->mode;
	inode->rdev = cr->rdev;
	inode->nlink = S_ISDIR(cr->mode) ? 2 : 1;
	cr->node = qfs_node_of(inode);
	cr->node->generation = old->generation + 1;
	cr->node->btime = clock_realtime_ns();
	qfs_node_set_ops(inode);
	if (S_ISDIR(cr->mode))
		return qfs_dir_init(&cr->h, cr->node, &cr->dir->inode);
	return S_ISLNK(cr->mode) ? init_symlink(cr) : 0;
}

/* Take back what creation_prepare() did. The transaction is still open. */
static void
creation_undo(struct creation *cr)
{
	if (cr->node) {
		struct qfs_node *node = cr->node;

		rwsem_write_lock(&node->map_lock);
		if (qfs_node_owns_blocks(node))
			qfs_map_free_locked(&cr->h, node, 0, true);
		rwsem_write_unlock(&node->map_lock);
		node->inode.nlink = 0;
		node->inode.mode = 0;
	}
	if (cr->ino)
		qfs_ino_free(&cr->h, cr->ino);
}

/* All that can fail: room for the name, a number, the inode and its first block. */
static int
creation_prepare(struct creation *cr)
{
	struct qfs *fs = cr->h.fs;
	int err = qfs_dir_grow(&cr->h, cr->dir, &cr->spot);

	if (err)
		return err;
	qfs_node_store(&cr->h, cr->dir, cr->dir_buf);
	err = qfs_ino_alloc(&cr->h, &cr->ino);
	if (err)
		return err;
	cr->buf = qfs_node_buf(fs, cr->ino);
	err = err_or_null_to_errno(cr->buf);
	if (err) {
		cr->buf = NULL;
		return err;
	}
	return creation_make_node(cr);
}

static void
creation_perform(struct creation *cr)
{
	struct inode *dir = &cr->dir->inode;

	qfs_dir_add(&cr->h, cr->dir, &cr->spot, cr->name, &cr->node->inode);
	touch_dir(dir);
	if (S_ISDIR(cr->mode))
		dir->nlink++;
	qfs_node_store(&cr->h, cr->node, cr->buf);
	qfs_node_store(&cr->h, cr->dir, cr->dir_buf);
}

static int
creation_transaction(struct creation *cr)
{
	struct qfs *fs = qfs_of(&cr->dir->inode);
	int err = qfs_begin(&cr->h, fs, NAME_OP_BUFS,
			    qfs_dir_growth(&cr->spot) + creation_blocks(cr));

	if (err)
		return err;
	err = creation_prepare(cr);
	if (err)
		creation_undo(cr);
	else
		creation_perform(cr);
	qfs_end(&cr->h);
	qfs_buf_put(fs, cr->buf);
	if (cr->node)
		inode_publish(&cr->node->inode);
	if (cr->node && err)
		inode_put(&cr->node->inode);
	return err;
}

static int
creation_run(struct creation *cr, struct inode **inode)
{
	struct qfs *fs = qfs_of(&cr->dir->inode);
	int err = qfs_dir_find_room(cr->dir, cr->name->len, &cr->spot);

	if (err)
		return err;
	cr->dir_buf = qfs_node_buf(fs, cr->dir->inode.ino);
	err = err_or_null_to_errno(cr->dir_buf);
	if (!err) {
		err = creation_transaction(cr);
		qfs_buf_put(fs, cr->dir_buf);
	}
	qfs_dir_spot_put(cr->dir, &cr->spot);
	if (!err)
		*inode = &cr->node->inode;
	return err;
}

static int
qfs_create(struct inode *dir, const struct name *name, u32 mode, u32 rdev, struct inode **inode)
{
	struct creation cr = {.dir = qfs_node_of(dir), .name = name, .mode = mode, .rdev = rdev};

	if (!S_ISCHR(mode) && !S_ISBLK(mode))
		cr.rdev = 0;
	if (S_ISDIR(mode) && dir->nlink >= QFS_LINK_MAX)
		return -EMLINK;
	return creation_run(&cr, inode);
}

static int
qfs_symlink(struct inode *dir, const struct name *name, const char *target, struct inode **inode)
{
	struct creation cr = {
		.dir = qfs_node_of(dir), .name = name, .mode = S_IFLNK | 0777, .target = target};
	size_t len = strlen(target);

	if (len == 0 || len > QFS_SYMLINK_MAX)
		return len ? -ENAMETOOLONG : -ENOENT;
	return creation_run(&cr, inode);
}

static ssize_t
qfs_readlink(struct inode *inode, char *text, size_t size)
{
	struct qfs_node *node = qfs_node_of(inode);
	size_t len = MIN(size, (size_t)inode_size(inode));
	struct qfs_buf *buf;
	u32 block, run;
	int err;

	if (node->flags & QFS_INODE_INLINE) {
		memcpy(text, node->ptr, MIN(len, (size_t)QFS_INLINE_BYTES));
		return len;
	}
	err = qfs_map_find(node, 0, 1, &block, &run);
	if (!err && block == 0)
		err = qfs_damaged(qfs_of(inode), inode->ino, "inode: symbolic link without text");
	if (err)
		return err;
	buf = qfs_buf_read(qfs_of(inode), block, 0);
	err = err_or_null_to_errno(buf);
	if (err)
		return err;
	memcpy(text, buf->data, MIN(len, (size_t)QFS_SYMLINK_MAX));
	qfs_buf_put(qfs_of(inode), buf);
	return len;
}

/* --- changing names that are there ------------------------------------------------------------ */

/* The inode-table blocks of up to four files. */
struct node_bufs {
	struct qfs *fs;
	struct qfs_buf *buf[4];
	struct qfs_node *node[4];
	u32 nr;
};

static void
node_bufs_put(struct node_bufs *bufs)
{
	while (bufs->nr)
		qfs_buf_put(bufs->fs, bufs->buf[--bufs->nr]);
}

/* NULL, or one that is there already, is left out. => 0, or -errno and all were put */
static int
node_bufs_add(struct node_bufs *bufs, struct inode *inode)
{
	struct qfs_buf *buf;
	int err;

	if (!inode)
		return 0;
	for (u32 i = 0; i < bufs->nr; i++)
		if (&bufs->node[i]->inode == inode)
			return 0;
	bufs->fs = qfs_of(inode);
	buf = qfs_node_buf(bufs->fs, inode->ino);
	err = err_or_null_to_errno(buf);
	if (err) {
		node_bufs_put(bufs);
		return err;
	}
	bufs->node[bufs->nr] = qfs_node_of(inode);
	bufs->buf[bufs->nr++] = buf;
	return 0;
}

static void
node_bufs_store(struct node_bufs *bufs, struct qfs_handle *h)
{
	for (u32 i = 0; i < bufs->nr; i++)
		qfs_node_store(h, bufs->node[i], bufs->buf[i]);
}

static int
qfs_link(struct inode *dir, const struct name *name, struct inode *inode)
{
	struct qfs_node *node = qfs_node_of(dir);
	struct node_bufs bufs = {0};
	struct qfs_dir_spot spot;
	struct qfs_handle h;
	int err;

	if (inode->nlink >= QFS_LINK_MAX)
		return -EMLINK;
	err = qfs_dir_find_room(node, name->len, &spot);
	if (!err)
		err = node_bufs_add(&bufs, dir);
	if (!err)
		err = node_bufs_add(&bufs, inode);
	if (!err)
		err = qfs_begin(&h, qfs_of(dir), NAME_OP_BUFS, qfs_dir_growth(&spot));
	if (!err) {
		err = qfs_dir_grow(&h, node, &spot);
		if (!err) {
			qfs_dir_add(&h, node, &spot, name, inode);
			touch_dir(dir);
			inode->nlink++;
			inode->ctime_ns = inode_now_ns();
		}
		node_bufs_store(&bufs, &h);
		qfs_end(&h);
	}
	node_bufs_put(&bufs);
	qfs_dir_spot_put(node, &spot);
	return err;
}

/* A directory loses a "..". On a damaged disk its count may be too low: a live one keeps two. */
static void
drop_subdir(struct inode *dir)
{
	if (dir->nlink > 2)
		dir->nlink--;
}

/* The inode loses one name; of a directory the last one, and its parent the "..". */
static void
drop_link(struct qfs_handle *h, struct inode *dir, struct inode *inode)
{
	inode->ctime_ns = inode_now_ns();
	inode->nlink--;
	if (S_ISDIR(inode->mode)) {
		inode->nlink = 0;
		drop_subdir(dir);
	}
	if (inode->nlink == 0)
		qfs_orphan_set(h, inode->ino, true);
}

static int
qfs_unlink(struct inode *dir, const struct name *name, struct inode *inode)
{
	struct qfs_node *node = qfs_node_of(dir);
	struct node_bufs bufs = {0};
	struct qfs_dir_spot spot = {0};
	struct qfs_handle h;
	int err = qfs_dir_find(node, name->text, name->len, &spot);

	if (!err)
		err = node_bufs_add(&bufs, dir);
	if (!err)
		err = node_bufs_add(&bufs, inode);
	if (!err)
		err = qfs_begin(&h, qfs_of(dir), NAME_OP_BUFS, 0);
	if (!err) {
		qfs_dir_remove(&h, node, &spot);
		touch_dir(dir);
		drop_link(&h, dir, inode);
		node_bufs_store(&bufs, &h);
		qfs_end(&h);
	}
	node_bufs_put(&bufs);
	qfs_dir_spot_put(node, &spot);
	return err;
}

static int
qfs_rmdir(struct inode *dir, const struct name *name, struct inode *inode)
{
	int err = qfs_dir_check_empty(qfs_node_of(inode));

	return err ? err : qfs_unlink(dir, name, inode);
}

/* --- rename ------------------------------------------------------------------------------------ */

struct renaming {
	struct inode *old_dir, *inode, *new_dir, *victim;
	const struct name *new_name;
	struct qfs_dir_spot from, to, dotdot;
	struct node_bufs bufs;
};

static bool
moves_directory(const struct renaming *rn)
{
	return S_ISDIR(rn->inode->mode) && rn->old_dir != rn->new_dir;
}

/* Find all records and inodes. What was found stays referred to, also on an error. */
static int
renaming_prepare(struct renaming *rn, const struct name *old_name)
{
	struct qfs_node *new_dir = qfs_node_of(rn->new_dir);
	int err;

	if (rn->victim && S_ISDIR(rn->victim->mode))
		err = qfs_dir_check_empty(qfs_node_of(rn->victim));
	else
		err = moves_directory(rn) && rn->new_dir->nlink >= QFS_LINK_MAX ? -EMLINK : 0;
	if (!err)
		err = qfs_dir_find(qfs_node_of(rn->old_dir), old_name->text, old_name->len,
				   &rn->from);
	if (!err && rn->victim)
		err = qfs_dir_find(new_dir, rn->new_name->text, rn->new_name->len, &rn->to);
	else if (!err)
		err = qfs_dir_find_room(new_dir, rn->new_name->len, &rn->to);
	if (!err && moves_directory(rn))
		err = qfs_dir_find(qfs_node_of(rn->inode), "..", 2, &rn->dotdot);
	if (!err)
		err = node_bufs_add(&rn->bufs, rn->old_dir);
	if (!err)
		err = node_bufs_add(&rn->bufs, rn->new_dir);
	if (!err)
		err = node_bufs_add(&rn->bufs, rn->inode);
	if (!err)
		err = node_bufs_add(&rn->bufs, rn->victim);
	return err;
}

static void
renaming_perform(struct renaming *rn, struct qfs_handle *h)
{
	if (rn->victim) {
		qfs_dir_set(h, &rn->to, rn->inode);
		drop_link(h, rn->new_dir, rn->victim);
	} else {
		qfs_dir_add(h, qfs_node_of(rn->new_dir), &rn->to, rn->new_name, rn->inode);
	}
	qfs_dir_remove(h, qfs_node_of(rn->old_dir), &rn->from);
	if (moves_directory(rn)) {
		qfs_dir_set(h, &rn->dotdot, rn->new_dir);
		drop_subdir(rn->old_dir);
		rn->new_dir->nlink++;
	}
	touch_dir(rn->old_dir);
	touch_dir(rn->new_dir);
	rn->inode->ctime_ns = inode_now_ns();
}

static int
renaming_transaction(struct renaming *rn)
{
	struct qfs_handle h;
	int err = qfs_begin(&h, qfs_of(rn->inode), NAME_OP_BUFS,
			    rn->victim ? 0 : qfs_dir_growth(&rn->to));

	if (err)
		return err;
	if (!rn->victim)
		err = qfs_dir_grow(&h, qfs_node_of(rn->new_dir), &rn->to);
	if (!err)
		renaming_perform(rn, &h);
	node_bufs_store(&rn->bufs, &h);
	qfs_end(&h);
	return err;
}

static int
qfs_rename(struct inode *old_dir, const struct name *old_name, struct inode *inode,
	   struct inode *new_dir, const struct name *new_name, struct inode *victim)
{
	struct renaming rn = {.old_dir = old_dir,
			      .inode = inode,
			      .new_dir = new_dir,
			      .victim = victim,
			      .new_name = new_name};
	int err;

	/* Who replaces a file by a new version expects after a crash one of the two, whole. */
	if (victim && S_ISREG(inode->mode))
		mapping_writeback(&inode->mapping, 0, UINT64_MAX, false);
	err = renaming_prepare(&rn, old_name);
	if (!err)
		err = renaming_transaction(&rn);
	node_bufs_put(&rn.bufs);
	qfs_dir_spot_put(qfs_node_of(old_dir), &rn.from);
	qfs_dir_spot_put(qfs_node_of(new_dir), &rn.to);
	qfs_dir_spot_put(qfs_node_of(inode), &rn.dotdot);
	return err;
}

const struct inode_ops qfs_dir_iops = {
	.lookup = qfs_lookup,
	.create = qfs_create,
	.symlink = qfs_symlink,
	.link = qfs_link,
	.unlink = qfs_unlink,
	.rmdir = qfs_rmdir,
	.rename = qfs_rename,
	.readdir = qfs_readdir,
	.setattr = qfs_setattr,
};

const struct inode_ops qfs_symlink_iops = {
	.readlink = qfs_readlink,
	.setattr = qfs_setattr,
};
