#include "fs/qfs/layout.h"

#include "fs/qfs/csum.h"
#include "lib/string.h"

/* A log holds two of the largest transactions of a small disk, and is at most 4 MiB of memory. */
#define LOG_BLOCKS_DEFAULT_MAX 1024u
#define LOG_SHARE	       32u /* of the disk: one block in 32 */

static u32
blocks_for_bits(u64 nr_bits)
{
	return (nr_bits + QFS_BITS_PER_BLOCK - 1) / QFS_BITS_PER_BLOCK;
}

/*
 * The largest transactions write 64 pages, which may take 192 blocks from as many bitmap blocks, or do
 * 20 other things. A transaction has half of the log.
 */
u32
qfs_min_log_blocks(u32 nr_blocks)
{
	u32 maps = blocks_for_bits(nr_blocks);
	u32 blocks = 2 * ((maps < 192 ? maps : 192) + 20 + 3);

	return blocks < QFS_MIN_LOG_BLOCKS ? QFS_MIN_LOG_BLOCKS : blocks;
}

static u32
log_blocks_for(u32 nr_blocks)
{
	u32 blocks = nr_blocks / LOG_SHARE;
	u32 least = qfs_min_log_blocks(nr_blocks);

	if (blocks > LOG_BLOCKS_DEFAULT_MAX)
		blocks = LOG_BLOCKS_DEFAULT_MAX;
	return blocks < least ? least : blocks;
}

bool
qfs_layout_fill(struct qfs_super *sb, u32 nr_blocks, u32 nr_inodes, u32 log_blocks)
{
	u64 itable = ((u64)nr_inodes + QFS_INODES_PER_BLOCK - 1) / QFS_INODES_PER_BLOCK;
	u64 next = 1;

	if (itable * QFS_INODES_PER_BLOCK > UINT32_MAX)
		return false;
	sb->block_size = QFS_BLOCK_SIZE;
	sb->nr_blocks = nr_blocks;
	sb->nr_inodes = itable * QFS_INODES_PER_BLOCK;
	sb->log_start = next;
	sb->log_blocks = log_blocks ? log_blocks : log_blocks_for(nr_blocks);
	next += sb->log_blocks;
	sb->imap_start = next;
	sb->imap_blocks = blocks_for_bits(sb->nr_inodes);
	next += sb->imap_blocks;
	sb->omap_start = next;
	next += sb->imap_blocks;
	sb->bmap_start = next;
	sb->bmap_blocks = blocks_for_bits(nr_blocks);
	next += sb->bmap_blocks;
	sb->itable_start = next;
	sb->itable_blocks = itable;
	next += itable;
	sb->data_start = next;
	return next + 2 <= nr_blocks; /* a root directory and the copy of the superblock */
}

static const char *
super_check_layout(const struct qfs_super *sb)
{
	struct qfs_super want;

	if (sb->log_blocks < qfs_min_log_blocks(sb->nr_blocks) ||
	    sb->log_blocks > QFS_MAX_LOG_BLOCKS)
		return "the size of the log is impossible";
	if (sb->nr_inodes < QFS_INODES_PER_BLOCK || sb->nr_inodes % QFS_INODES_PER_BLOCK)
		return "the number of inodes is impossible";
	memset(&want, 0, sizeof(want));
	if (!qfs_layout_fill(&want, sb->nr_blocks, sb->nr_inodes, sb->log_blocks))
		return "log, bitmaps and inode table do not fit";
	if (sb->log_start != want.log_start || sb->imap_start != want.imap_start ||
	    sb->imap_blocks != want.imap_blocks || sb->omap_start != want.omap_start ||
	    sb->bmap_start != want.bmap_start || sb->bmap_blocks != want.bmap_blocks ||
	    sb->itable_start != want.itable_start || sb->itable_blocks != want.itable_blocks ||
	    sb->data_start != want.data_start)
		return "the areas are not where they should be";
	return NULL;
}

const char *
qfs_super_check(const struct qfs_super *sb, u64 device_blocks)
{
	if (memcmp(sb->magic, QFS_MAGIC, sizeof(sb->magic)) != 0)
		return "no qfs here (wrong magic)";
	if (!qfs_super_crc_ok(sb))
		return "wrong checksum";
	if (sb->version != QFS_VERSION)
		return "unknown version";
	if (sb->incompat & ~QFS_KNOWN_INCOMPAT)
		return "it uses features that are not known here";
	if (sb->block_size != QFS_BLOCK_SIZE)
		return "the block size is not 4096";
	if (sb->state != QFS_STATE_CLEAN && sb->state != QFS_STATE_MOUNTED)
		return "unknown state";
	if (sb->nr_blocks > device_blocks)
		return "it is larger than the device";
	if (sb->root_ino != QFS_ROOT_INO)
		return "the root directory is not inode 1";
	return super_check_layout(sb);
}

bool
qfs_is_data_block(const struct qfs_super *sb, u32 block)
{
	return block >= sb->data_start && block < sb->nr_blocks - 1;
}

static const char *
inode_check_pointers(const struct qfs_super *sb, const struct qfs_inode *inode)
{
	for (u32 i = 0; i < QFS_NR_PTRS; i++)
		if (inode->ptr[i] && !qfs_is_data_block(sb, inode->ptr[i]))
			return "a block number points outside the data area";
	return NULL;
}

static const char *
inode_check_symlink(const struct qfs_super *sb, const struct qfs_inode *inode)
{
	if (inode->size == 0 || inode->size > QFS_SYMLINK_MAX)
		return "the length of the symbolic link is impossible";
	if (!(inode->flags & QFS_INODE_INLINE))
		return inode_check_pointers(sb, inode);
	if (inode->size > QFS_INLINE_BYTES || inode->nr_blocks != 0)
		return "the inline symbolic link is too long or owns blocks";
	return NULL;
}

const char *
qfs_inode_check(const struct qfs_super *sb, const struct qfs_inode *inode)
{
	if (inode->nlink > QFS_LINK_MAX)
		return "the link count is impossible";
	if (inode->flags & ~QFS_INODE_INLINE)
		return "unknown flags";
	if (qfs_mode_is(inode->mode, QFS_S_IFLNK))
		return inode_check_symlink(sb, inode);
	if (inode->flags & QFS_INODE_INLINE)
		return "inline text in what is no symbolic link";
	switch (inode->mode & QFS_S_IFMT) {
	case QFS_S_IFREG:
		if (inode->size > QFS_MAX_BYTES)
			return "the size is beyond the limit of 4 GiB";
		return inode_check_pointers(sb, inode);
	case QFS_S_IFDIR:
		if (inode->size > QFS_MAX_BYTES || inode->size % QFS_BLOCK_SIZE)
			return "the size of the directory is no multiple of the block size";
		if (inode->size == 0 && inode->nlink != 0)
			return "the directory is empty, without \".\" and \"..\"";
		return inode_check_pointers(sb, inode);
	case QFS_S_IFIFO:
	case QFS_S_IFCHR:
	case QFS_S_IFBLK:
	case QFS_S_IFSOCK:
		if (inode->size || inode->nr_blocks)
			return "a special file has a size or owns blocks";
		return NULL;
	default:
		return "unknown file type";
	}
}
