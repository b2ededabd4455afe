#include "check.h"

#include <string.h>

#include "fs/qfs/csum.h"
#include "fs/qfs/layout.h"
#include "fs/qfs/path.h"

/* A walk over the blocks of one inode. */
struct walk {
	struct check *c;
	u32 ino;
	u64 nr_size_blocks; /* blocks that the size covers */
	u32 nr_owned;
	u32 nr_data; /* data blocks within the size */
	bool past_end_reported;
};

/* Record that `block` belongs to the inode. => false if it cannot: do not look into it. */
static bool
claim(struct walk *w, u32 block, const char *what)
{
	struct check *c = w->c;

	if (!qfs_is_data_block(&c->sb, block)) {
		problem(c, "inode %u: %s number %u is outside the data area", w->ino, what, block);
		return false;
	}
	if (c->owner[block]) {
		problem(c, "block %u is used twice: by inode %u and, as %s, by inode %u", block,
			c->owner[block], what, w->ino);
		return false;
	}
	c->owner[block] = w->ino;
	w->nr_owned++;
	return true;
}

static void
walk_data(struct walk *w, u32 block, u64 index)
{
	claim(w, block, "data block");
	if (index < w->nr_size_blocks) {
		w->nr_data++;
		return;
	}
	if (w->c->inodes[w->ino].orphan || w->past_end_reported)
		return;
	problem(w->c, "inode %u: owns block %u beyond its end", w->ino, block);
	w->past_end_reported = true;
}

/* The block `block` holds numbers; `level` 1: of data blocks, 2: of such blocks. */
static void
walk_numbers(struct walk *w, u32 block, u32 level, u64 index)
{
	u32 kind = level == 2 ? QFS_KIND_DIND : QFS_KIND_IND;
	const u32 *ptr;

	if (!claim(w, block, "block of numbers"))
		return;
	if (!qfs_block_ok(w->c->seed, block, kind, block_at(w->c, block))) {
		problem(w->c, "inode %u: its block of numbers %u has a wrong checksum or kind",
			w->ino, block);
		return;
	}
	ptr = block_at(w->c, block);
	for (u32 i = 0; i < QFS_PTRS_PER_BLOCK; i++) {
		if (ptr[i] && level == 1)
			walk_data(w, ptr[i], index + i);
		else if (ptr[i])
			walk_numbers(w, ptr[i], 1, index + (u64)i * QFS_PTRS_PER_BLOCK);
	}
}

static void
walk_inode(struct walk *w, const struct qfs_inode *inode)
{
	for (u32 slot = 0; slot < QFS_NR_PTRS; slot++) {
		u64 start = qfs_slot_start(slot);

		if (!inode->ptr[slot])
			continue;
		if (slot < QFS_IND_SLOT)
			walk_data(w, inode->ptr[slot], start);
		else
			walk_numbers(w, inode->ptr[slot], slot == QFS_IND_SLOT ? 1 : 2, start);
	}
}

static bool
owns_blocks(const struct qfs_inode *inode)
{
	u32 type = inode->mode & QFS_S_IFMT;

	if (type == QFS_S_IFLNK)
		return !(inode->flags & QFS_INODE_INLINE);
	return type == QFS_S_IFREG || type == QFS_S_IFDIR;
}

static void
check_blocks(struct check *c, u32 ino, const struct qfs_inode *inode)
{
	struct walk w = {.c = c, .ino = ino};

	w.nr_size_blocks = (inode->size + QFS_BLOCK_SIZE - 1) / QFS_BLOCK_SIZE;
	walk_inode(&w, inode);
	if (w.nr_owned != inode->nr_blocks)
		problem(c, "inode %u: says it owns %u blocks, but %u were found", ino,
			inode->nr_blocks, w.nr_owned);
	if (!qfs_mode_is(inode->mode, QFS_S_IFREG) && w.nr_data != w.nr_size_blocks)
		problem(c, "inode %u: a directory or symbolic link with holes", ino);
	c->nr_used_blocks += w.nr_owned;
}

static void
check_inode(struct check *c, u32 ino)
{
	const struct qfs_inode *inode = inode_at(c, ino);
	struct inode_state *state = &c->inodes[ino];
	const char *why;

	if (!qfs_inode_ok(c->seed, ino, inode)) {
		problem(c, "inode %u: wrong checksum", ino);
		state->in_use = inode->mode != 0;
		return;
	}
	if (inode->mode == 0)
		return;
	state->in_use = true;
	c->nr_used_inodes++;
	why = qfs_inode_check(&c->sb, inode);
	if (why) {
		problem(c, "inode %u: %s", ino, why);
		return;
	}
	state->sound = true;
	if (owns_blocks(inode))
		check_blocks(c, ino, inode);
}

/* Inode 0 has a place in the table and is never used: nothing may have been written there. */
static void
check_no_inode(struct check *c)
{
	static const struct qfs_inode never_used;

	if (memcmp(inode_at(c, 0), &never_used, sizeof(never_used)) != 0)
		problem(c, "inode 0: is in use, but no inode has this number");
}

void
check_inodes(struct check *c)
{
	const struct qfs_inode *root = inode_at(c, QFS_ROOT_INO);

	check_no_inode(c);
	for (u32 ino = 1; ino < c->sb.nr_inodes; ino++)
		check_inode(c, ino);
	if (c->inodes[QFS_ROOT_INO].sound && !qfs_mode_is(root->mode, QFS_S_IFDIR))
		problem(c, "the root is not a directory");
}

/* Entry `at` of the block of numbers `block`, 0 if that is not sound. */
static u32
number_in(struct check *c, u32 block, u32 kind, u32 at)
{
	if (!qfs_is_data_block(&c->sb, block) ||
	    !qfs_block_ok(c->seed, block, kind, block_at(c, block)))
		return 0;
	return ((const u32 *)block_at(c, block))[at];
}

u32
file_block(struct check *c, u32 ino, u32 index)
{
	struct qfs_path path;
	u32 block;

	qfs_path_of(index, &path);
	block = inode_at(c, ino)->ptr[path.slot];
	for (u32 level = 0; level + 1 < path.depth && block; level++)
		block = number_in(c, block, qfs_path_kind(path.depth, level), path.at[level]);
	return qfs_is_data_block(&c->sb, block) ? block : 0;
}
