#include "fs/qfs/bits.h"
#include "fs/qfs/mount.h"
#include "lib/err.h"

/* The first bit of this value from `from` on, not past `to`. => to: none */
static u32
map_find(struct qfs_map *map, u32 from, u32 to, bool value)
{
	while (from < to) {
		u32 i = from / QFS_BITS_PER_BLOCK;
		u32 base = i * QFS_BITS_PER_BLOCK;
		u32 end = MIN(to - base, QFS_BITS_PER_BLOCK);
		const void *body = map->bufs[i]->data;
		u32 bit = value ? qfs_bits_find_one(body, from - base, end)
				: qfs_bits_find_zero(body, NULL, from - base, end);

		if (bit < end)
			return base + bit;
		from = base + end;
	}
	return to;
}

/* Change one bit. => caller holds the mutex */
static void
map_change(struct qfs_handle *h, struct qfs_map *map, u32 bit, bool value)
{
	struct qfs_buf *buf = map->bufs[bit / QFS_BITS_PER_BLOCK];

	if (value)
		qfs_bit_set(buf->data, bit % QFS_BITS_PER_BLOCK);
	else
		qfs_bit_clear(buf->data, bit % QFS_BITS_PER_BLOCK);
	qfs_dirty(h, buf);
}

static bool
map_test(struct qfs_map *map, u32 bit)
{
	return qfs_bit_test(map->bufs[bit / QFS_BITS_PER_BLOCK]->data, bit % QFS_BITS_PER_BLOCK);
}

int
qfs_ino_alloc(struct qfs_handle *h, u32 *ino)
{
	struct qfs_space *space = &h->fs->space;
	struct qfs_map *map = &space->inodes;
	u32 found;

	mutex_lock(&space->mutex);
	found = map_find(map, map->cursor, map->nr_bits, false);
	if (found < map->nr_bits) {
		map_change(h, map, found, true);
		map->cursor = found + 1;
		spin_lock(&space->lock);
		space->free_inodes--;
		spin_unlock(&space->lock);
	}
	mutex_unlock(&space->mutex);
	if (found == map->nr_bits)
		return -ENOSPC;
	*ino = found;
	return 0;
}

void
qfs_ino_free(struct qfs_handle *h, u32 ino)
{
	struct qfs_space *space = &h->fs->space;

	mutex_lock(&space->mutex);
	if (map_test(&space->inodes, ino)) {
		map_change(h, &space->inodes, ino, false);
		space->inodes.cursor = MIN(space->inodes.cursor, ino);
		spin_lock(&space->lock);
		space->free_inodes++;
		spin_unlock(&space->lock);
	}
	mutex_unlock(&space->mutex);
}

void
qfs_orphan_set(struct qfs_handle *h, u32 ino, bool is_orphan)
{
	struct qfs_space *space = &h->fs->space;

	mutex_lock(&space->mutex);
	if (map_test(&space->orphans, ino) != is_orphan)
		map_change(h, &space->orphans, ino, is_orphan);
	mutex_unlock(&space->mutex);
}

bool
qfs_is_orphan(struct qfs *fs, u32 ino)
{
	bool is_orphan;

	mutex_lock(&fs->space.mutex);
	is_orphan = map_test(&fs->space.orphans, ino);
	mutex_unlock(&fs->space.mutex);
	return is_orphan;
}

u32
qfs_orphan_next(struct qfs *fs, u32 ino)
{
	struct qfs_map *map = &fs->space.orphans;
	u32 found;

	mutex_lock(&fs->space.mutex);
	found = map_find(map, ino, map->nr_bits, true);
	mutex_unlock(&fs->space.mutex);
	return found < map->nr_bits ? found : 0;
}
