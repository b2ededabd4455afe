#include "fs/qfs/dirblock.h"

#include "lib/string.h"

static const char *
dirent_check(const struct qfs_dirent *entry, u32 room, u32 nr_inodes)
{
	if (entry->rec_len < QFS_DIRENT_HEAD || entry->rec_len % 4 || entry->rec_len > room)
		return "a record's length is impossible";
	if (entry->ino == 0)
		return NULL;
	if (entry->ino >= nr_inodes)
		return "a record's inode number is impossible";
	if (entry->name_len == 0)
		return "a name is empty";
	if (QFS_DIRENT_BYTES(entry->name_len) > entry->rec_len)
		return "a name is longer than its record";
	if (memchr(entry->name, '/', entry->name_len) || memchr(entry->name, 0, entry->name_len))
		return "a name contains '/' or a zero byte";
	return NULL;
}

const char *
qfs_dirblock_check(const void *block, u32 nr_inodes)
{
	const u8 *base = block;
	const char *why;

	for (u32 at = 0; at < QFS_BODY_BYTES;) {
		const struct qfs_dirent *entry = (const void *)(base + at);

		if (QFS_BODY_BYTES - at < QFS_DIRENT_HEAD)
			return "the last record is cut off";
		why = dirent_check(entry, QFS_BODY_BYTES - at, nr_inodes);
		if (why)
			return why;
		at += entry->rec_len;
	}
	return NULL;
}

void
qfs_dirblock_init(void *block)
{
	struct qfs_dirent *entry = block;

	memset(block, 0, QFS_BLOCK_SIZE);
	entry->rec_len = QFS_BODY_BYTES;
}

struct qfs_dirent *
qfs_dirblock_find(void *block, const char *name, u32 len)
{
	qfs_for_each_dirent(entry, block)
	{
		if (entry->name_len == len && entry->ino && entry->name[0] == name[0] &&
		    memcmp(entry->name, name, len) == 0)
			return entry;
	}
	return NULL;
}

static u32
dirent_used_bytes(const struct qfs_dirent *entry)
{
	return entry->ino ? QFS_DIRENT_BYTES(entry->name_len) : 0;
}

struct qfs_dirent *
qfs_dirblock_room(const void *block, u32 len)
{
	u32 need = QFS_DIRENT_BYTES(len);

	qfs_for_each_dirent(entry, block)
	{
		if (entry->rec_len - dirent_used_bytes(entry) >= need)
			return entry;
	}
	return NULL;
}

void
qfs_dirent_add(struct qfs_dirent *entry, u32 ino, u8 type, const char *name, u32 len)
{
	u32 used = dirent_used_bytes(entry);
	u16 room = entry->rec_len - used;

	if (used) {
		entry->rec_len = used;
		entry = (void *)((u8 *)entry + used);
	}
	memset(entry, 0, QFS_DIRENT_BYTES(len));
	entry->ino = ino;
	entry->rec_len = room;
	entry->name_len = len;
	entry->type = type;
	memcpy(entry->name, name, len);
}

bool
qfs_dirblock_add(void *block, u32 ino, u8 type, const char *name, u32 len)
{
	struct qfs_dirent *room = qfs_dirblock_room(block, len);

	if (room)
		qfs_dirent_add(room, ino, type, name, len);
	return room;
}

void
qfs_dirblock_remove(void *block, struct qfs_dirent *victim)
{
	struct qfs_dirent *before = NULL;
	u16 rec_len = victim->rec_len;

	qfs_for_each_dirent(entry, block)
	{
		if (entry == victim)
			break;
		before = entry;
	}
	memset(victim, 0, dirent_used_bytes(victim));
	if (before)
		before->rec_len += rec_len;
	else
		victim->rec_len = rec_len;
}

static bool
is_dot_or_dotdot(const struct qfs_dirent *entry)
{
	if (entry->name[0] != '.')
		return false;
	return entry->name_len == 1 || (entry->name_len == 2 && entry->name[1] == '.');
}

bool
qfs_dirblock_is_empty(const void *block)
{
	qfs_for_each_dirent(entry, block)
	{
		if (entry->ino && !is_dot_or_dotdot(entry))
			return false;
	}
	return true;
}
