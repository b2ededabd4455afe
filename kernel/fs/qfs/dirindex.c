#include "fs/qfs/dirindex.h"

#include "fs/qfs/dir.h"
#include "lib/bitops.h"
#include "lib/err.h"
#include "lib/hash.h"
#include "mem/vmalloc.h"

/* A slot: 11 bits of the hash above 21 bits of the block's index + 1. */
#define INDEX_BITS 21
#define INDEX_MASK ((1u << INDEX_BITS) - 1)

/* Slots for each name when it is made: so three times as many can come before it is made anew. */
#define SLOTS_PER_NAME 4u
#define MIN_SLOTS      1024u

/* A slot of a name that went is left, and serves again when the name comes back. */
static void
insert(struct qfs_dir_index *index, const char *name, u32 len, u32 block_index)
{
	u64 hash = hash_bytes(name, len);
	u32 at = hash & (index->nr_slots - 1);
	u32 slot = (u32)(hash >> 32) << INDEX_BITS | (block_index + 1);

	while (index->slot[at] && index->slot[at] != slot)
		at = (at + 1) & (index->nr_slots - 1);
	if (index->slot[at] == slot)
		return;
	index->slot[at] = slot;
	index->nr_used++;
}

static bool
is_full(const struct qfs_dir_index *index)
{
	return index->nr_used >= index->nr_slots / 4 * 3;
}

/* The names of one block: counts them, and enters them if there is an index. */
static u32
scan_block(struct qfs_dir_index *index, const struct qfs_buf *buf, u32 block_index)
{
	u32 nr = 0;

	qfs_for_each_dirent(entry, buf->data)
	{
		if (entry->ino == 0)
			continue;
		nr++;
		if (index && !is_full(index))
			insert(index, entry->name, entry->name_len, block_index);
	}
	return nr;
}

/* => the number of names, or -errno */
static s64
scan_all(struct qfs_node *dir, struct qfs_dir_index *index)
{
	u32 nr_blocks = qfs_dir_nr_blocks(dir);
	s64 nr = 0;

	for (u32 i = 0; i < nr_blocks; i++) {
		struct qfs_buf *buf = qfs_dir_block(dir, i);
		int err = err_or_null_to_errno(buf);

		if (err)
			return err;
		nr += scan_block(index, buf, i);
		qfs_buf_put(qfs_of(&dir->inode), buf);
		cond_resched();
	}
	return nr;
}

static struct qfs_dir_index *
make(struct qfs_node *dir)
{
	s64 nr_names = scan_all(dir, NULL);
	struct qfs_dir_index *index;
	u64 nr_slots;

	if (nr_names < 0)
		return NULL;
	nr_slots = roundup_pow_of_two(MAX((u64)nr_names * SLOTS_PER_NAME, (u64)MIN_SLOTS));
	index = vmalloc(sizeof(*index) + nr_slots * sizeof(index->slot[0]),
			GFP_KERNEL | GFP_ZERO | GFP_NOWARN);
	if (!index)
		return NULL;
	index->nr_slots = nr_slots;
	if (scan_all(dir, index) == nr_names)
		return index;
	vfree(index);
	return NULL;
}

const struct qfs_dir_index *
qfs_index_get(struct qfs_node *dir)
{
	struct qfs_dir_index *index = __atomic_load_n(&dir->index, __ATOMIC_ACQUIRE), *none = NULL;

	if (index || qfs_dir_nr_blocks(dir) < QFS_INDEX_MIN_BLOCKS)
		return index;
	index = make(dir);
	if (!index)
		return NULL;
	/* With the lock held shared somebody else may have been faster. */
	if (__atomic_compare_exchange_n(&dir->index, &none, index, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return index;
	vfree(index);
	return none;
}

void
qfs_index_start(struct qfs_index_probe *probe, const struct qfs_dir_index *index, const char *name,
		u32 len)
{
	u64 hash = hash_bytes(name, len);

	probe->index = index;
	probe->at = hash & (index->nr_slots - 1);
	probe->tag = (u32)(hash >> 32) << INDEX_BITS;
}

bool
qfs_index_next(struct qfs_index_probe *probe, u32 *block_index)
{
	const struct qfs_dir_index *index = probe->index;

	while (index->slot[probe->at]) {
		u32 slot = index->slot[probe->at];

		probe->at = (probe->at + 1) & (index->nr_slots - 1);
		if ((slot & ~INDEX_MASK) == probe->tag) {
			*block_index = (slot & INDEX_MASK) - 1;
			return true;
		}
	}
	return false;
}

void
qfs_index_add(struct qfs_node *dir, const char *name, u32 len, u32 block_index)
{
	if (!dir->index)
		return;
	if (is_full(dir->index))
		qfs_index_drop(dir);
	else
		insert(dir->index, name, len, block_index);
}

void
qfs_index_drop(struct qfs_node *dir)
{
	vfree(dir->index);
	dir->index = NULL;
}
