/* Files in memory, and their 256 bytes in the inode table. */
#pragma once

#include "fs/qfs/mount.h"

/* The block of the inode table that holds `ino`, with a reference. => NULL, ERR_PTR */
struct qfs_buf *qfs_node_buf(struct qfs *fs, u32 ino);

/*
 * Write the inode into its block, which qfs_node_buf() gave; its checksum is made at the commit.
 * map_lock not held.
 */
void qfs_node_store(struct qfs_handle *h, struct qfs_node *node, struct qfs_buf *buf);
/* The same with map_lock held exclusively. */
void qfs_node_store_locked(struct qfs_handle *h, struct qfs_node *node, struct qfs_buf *buf);

/* A free inode, with the number's generation counted up: for qfs_ino_free(). */
void qfs_node_erase(struct qfs_handle *h, struct qfs_node *node, struct qfs_buf *buf);

/* Operations by the type of the file: for a new inode, whose mode is set. */
void qfs_node_set_ops(struct inode *inode);

/* Does it own blocks that ptr[] names? */
bool qfs_node_owns_blocks(const struct qfs_node *node);

/* truncate.c: change the size of a regular file. The inode's lock is held. => 0 or -errno */
int qfs_truncate(struct qfs_node *node, u64 size);
/*
 * The file will grow: what lies behind its end in its last block must be zeros on the disk, and no block
 * may lie behind that one, before the size says otherwise. The inode's lock is held. => 0 or -errno
 */
int qfs_clean_tail(struct qfs_node *node);
/* Free what lies behind the file's end. The inode's lock is held. => 0; -errno, and it is pending */
int qfs_cut(struct qfs_node *node);
/* Free what lies behind `size`, which the disk is told, or the whole file. => 0 or -errno */
int qfs_free_blocks(struct qfs_node *node, u64 size, bool whole_file);

extern const struct inode_ops qfs_dir_iops, qfs_file_iops, qfs_symlink_iops, qfs_special_iops;
extern const struct file_ops qfs_file_fops, qfs_dir_fops;
extern const struct mapping_ops qfs_mapping_ops;

/* super_ops */
struct inode *qfs_alloc_inode(struct super_block *sb);
void qfs_free_inode(struct inode *inode);
int qfs_read_inode(struct inode *inode);
int qfs_write_inode(struct inode *inode);
void qfs_evict_inode(struct inode *inode);

/* inode_ops->setattr of all types */
int qfs_setattr(struct inode *inode, const struct iattr *attr);

void qfs_node_init(void);
