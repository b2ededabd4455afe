#include "fs/qfs/csum.h"

#include "lib/crc32c.h"
#include "lib/string.h"

/* CRC of `bytes` at `data`, taking the four bytes at `hole` (where the CRC itself is stored) as 0. */
static u32
crc_around(u32 crc, const void *data, u32 bytes, u32 hole)
{
	static const u32 zero;
	const u8 *p = data;

	crc = crc32c(crc, p, hole);
	crc = crc32c(crc, &zero, sizeof(zero));
	return crc32c(crc, p + hole + 4, bytes - hole - 4);
}

u32
qfs_seed(const struct qfs_super *sb)
{
	return crc32c(0, sb->uuid, sizeof(sb->uuid));
}

static u32
super_crc(const struct qfs_super *sb)
{
	return crc_around(0, sb, QFS_SUPER_BYTES, offsetof(struct qfs_super, crc));
}

static u32
block_crc(u32 seed, u32 block, const void *data)
{
	u32 crc = crc32c(seed, &block, sizeof(block));

	return crc_around(crc, data, QFS_BLOCK_SIZE,
			  QFS_BODY_BYTES + offsetof(struct qfs_tail, crc));
}

static u32
inode_crc(u32 seed, u32 ino, const struct qfs_inode *inode)
{
	u32 crc = crc32c(seed, &ino, sizeof(ino));

	return crc_around(crc, inode, QFS_INODE_SIZE, offsetof(struct qfs_inode, crc));
}

static u32
log_crc(u32 seed, const struct qfs_log_head *head, u32 bytes)
{
	return crc_around(seed, head, bytes, offsetof(struct qfs_log_head, crc));
}

void
qfs_super_seal(struct qfs_super *sb)
{
	sb->crc = super_crc(sb);
}

void
qfs_block_seal(u32 seed, u32 block, u32 kind, void *data)
{
	struct qfs_tail *tail = qfs_tail_of(data);

	tail->kind = kind;
	tail->crc = block_crc(seed, block, data);
}

void
qfs_inode_seal(u32 seed, u32 ino, struct qfs_inode *inode)
{
	inode->crc = inode_crc(seed, ino, inode);
}

void
qfs_log_seal(u32 seed, struct qfs_log_head *head, u32 bytes)
{
	head->crc = log_crc(seed, head, bytes);
}

bool
qfs_super_crc_ok(const struct qfs_super *sb)
{
	return sb->crc == super_crc(sb);
}

bool
qfs_block_ok(u32 seed, u32 block, u32 kind, const void *data)
{
	const struct qfs_tail *tail = qfs_tail_of((void *)data);

	return tail->kind == kind && tail->crc == block_crc(seed, block, data);
}

bool
qfs_inode_ok(u32 seed, u32 ino, const struct qfs_inode *inode)
{
	static const struct qfs_inode never_used;

	if (inode->crc == inode_crc(seed, ino, inode))
		return true;
	return memcmp(inode, &never_used, sizeof(never_used)) == 0;
}

bool
qfs_log_ok(u32 seed, const struct qfs_log_head *head, u32 bytes)
{
	return head->magic == QFS_LOG_MAGIC && head->crc == log_crc(seed, head, bytes);
}
