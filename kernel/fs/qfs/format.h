/*
 * qfs: the layout of the on-disk file system. The kernel, mkfs, fsck and the host tests share this file.
 *
 *	block 0         superblock (the first 512 bytes, so that its update is atomic; the rest zero)
 *	log_start       the log: a header block, then transactions one after the other
 *	imap_start      inode bitmap: bit i is 1 if inode i is in use
 *	omap_start      orphan bitmap: bit i is 1 if inode i has work left to do at the next mount
 *	bmap_start      block bitmap: bit b is 1 if block b is in use (this whole list included)
 *	itable_start    inode table, 16 inodes to a block
 *	data_start      file data, directories, blocks of block numbers
 *	nr_blocks - 1   a copy of the superblock as mkfs wrote it
 *
 * All numbers are little-endian. A block number is 32 bits wide; 0 means "no block" (a hole).
 *
 * Every block of metadata (bitmaps, directories, blocks of block numbers) ends in a struct qfs_tail with
 * a kind and a CRC-32C that also covers the block number and the file system's identity, so a block
 * that was written to the wrong place, or left from an earlier life of the disk, is recognised.
 * Inodes carry a CRC each instead. File data has none.
 *
 * A file's blocks: ptr[0..39] direct, ptr[40] single indirect, ptr[41] and ptr[42] double indirect. A
 * block holds 1022 numbers, so this reaches just below 8 GiB; a file ends at 4 GiB (QFS_MAX_BYTES).
 *
 * Orphans: an inode that lost its last name while open (nlink 0), or whose blocks beyond its size are
 * still being freed (a truncate in several transactions), has its bit in the orphan bitmap. A mount
 * finishes the work.
 */
#pragma once

#include "lib/types.h"

#define QFS_BLOCK_SIZE	    4096u
#define QFS_BLOCK_SHIFT	    12
#define QFS_MAGIC	    "quireqfs"
#define QFS_VERSION	    1u
#define QFS_SUPER_BYTES	    512u
#define QFS_MAX_BYTES	    (1ull << 32)
#define QFS_MAX_FILE_BLOCKS (1u << 20)
#define QFS_NAME_MAX	    255u
#define QFS_LINK_MAX	    65000u
#define QFS_ROOT_INO	    1u
#define QFS_MIN_LOG_BLOCKS  64u
#define QFS_MAX_LOG_BLOCKS  65536u

/* Superblock states. */
#define QFS_STATE_CLEAN	  1u /* unmounted in order: the log is empty */
#define QFS_STATE_MOUNTED 2u /* mounted for writing, or a crash since */

/*
 * Feature bits. A driver that does not know a bit of `incompat` must not mount; of `ro_compat`, must
 * not write; of `compat`, need not care. None exists in version 1.
 */
#define QFS_KNOWN_INCOMPAT  0u
#define QFS_KNOWN_RO_COMPAT 0u

struct qfs_super {
	u8 magic[8];
	u32 crc; /* of the 512 bytes, with this field as 0 */
	u32 version;
	u32 compat;
	u32 ro_compat;
	u32 incompat;
	u32 state;
	u32 block_size; /* 4096 */
	u32 nr_blocks;
	u32 nr_inodes; /* inode 0 counts but is never used */
	u32 log_start;
	u32 log_blocks;
	u32 imap_start;
	u32 imap_blocks;
	u32 omap_start; /* as long as the inode bitmap */
	u32 bmap_start;
	u32 bmap_blocks;
	u32 itable_start;
	u32 itable_blocks;
	u32 data_start;
	u32 root_ino;
	u8 uuid[16];
	char label[32]; /* ends in a 0 byte if shorter */
	s64 mkfs_time;	/* nanoseconds since 1970 */
	s64 mount_time; /* of the last mount for writing; 0 if there was none */
	u32 mount_count;
	u8 reserved[QFS_SUPER_BYTES - 156];
};

/* Kinds of metadata block, in the tail. The letters are readable in a hex dump. */
#define QFS_KIND_IMAP 0x50414d49u /* IMAP */
#define QFS_KIND_OMAP 0x50414d4fu /* OMAP */
#define QFS_KIND_BMAP 0x50414d42u /* BMAP */
#define QFS_KIND_DIR  0x30524944u /* DIR0 */
#define QFS_KIND_IND  0x31444e49u /* IND1: numbers of data blocks */
#define QFS_KIND_DIND 0x32444e49u /* IND2: numbers of IND1 blocks */

struct qfs_tail {
	u32 kind;
	u32 crc; /* of the block with this field as 0, seeded by qfs_seed() and the block number */
};

#define QFS_BODY_BYTES	   (QFS_BLOCK_SIZE - 8u) /* of a block with a tail */
#define QFS_BITS_PER_BLOCK (QFS_BODY_BYTES * 8u) /* 32,704 */
#define QFS_PTRS_PER_BLOCK (QFS_BODY_BYTES / 4u) /* 1,022 */

#define QFS_NR_DIRECT	     40u
#define QFS_IND_SLOT	     40u
#define QFS_DIND_SLOT	     41u
#define QFS_NR_DIND	     2u
#define QFS_NR_PTRS	     43u
#define QFS_INLINE_BYTES     (QFS_NR_PTRS * 4u) /* a symbolic link up to this long lives in ptr[] */
#define QFS_SYMLINK_MAX	     4095u
#define QFS_INODE_SIZE	     256u
#define QFS_INODES_PER_BLOCK (QFS_BLOCK_SIZE / QFS_INODE_SIZE)

/* inode flags */
#define QFS_INODE_INLINE 1u /* ptr[] holds the symbolic link's text */

/* An inode is free if its mode is 0; one that was never used is all zero, its crc too. */
struct qfs_inode {
	u32 crc; /* of the 256 bytes with this field as 0, seeded by qfs_seed() and the inode number */
	u16 mode; /* S_IFMT and permissions, as stat(2) has them */
	u16 flags;
	u32 nlink; /* a directory: 2 and one for each subdirectory */
	u32 uid;
	u32 gid;
	u32 generation; /* counts the lives of this inode number */
	u64 size;
	s64 atime; /* nanoseconds since 1970 */
	s64 mtime;
	s64 ctime;
	s64 btime; /* of birth */
	u32 rdev;
	u32 nr_blocks; /* owned: data and blocks of numbers */
	u32 ptr[QFS_NR_PTRS];
	u8 reserved[12];
};

/*
 * A directory is an array of blocks with a tail, without holes; its size is a multiple of 4096. In a
 * block the records lie end to end and fill the 4088 bytes. ino 0 is a free record. The first block
 * begins with "." and "..".
 */
struct qfs_dirent {
	u32 ino;
	u16 rec_len; /* a multiple of 4, from this record to the next */
	u8 name_len;
	u8 type; /* DT_* of getdents64 */
	char name[];
};

#define QFS_DIRENT_HEAD	      8u
#define QFS_DIRENT_BYTES(len) ((QFS_DIRENT_HEAD + (u32)(len) + 3u) & ~3u)

/*
 * The log. Its first block is the header (512 bytes used, so that its update is atomic): the number of
 * the first transaction that may be in the log, which starts at block 1 of the log. A transaction is
 * a descriptor block, `count` block images, and a commit block; the next one follows at once and has
 * the next number. Recovery applies complete transactions in order and stops at the first block that
 * is not the expected descriptor. Writing a new header with a higher number empties the log.
 */
#define QFS_LOG_MAGIC  0x676f6c71u /* qlog */
#define QFS_LOG_HEADER 0x44414548u /* HEAD */
#define QFS_LOG_DESC   0x43534544u /* DESC */
#define QFS_LOG_COMMIT 0x544d4f43u /* COMT */

struct qfs_log_head {
	u32 magic;
	u32 kind;
	u64 seq;
	u32 crc; /* header: of 512 bytes; descriptor and commit: of 4096; with this field as 0 */
	u32 count;
	u32 payload_crc; /* commit: of the descriptor block and the images, in order */
	u32 reserved;
	s64 time; /* commit: when */
};

#define QFS_LOG_DESC_MAX ((QFS_BLOCK_SIZE - sizeof(struct qfs_log_head)) / 4u) /* 1,014 */

struct qfs_log_desc {
	struct qfs_log_head head;
	u32 block[QFS_LOG_DESC_MAX]; /* where the images belong */
};

_Static_assert(sizeof(struct qfs_super) == QFS_SUPER_BYTES, "superblock is one sector");
_Static_assert(sizeof(struct qfs_inode) == QFS_INODE_SIZE, "inode size");
_Static_assert(sizeof(struct qfs_dirent) == QFS_DIRENT_HEAD, "directory record");
_Static_assert(sizeof(struct qfs_log_desc) == QFS_BLOCK_SIZE, "descriptor fills a block");
_Static_assert(QFS_NR_DIRECT + QFS_PTRS_PER_BLOCK +
			       (u64)QFS_NR_DIND * QFS_PTRS_PER_BLOCK * QFS_PTRS_PER_BLOCK >=
		       QFS_MAX_FILE_BLOCKS,
	       "the pointers reach 4 GiB");
