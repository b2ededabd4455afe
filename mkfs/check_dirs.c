#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "fs/qfs/csum.h"
#include "fs/qfs/dirblock.h"
#include "fs/qfs/layout.h"

/* All names of one directory. */
struct names {
	const struct qfs_dirent **entry;
	u32 count, room;
};

static bool
is_name(const struct qfs_dirent *entry, const char *name)
{
	return entry->name_len == strlen(name) && memcmp(entry->name, name, entry->name_len) == 0;
}

static void
names_add(struct names *names, const struct qfs_dirent *entry)
{
	if (names->count == names->room) {
		names->room = names->room ? 2 * names->room : 64;
		names->entry = realloc(names->entry, names->room * sizeof(names->entry[0]));
		if (!names->entry)
			abort();
	}
	names->entry[names->count++] = entry;
}

static int
compare_names(const void *left, const void *right)
{
	const struct qfs_dirent *a = *(const struct qfs_dirent **)left;
	const struct qfs_dirent *b = *(const struct qfs_dirent **)right;

	if (a->name_len != b->name_len)
		return a->name_len < b->name_len ? -1 : 1;
	return memcmp(a->name, b->name, a->name_len);
}

static void
check_unique(struct check *c, u32 dir, struct names *names)
{
	if (names->count)
		qsort(names->entry, names->count, sizeof(names->entry[0]), compare_names);
	for (u32 i = 1; i < names->count; i++)
		if (compare_names(&names->entry[i - 1], &names->entry[i]) == 0)
			problem(c, "directory %u: the name '%.*s' is there twice", dir,
				names->entry[i]->name_len, names->entry[i]->name);
}

/* A record that is neither "." nor "..". */
static void
check_name(struct check *c, u32 dir, const struct qfs_dirent *entry)
{
	struct inode_state *state = &c->inodes[entry->ino];
	u32 mode = inode_at(c, entry->ino)->mode;

	if (c->inodes[dir].nr_names == 0 && c->inodes[dir].orphan && inode_at(c, dir)->nlink == 0)
		problem(c, "directory %u has lost its name but still holds '%.*s'", dir,
			entry->name_len, entry->name);
	if (!state->in_use) {
		problem(c, "directory %u: '%.*s' names inode %u, which is not in use", dir,
			entry->name_len, entry->name, entry->ino);
		return;
	}
	state->nr_names++;
	if (!state->sound)
		return;
	if (entry->type != qfs_type_of_mode(mode))
		problem(c, "directory %u: '%.*s' has type %u, its inode %u is of type %u", dir,
			entry->name_len, entry->name, entry->type, entry->ino,
			qfs_type_of_mode(mode));
	if (!qfs_mode_is(mode, QFS_S_IFDIR))
		return;
	if (state->parent)
		problem(c, "directory %u has a second name, '%.*s' in directory %u", entry->ino,
			entry->name_len, entry->name, dir);
	state->parent = dir;
}

static void
check_block(struct check *c, u32 dir, u32 block, u32 index, struct names *names)
{
	u32 position = 0;
	const char *why;

	if (!qfs_block_ok(c->seed, block, QFS_KIND_DIR, block_at(c, block))) {
		problem(c, "directory %u: block %u has a wrong checksum or kind", dir, block);
		return;
	}
	why = qfs_dirblock_check(block_at(c, block), c->sb.nr_inodes);
	if (why) {
		problem(c, "directory %u: block %u: %s", dir, block, why);
		return;
	}
	qfs_for_each_dirent(entry, block_at(c, block))
	{
		u32 place = index ? 2 : position++;

		if (entry->ino == 0)
			continue;
		if (place == 0 && (!is_name(entry, ".") || entry->ino != dir))
			problem(c, "directory %u does not begin with '.' for itself", dir);
		else if (place == 1 && !is_name(entry, ".."))
			problem(c, "directory %u has no '..' in second place", dir);
		else if (place >= 2)
			check_name(c, dir, entry);
		if (place == 1 && inode_at(c, dir)->nlink != 0 && dir != QFS_ROOT_INO)
			c->inodes[entry->ino].nr_subdirs++;
		names_add(names, entry);
	}
	if (index == 0 && names->count < 2)
		problem(c, "directory %u lacks '.' or '..'", dir);
}

static void
check_dir(struct check *c, u32 dir)
{
	u64 nr_blocks = inode_at(c, dir)->size >> QFS_BLOCK_SHIFT;
	struct names names = {0};

	for (u64 index = 0; index < nr_blocks; index++) {
		u32 block = file_block(c, dir, index);

		if (!block) {
			problem(c, "directory %u: block %u is missing", dir, (u32)index);
			break;
		}
		check_block(c, dir, block, index, &names);
	}
	check_unique(c, dir, &names);
	free(names.entry);
}

static u32
dotdot_of(struct check *c, u32 dir)
{
	u32 block = file_block(c, dir, 0);
	struct qfs_dirent *entry;

	if (!block || !qfs_block_ok(c->seed, block, QFS_KIND_DIR, block_at(c, block)) ||
	    qfs_dirblock_check(block_at(c, block), c->sb.nr_inodes))
		return 0;
	entry = qfs_dirblock_find(block_at(c, block), "..", 2);
	return entry ? entry->ino : 0;
}

/* Does the directory hang below the root? Marks everything on the way, so the total is linear. */
static bool
is_connected(struct check *c, u32 dir)
{
	u32 steps = 0, end = dir;

	while (!c->inodes[end].connected && c->inodes[end].parent && steps++ < c->sb.nr_inodes)
		end = c->inodes[end].parent;
	if (!c->inodes[end].connected)
		return false;
	for (; !c->inodes[dir].connected; dir = c->inodes[dir].parent)
		c->inodes[dir].connected = true;
	return true;
}

static void
check_dir_place(struct check *c, u32 dir)
{
	u32 parent = c->inodes[dir].parent;
	u32 dotdot = dotdot_of(c, dir);

	if (dir == QFS_ROOT_INO) {
		if (parent)
			problem(c, "the root directory has a name in directory %u", parent);
		if (dotdot != dir)
			problem(c, "'..' of the root directory is %u, not the root", dotdot);
		return;
	}
	if (!parent)
		return; /* it has no name, which check_links() reports */
	if (dotdot && dotdot != parent)
		problem(c, "directory %u: '..' is %u, but its name is in directory %u", dir, dotdot,
			parent);
	if (!is_connected(c, dir))
		problem(c, "directory %u is cut off from the root: its parents form a circle", dir);
}

static void
check_links(struct check *c, u32 ino)
{
	const struct qfs_inode *inode = inode_at(c, ino);
	struct inode_state *state = &c->inodes[ino];
	u32 found = state->nr_names;

	if (qfs_mode_is(inode->mode, QFS_S_IFDIR) && (found || ino == QFS_ROOT_INO))
		found = 2 + state->nr_subdirs;
	if (found != inode->nlink)
		problem(c, "inode %u: its link count is %u, but %u links were found", ino,
			inode->nlink, found);
	else if (found == 0 && !state->orphan)
		problem(c, "inode %u has no name and is not marked as an orphan", ino);
	if (state->orphan && inode->nlink == 0)
		note(c, "inode %u is an orphan; the next mount frees it", ino);
	else if (state->orphan)
		note(c, "inode %u is marked; the next mount cuts it to its size", ino);
}

static bool
is_sound_dir(struct check *c, u32 ino)
{
	return c->inodes[ino].sound && qfs_mode_is(inode_at(c, ino)->mode, QFS_S_IFDIR);
}

void
check_dirs(struct check *c)
{
	for (u32 ino = 1; ino < c->sb.nr_inodes; ino++)
		if (is_sound_dir(c, ino))
			check_dir(c, ino);
	c->inodes[QFS_ROOT_INO].connected = true;
	for (u32 ino = 1; ino < c->sb.nr_inodes; ino++) {
		if (is_sound_dir(c, ino))
			check_dir_place(c, ino);
		if (c->inodes[ino].sound)
			check_links(c, ino);
	}
	if (!c->inodes[QFS_ROOT_INO].in_use)
		problem(c, "there is no root directory");
}
