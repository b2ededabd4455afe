/*
 * Damaged images. fsck must name a problem, or none, and never crash; the kernel must give errors and
 * never crash or leak. Half of the damage gets right checksums, so that it reaches the code behind them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs.h"
#include "fs/qfs/csum.h"
#include "fs/qfs/format.h"
#include "fs/qfs/mount.h"
#include "image_env.h"
#include "sim.h"

#define NR_BLOCKS 640u
#define BYTES	  ((size_t)NR_BLOCKS * QFS_BLOCK_SIZE)
#define REG	  (S_IFREG | 0644)
#define DIR	  (S_IFDIR | 0755)

/* A file system with everything in it: deep files, directories, links, a log with transactions. */
static u8 *
make_image(bool with_log)
{
	static u8 data[300000];
	struct simfs fs = {0};
	struct inode *dir, *inode;
	u8 *image = simfs_mkfs(NR_BLOCKS, 128);
	char name[64];

	disk_init(&fs.disk, image, NR_BLOCKS);
	CHECK_EQ(simfs_mount(&fs, false), 0);
	memset(data, 7, sizeof(data));
	CHECK_EQ(simfs_create(&fs, NULL, "dir", DIR, &dir), 0);
	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "some-name-of-a-file-that-is-not-short-%d", i);
		CHECK_EQ(simfs_create(&fs, dir, name, i % 8 ? REG : DIR, NULL), 0);
	}
	CHECK_EQ(simfs_create(&fs, NULL, "big", REG, &inode), 0);
	CHECK_EQ(simfs_write(inode, 0, data, sizeof(data)), sizeof(data));
	CHECK_EQ(simfs_write(inode, 5000ull * 4096, data, 9000), 9000);
	CHECK_EQ(simfs_link(&fs, inode, dir, "link"), 0);
	CHECK_EQ(simfs_symlink(&fs, NULL, "soft", "dir/link"), 0);
	inode_put(inode);
	inode_put(dir);
	CHECK_EQ(simfs_sync(&fs), 0);
	CHECK_EQ(simfs_remove(&fs, NULL, "soft"), 0);
	CHECK_EQ(simfs_sync(&fs), 0);
	if (with_log)
		simfs_abandon(&fs);
	else
		simfs_unmount(&fs);
	memcpy(image, fs.disk.data, BYTES);
	disk_free(&fs.disk);
	return image;
}

/* Give what is at a block a right checksum, if it is of a kind that has one. */
static void
reseal(u8 *image, u32 block)
{
	struct qfs_super *sb = (void *)image;
	u8 *data = image + (size_t)block * QFS_BLOCK_SIZE;
	struct qfs_log_head *head = (void *)data;
	u32 seed = qfs_seed(sb);

	if (block == 0)
		qfs_super_seal(sb);
	else if (head->magic == QFS_LOG_MAGIC)
		qfs_log_seal(seed, head,
			     head->kind == QFS_LOG_HEADER ? QFS_SUPER_BYTES : QFS_BLOCK_SIZE);
	else if (block >= sb->itable_start && block < sb->data_start)
		for (u32 i = 0; i < QFS_INODES_PER_BLOCK; i++)
			qfs_inode_seal(seed, (block - sb->itable_start) * QFS_INODES_PER_BLOCK + i,
				       (struct qfs_inode *)data + i);
	else
		qfs_block_seal(seed, block, qfs_tail_of(data)->kind, data);
}

static u32
random_metadata_block(const u8 *image)
{
	const struct qfs_super *sb = (const void *)image;

	for (u32 tries = 0; tries < 1000; tries++) {
		u32 block = rnd_below(NR_BLOCKS);
		const struct qfs_tail *tail =
			(const void *)(image + (size_t)block * QFS_BLOCK_SIZE + QFS_BODY_BYTES);

		if (block < sb->data_start || tail->kind == QFS_KIND_DIR ||
		    tail->kind == QFS_KIND_IND || tail->kind == QFS_KIND_DIND)
			return block;
	}
	return 0;
}

/* A value that is likely to hurt. */
static u32
nasty_value(void)
{
	static const u32 values[] = {0, 1, 2, 0xffffffff, 0x7fffffff, 0x80000000, 255, 4096, 4088};

	return rnd_one_in(2) ? values[rnd_below(ARRAY_SIZE(values))] : rnd_below(NR_BLOCKS + 10);
}

static void
damage(u8 *image)
{
	struct qfs_super before = *(struct qfs_super *)image;
	u32 block = random_metadata_block(image);
	u8 *data = image + (size_t)block * QFS_BLOCK_SIZE;
	/* Where things are dense: the beginning of a block, mostly. */
	u32 at = rnd_below(rnd_one_in(2) ? 128 : QFS_BLOCK_SIZE);

	switch (rnd_below(4)) {
	case 0:
		data[at] ^= 1u << rnd_below(8);
		break;
	case 1:
		*(u32 *)(data + (at & ~3u)) = nasty_value();
		break;
	case 2:
		*(u16 *)(data + (at & ~1u)) = nasty_value();
		break;
	default:
		memcpy(data, image + (size_t)random_metadata_block(image) * QFS_BLOCK_SIZE,
		       QFS_BLOCK_SIZE);
	}
	if (rnd_one_in(4))
		return;
	if (block == 0 && memcmp(before.uuid, ((struct qfs_super *)image)->uuid, 16) != 0)
		return;
	reseal(image, block);
}

static u8 buffer[70000];

static void
use_entry(struct simfs *fs, struct inode *dir, const char *name)
{
	struct inode *inode;

	if (simfs_lookup(fs, dir, name, &inode))
		return;
	if (S_ISREG(inode->mode)) {
		simfs_read(inode, rnd_one_in(2) ? 0 : 5000ull * 4096, buffer, sizeof(buffer));
		simfs_write(inode, rnd_below(6000) * 4096, buffer, rnd_below(sizeof(buffer)));
		if (rnd_one_in(2))
			simfs_truncate(inode, rnd_below(400000));
		if (rnd_one_in(2))
			simfs_fsync(inode);
	} else if (S_ISLNK(inode->mode)) {
		inode->iops->readlink(inode, (char *)buffer, sizeof(buffer));
	} else if (S_ISDIR(inode->mode)) {
		simfs_create(fs, inode, "new", rnd_one_in(2) ? REG : DIR, NULL);
	}
	inode_put(inode);
	if (rnd_one_in(3))
		simfs_remove(fs, dir, name);
	else if (rnd_one_in(3))
		simfs_rename(fs, dir, name, NULL, "moved");
}

static void
use_image(const u8 *image)
{
	struct simfs fs = {0};
	struct inode *dir;
	char name[64];

	disk_init(&fs.disk, image, NR_BLOCKS);
	if (simfs_mount(&fs, rnd_one_in(8)) == 0) {
		if (simfs_lookup(&fs, NULL, "dir", &dir))
			dir = NULL;
		for (int i = 0; i < 12; i++) {
			snprintf(name, sizeof(name), "some-name-of-a-file-that-is-not-short-%d",
				 (int)rnd_below(41));
			use_entry(&fs, dir, name);
			use_entry(&fs, NULL, rnd_one_in(2) ? "big" : "soft");
			use_entry(&fs, dir, "link");
		}
		simfs_create(&fs, dir, "another", REG, NULL);
		inode_put(dir);
		simfs_unmount(&fs);
	}
	disk_free(&fs.disk);
	sim_check_no_leaks();
}

static void
damage_run(bool with_log, u32 rounds)
{
	u8 *image, *copy = malloc(BYTES);

	sim_init();
	image = make_image(with_log);
	CHECK_EQ(image_check(image, NR_BLOCKS), 0);
	for (u32 i = 0; i < rounds; i++) {
		memcpy(copy, image, BYTES);
		for (u32 n = 1 + rnd_below(4); n > 0; n--)
			damage(copy);
		image_check(copy, NR_BLOCKS);
		use_image(copy);
	}
	free(copy);
	free(image);
}

HOSTTEST(qfs_damaged_images)
{
	damage_run(false, 200);
}

HOSTTEST(qfs_damaged_images_with_log)
{
	damage_run(true, 200);
}

/* fsck of images that are cut short, empty or noise. */
HOSTTEST(qfs_check_of_noise)
{
	u8 *image;

	sim_init();
	image = make_image(false);
	for (u32 nr = 1; nr < NR_BLOCKS; nr += 13)
		CHECK(image_check(image, nr) > 0);
	for (u32 i = 0; i < 20; i++) {
		for (u32 at = 0; at < BYTES; at += 8)
			*(u64 *)(image + at) = rnd();
		CHECK(image_check(image, NR_BLOCKS) > 0);
	}
	free(image);
}

/* One flipped bit in live metadata does not go unnoticed. */
HOSTTEST(qfs_check_notices_a_flipped_bit)
{
	u8 *image;

	sim_init();
	image = make_image(false);
	for (u32 i = 0; i < 100; i++) {
		u32 block = random_metadata_block(image);
		const struct qfs_super *sb = (const void *)image;
		bool is_log = block >= sb->log_start && block < sb->imap_start;
		u32 limit = block == 0 || is_log ? 40 : QFS_BLOCK_SIZE;
		u8 *byte = image + (size_t)block * QFS_BLOCK_SIZE + rnd_below(limit);

		if (is_log && block != sb->log_start)
			continue;
		*byte ^= 1;
		CHECK_MSG(image_check(image, NR_BLOCKS) > 0, "block %u", block);
		*byte ^= 1;
	}
	CHECK_EQ(image_check(image, NR_BLOCKS), 0);
	free(image);
}

/* Nor do bytes in the place of inode 0, which nothing ever uses. */
HOSTTEST(qfs_check_notices_an_inode_0)
{
	const struct qfs_super *sb;
	u8 *image, *inode;

	sim_init();
	image = make_image(false);
	sb = (const void *)image;
	inode = image + (size_t)sb->itable_start * QFS_BLOCK_SIZE;
	for (u32 at = 0; at < QFS_INODE_SIZE; at++) {
		inode[at] ^= 1;
		CHECK_MSG(image_check(image, NR_BLOCKS) == 1, "byte %u", at);
		inode[at] ^= 1;
	}
	CHECK_EQ(image_check(image, NR_BLOCKS), 0);
	free(image);
}
