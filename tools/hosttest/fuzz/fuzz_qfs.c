/*
 * fsck of arbitrary images: the input is a list of changes to a good image, each followed by new
 * checksums, so that they reach the checks behind them. Two bytes: which block; two: where in it; four: what.
 */
#include <stdlib.h>
#include <string.h>

#include "fs/qfs/bits.h"
#include "fs/qfs/csum.h"
#include "fs/qfs/dirblock.h"
#include "fs/qfs/layout.h"
#include "mkfs/check.h"

#define NR_BLOCKS 128u
#define BYTES	  (NR_BLOCKS * QFS_BLOCK_SIZE)
#define DIR_BLOCK (sb.data_start)
#define IND_BLOCK (sb.data_start + 1)

static u8 good[BYTES] __attribute__((aligned(8)));
static u8 image[BYTES] __attribute__((aligned(8)));
static struct qfs_super sb;

int LLVMFuzzerTestOneInput(const u8 *data, size_t bytes);

static u8 *
block_of(u8 *base, u32 block)
{
	return base + (size_t)block * QFS_BLOCK_SIZE;
}

static void
add_inode(u32 ino, u32 mode, u64 size, u32 slot, u32 block, u32 nr_blocks)
{
	struct qfs_inode *inode = (struct qfs_inode *)block_of(good, sb.itable_start) + ino;

	inode->mode = mode;
	inode->nlink = qfs_mode_is(mode, QFS_S_IFDIR) ? 2 : 1;
	inode->size = size;
	inode->nr_blocks = nr_blocks;
	inode->ptr[slot] = block;
	qfs_inode_seal(qfs_seed(&sb), ino, inode);
}

static void
add_map(u32 block, u32 kind, u32 nr_used, u32 end)
{
	u8 *map = block_of(good, block);

	for (u32 bit = 0; bit < QFS_BITS_PER_BLOCK; bit++)
		if (bit < nr_used || bit >= end)
			qfs_bit_set(map, bit);
	qfs_block_seal(qfs_seed(&sb), block, kind, map);
}

/* A root directory with one file, which has a block of numbers and a block of data. */
static void
make_good(void)
{
	struct qfs_log_head *head;
	u32 seed;

	memcpy(sb.magic, QFS_MAGIC, sizeof(sb.magic));
	sb.version = QFS_VERSION;
	sb.state = QFS_STATE_CLEAN;
	sb.root_ino = QFS_ROOT_INO;
	qfs_layout_fill(&sb, NR_BLOCKS, 16, 0);
	qfs_super_seal(&sb);
	seed = qfs_seed(&sb);
	memcpy(good, &sb, sizeof(sb));
	head = (void *)block_of(good, sb.log_start);
	head->magic = QFS_LOG_MAGIC;
	head->kind = QFS_LOG_HEADER;
	head->seq = 1;
	qfs_log_seal(seed, head, QFS_SUPER_BYTES);
	add_inode(1, QFS_S_IFDIR | 0755, QFS_BLOCK_SIZE, 0, DIR_BLOCK, 1);
	add_inode(2, QFS_S_IFREG | 0644, 41 * QFS_BLOCK_SIZE, QFS_IND_SLOT, IND_BLOCK, 2);
	qfs_dirblock_init(block_of(good, DIR_BLOCK));
	qfs_dirblock_add(block_of(good, DIR_BLOCK), 1, 4, ".", 1);
	qfs_dirblock_add(block_of(good, DIR_BLOCK), 1, 4, "..", 2);
	qfs_dirblock_add(block_of(good, DIR_BLOCK), 2, 8, "file", 4);
	qfs_block_seal(seed, DIR_BLOCK, QFS_KIND_DIR, block_of(good, DIR_BLOCK));
	*(u32 *)block_of(good, IND_BLOCK) = IND_BLOCK + 1;
	qfs_block_seal(seed, IND_BLOCK, QFS_KIND_IND, block_of(good, IND_BLOCK));
	add_map(sb.imap_start, QFS_KIND_IMAP, 3, 16);
	add_map(sb.omap_start, QFS_KIND_OMAP, 0, UINT32_MAX);
	add_map(sb.bmap_start, QFS_KIND_BMAP, IND_BLOCK + 2, NR_BLOCKS - 1);
}

static void
reseal(u32 block)
{
	u8 *data = block_of(image, block);
	struct qfs_log_head *head = (void *)data;
	u32 seed = qfs_seed((struct qfs_super *)image);

	if (block == 0)
		qfs_super_seal((struct qfs_super *)image);
	else if (block >= sb.log_start && block < sb.imap_start)
		qfs_log_seal(seed, head, block == sb.log_start ? QFS_SUPER_BYTES : QFS_BLOCK_SIZE);
	else if (block >= sb.itable_start && block < sb.data_start)
		for (u32 i = 0; i < QFS_INODES_PER_BLOCK; i++)
			qfs_inode_seal(seed, i, (struct qfs_inode *)data + i);
	else
		qfs_block_seal(seed, block, qfs_tail_of(data)->kind, data);
}

int
LLVMFuzzerTestOneInput(const u8 *data, size_t bytes)
{
	struct check_options opt = {0};

	if (!sb.nr_blocks) {
		make_good();
		memcpy(image, good, BYTES);
		if (qfs_check(image, BYTES, &opt) != 0)
			abort();
	}
	memcpy(image, good, BYTES);
	for (; bytes >= 8; bytes -= 8, data += 8) {
		u32 block = (data[0] | data[1] << 8) % NR_BLOCKS;
		u32 at = (data[2] | data[3] << 8) % QFS_BLOCK_SIZE & ~3u;

		memcpy(block_of(image, block) + at, data + 4, 4);
		reseal(block);
	}
	qfs_check(image, BYTES, &opt);
	return 0;
}
