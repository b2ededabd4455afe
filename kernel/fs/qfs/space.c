#include "fs/qfs/space.h"

#include "fs/qfs/bits.h"
#include "fs/qfs/layout.h"
#include "fs/qfs/mount.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/vmalloc.h"

static int
map_load(struct qfs *fs, struct qfs_map *map, u32 start, u32 nr_blocks, u32 kind, u32 nr_bits)
{
	map->nr_bits = nr_bits;
	map->bufs = kzalloc(nr_blocks * sizeof(map->bufs[0]), GFP_KERNEL);
	if (!map->bufs)
		return -ENOMEM;
	for (u32 i = 0; i < nr_blocks; i++) {
		struct qfs_buf *buf = qfs_buf_read(fs, start + i, kind);
		int err = err_or_null_to_errno(buf);

		if (err)
			return err;
		map->bufs[map->nr_bufs++] = buf;
	}
	return 0;
}

static void
map_destroy(struct qfs *fs, struct qfs_map *map)
{
	for (u32 i = 0; i < map->nr_bufs; i++)
		qfs_buf_put(fs, map->bufs[i]);
	kfree(map->bufs);
}

static u32
map_count_free(struct qfs_map *map)
{
	u32 nr_free = 0, left = map->nr_bits;

	for (u32 i = 0; i < map->nr_bufs; i++) {
		u32 bits = MIN(left, QFS_BITS_PER_BLOCK);

		nr_free += qfs_bits_count_zero(map->bufs[i]->data, bits);
		left -= bits;
	}
	return nr_free;
}

static size_t
held_bytes(struct qfs *fs)
{
	return (size_t)fs->disk.bmap_blocks * QFS_BODY_BYTES;
}

int
qfs_space_init(struct qfs *fs)
{
	struct qfs_space *space = &fs->space;
	const struct qfs_super *sb = &fs->disk;
	int err;

	mutex_init(&space->mutex, "qfs_bitmaps", RANK_FSALLOC);
	spin_init(&space->lock, "qfs_space", RANK_MAPPING);
	space->held_map = vmalloc(held_bytes(fs), GFP_KERNEL | GFP_ZERO);
	if (!space->held_map)
		return -ENOMEM;
	err = map_load(fs, &space->blocks, sb->bmap_start, sb->bmap_blocks, QFS_KIND_BMAP,
		       sb->nr_blocks);
	if (!err)
		err = map_load(fs, &space->inodes, sb->imap_start, sb->imap_blocks, QFS_KIND_IMAP,
			       sb->nr_inodes);
	if (!err)
		err = map_load(fs, &space->orphans, sb->omap_start, sb->imap_blocks, QFS_KIND_OMAP,
			       sb->nr_inodes);
	if (err)
		return err;
	space->blocks.cursor = sb->data_start;
	space->free = map_count_free(&space->blocks);
	space->free_inodes = map_count_free(&space->inodes);
	return 0;
}

void
qfs_space_destroy(struct qfs *fs)
{
	struct qfs_space *space = &fs->space;

	map_destroy(fs, &space->blocks);
	map_destroy(fs, &space->inodes);
	map_destroy(fs, &space->orphans);
	vfree(space->held_map);
}

int
qfs_space_reserve(struct qfs *fs, u32 n)
{
	struct qfs_space *space = &fs->space;
	int err = 0;

	if (n == 0)
		return 0;
	spin_lock(&space->lock);
	if (space->free - space->reserved < n)
		err = -ENOSPC;
	else
		space->reserved += n;
	spin_unlock(&space->lock);
	return err;
}

void
qfs_space_unreserve(struct qfs *fs, u32 n)
{
	spin_lock(&fs->space.lock);
	fs->space.reserved -= n;
	spin_unlock(&fs->space.lock);
}

bool
qfs_space_claim(struct qfs *fs, u32 n)
{
	struct qfs_space *space = &fs->space;
	bool ok;

	spin_lock(&space->lock);
	ok = space->free - space->held - space->claimed >= n;
	if (ok)
		space->claimed += n;
	spin_unlock(&space->lock);
	return ok;
}

void
qfs_space_unclaim(struct qfs *fs, u32 n)
{
	spin_lock(&fs->space.lock);
	fs->space.claimed -= n;
	spin_unlock(&fs->space.lock);
}

void
qfs_space_release_held(struct qfs *fs)
{
	struct qfs_space *space = &fs->space;

	if (space->held == 0)
		return;
	memset(space->held_map, 0, held_bytes(fs));
	spin_lock(&space->lock);
	space->held = 0;
	spin_unlock(&space->lock);
}

/* A bit that is neither used nor held in from..to-1 of all bits. => to: none */
static u32
find_free(struct qfs_space *space, u32 from, u32 to)
{
	while (from < to) {
		u32 i = from / QFS_BITS_PER_BLOCK;
		u32 base = i * QFS_BITS_PER_BLOCK;
		u32 end = MIN(to - base, QFS_BITS_PER_BLOCK);
		u32 bit = qfs_bits_find_zero(space->blocks.bufs[i]->data,
					     space->held_map + (size_t)i * QFS_BODY_BYTES,
					     from - base, end);

		if (bit < end)
			return base + bit;
		from = base + end;
	}
	return to;
}

static u32
choose_block(struct qfs_space *space, u32 goal)
{
	u32 end = space->blocks.nr_bits;
	u32 from = goal && goal < end ? goal : space->blocks.cursor;
	u32 block = find_free(space, from, end);

	if (block == end)
		block = find_free(space, 0, end);
	if (block < end && !goal)
		space->blocks.cursor = block + 1;
	return block;
}

int
qfs_block_alloc(struct qfs_handle *h, u32 goal, u32 *block)
{
	struct qfs *fs = h->fs;
	struct qfs_space *space = &fs->space;
	struct qfs_buf *buf;

	mutex_lock(&space->mutex);
	*block = choose_block(space, goal);
	if (h->claimed == 0 || !qfs_is_data_block(&fs->disk, *block)) {
		mutex_unlock(&space->mutex);
		return qfs_damaged(fs, *block, "block bitmap: no free block where one was counted");
	}
	buf = space->blocks.bufs[*block / QFS_BITS_PER_BLOCK];
	qfs_bit_set(buf->data, *block % QFS_BITS_PER_BLOCK);
	qfs_dirty(h, buf);
	mutex_unlock(&space->mutex);
	h->claimed--;
	spin_lock(&space->lock);
	space->free--;
	space->claimed--;
	space->reserved--;
	spin_unlock(&space->lock);
	return 0;
}

int
qfs_block_undo(struct qfs_handle *h, u32 block, bool reserve)
{
	struct qfs *fs = h->fs;
	struct qfs_space *space = &fs->space;
	u32 i = block / QFS_BITS_PER_BLOCK, bit = block % QFS_BITS_PER_BLOCK;
	bool was_used;

	if (!qfs_is_data_block(&fs->disk, block))
		return qfs_damaged(fs, block, "block: freed, but outside the data area");
	mutex_lock(&space->mutex);
	was_used = qfs_bit_test(space->blocks.bufs[i]->data, bit);
	if (was_used) {
		qfs_bit_clear(space->blocks.bufs[i]->data, bit);
		qfs_bit_set(space->held_map + (size_t)i * QFS_BODY_BYTES, bit);
		qfs_dirty(h, space->blocks.bufs[i]);
		spin_lock(&space->lock);
		space->free++;
		space->held++;
		space->reserved += reserve;
		spin_unlock(&space->lock);
	}
	mutex_unlock(&space->mutex);
	return was_used ? 0 : qfs_damaged(fs, block, "block: freed, but it was free");
}

int
qfs_block_free(struct qfs_handle *h, u32 block)
{
	return qfs_block_undo(h, block, false);
}

u32
qfs_space_max_bufs(struct qfs *fs, u32 nr)
{
	return MIN(nr, fs->disk.bmap_blocks);
}
