#include "check.h"

#include "fs/qfs/bits.h"
#include "fs/qfs/csum.h"

/* One of the three bitmaps, and what its bits ought to be. */
struct map {
	u32 start;
	u32 nr_blocks;
	u32 kind;
	const char *name;
};

/* The body of block `i` of a bitmap, NULL if it is damaged. */
static const void *
map_block(struct check *c, const struct map *map, u32 i)
{
	const void *body = block_at(c, map->start + i);

	if (!qfs_block_ok(c->seed, map->start + i, map->kind, body)) {
		problem(c, "block %u of the %s bitmap has a wrong checksum or kind", i, map->name);
		return NULL;
	}
	return body;
}

void
load_orphans(struct check *c)
{
	struct map map = {c->sb.omap_start, c->sb.imap_blocks, QFS_KIND_OMAP, "orphan"};

	for (u32 i = 0; i < map.nr_blocks; i++) {
		const void *body = map_block(c, &map, i);
		u32 bit =
			body ? qfs_bits_find_one(body, 0, QFS_BITS_PER_BLOCK) : QFS_BITS_PER_BLOCK;

		for (; bit < QFS_BITS_PER_BLOCK;
		     bit = qfs_bits_find_one(body, bit + 1, QFS_BITS_PER_BLOCK)) {
			u64 ino = (u64)i * QFS_BITS_PER_BLOCK + bit;

			if (ino == 0 || ino >= c->sb.nr_inodes) {
				problem(c, "the orphan bitmap has a bit for inode %llu",
					(unsigned long long)ino);
				continue;
			}
			c->inodes[ino].orphan = true;
			c->nr_orphans++;
		}
	}
}

static void
check_orphans(struct check *c)
{
	for (u32 ino = 1; ino < c->sb.nr_inodes; ino++)
		if (c->inodes[ino].orphan && !c->inodes[ino].in_use)
			problem(c, "inode %u is marked as an orphan but not in use", ino);
}

static bool
inode_is_used(struct check *c, u64 ino)
{
	return ino == 0 || ino >= c->sb.nr_inodes || c->inodes[ino].in_use;
}

static bool
block_is_used(struct check *c, u64 block)
{
	return block < c->sb.data_start || block >= c->sb.nr_blocks - 1 || c->owner[block];
}

static void
check_map(struct check *c, const struct map *map, bool (*is_used)(struct check *c, u64 bit))
{
	for (u32 i = 0; i < map->nr_blocks; i++) {
		const void *body = map_block(c, map, i);

		for (u32 b = 0; body && b < QFS_BITS_PER_BLOCK; b++) {
			u64 bit = (u64)i * QFS_BITS_PER_BLOCK + b;

			if (qfs_bit_test(body, b) == is_used(c, bit))
				continue;
			problem(c, "%s %llu is %s, but the %s bitmap says it is %s", map->name,
				(unsigned long long)bit, is_used(c, bit) ? "in use" : "free",
				map->name, is_used(c, bit) ? "free" : "in use");
		}
	}
}

void
check_maps(struct check *c)
{
	struct map inodes = {c->sb.imap_start, c->sb.imap_blocks, QFS_KIND_IMAP, "inode"};
	struct map blocks = {c->sb.bmap_start, c->sb.bmap_blocks, QFS_KIND_BMAP, "block"};

	check_orphans(c);
	check_map(c, &inodes, inode_is_used);
	check_map(c, &blocks, block_is_used);
}
