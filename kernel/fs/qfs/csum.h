/* Checksums of qfs structures. Pure: the kernel, mkfs, fsck and the host tests compile csum.c. */
#pragma once

#include "fs/qfs/format.h"

/* What ties every checksum to this file system: derived from the uuid. */
u32 qfs_seed(const struct qfs_super *sb);

/* Compute and store a checksum: of a superblock, a metadata block (with its kind), an inode, a log head. */
void qfs_super_seal(struct qfs_super *sb);
void qfs_block_seal(u32 seed, u32 block, u32 kind, void *data);
void qfs_inode_seal(u32 seed, u32 ino, struct qfs_inode *inode);
/* `bytes` is QFS_SUPER_BYTES for the log's header, else QFS_BLOCK_SIZE. */
void qfs_log_seal(u32 seed, struct qfs_log_head *head, u32 bytes);

/* Is the stored checksum right (and, for a block, the kind)? A never-used inode (all zero) is right. */
bool qfs_super_crc_ok(const struct qfs_super *sb);
bool qfs_block_ok(u32 seed, u32 block, u32 kind, const void *data);
bool qfs_inode_ok(u32 seed, u32 ino, const struct qfs_inode *inode);
bool qfs_log_ok(u32 seed, const struct qfs_log_head *head, u32 bytes);

/* The tail of a metadata block. */
static inline struct qfs_tail *
qfs_tail_of(void *data)
{
	return (struct qfs_tail *)((u8 *)data + QFS_BODY_BYTES);
}
