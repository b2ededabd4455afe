/* Writes of file data that fail: what the blocks held before must not show, and nothing may leak. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs.h"
#include "fs/qfs/format.h"
#include "fs/qfs/mount.h"
#include "image_env.h"
#include "sim.h"

#define NR_BLOCKS 900u
#define REG	  (S_IFREG | 0644)
#define OLD	  0xee
#define NEW	  0x11

static u8 data[400000], back[400000];

/* A file system whose free blocks hold a former file's data. */
static void
setup_with_old_data(struct simfs *fs)
{
	u8 *image = simfs_mkfs(NR_BLOCKS, 64);

	disk_init(&fs->disk, image, NR_BLOCKS);
	free(image);
	CHECK_EQ(simfs_mount(fs, false), 0);
	simfs_leave_old_data(fs, OLD);
	simfs_unmount(fs);
	CHECK_EQ(simfs_mount(fs, false), 0);
	disk_forget_events(&fs->disk);
}

/* complete: every byte of from..to-1 is new; else it may be a hole. */
static void
check_contents(struct inode *inode, u64 from, u64 to, bool complete)
{
	u64 size = inode_size(inode);

	CHECK(size <= sizeof(back));
	CHECK_EQ(simfs_read(inode, 0, back, sizeof(back)), size);
	for (u64 i = 0; i < size; i++)
		CHECK_MSG(back[i] == NEW || (back[i] == 0 && !(complete && i >= from && i < to)),
			  "byte %lu of %lu is %x", i, size, back[i]);
}

static struct inode *
open_new(struct simfs *fs)
{
	struct inode *inode;

	CHECK_EQ(simfs_lookup(fs, NULL, "new", &inode), 0);
	return inode;
}

/* What a crash would leave: a file system in order, without old data in the file. */
static void
check_crash(struct simfs *fs)
{
	struct simfs after = {0};
	u8 *image = disk_crash_image(&fs->disk, rnd_below(fs->disk.nr_events + 1));
	struct inode *inode;

	CHECK_EQ(image_check(image, NR_BLOCKS), 0);
	disk_init(&after.disk, image, NR_BLOCKS);
	CHECK_EQ(simfs_mount(&after, true), 0);
	if (simfs_lookup(&after, NULL, "new", &inode) == 0) {
		check_contents(inode, 0, 0, false);
		inode_put(inode);
	}
	simfs_unmount(&after);
	disk_free(&after.disk);
	free(image);
}

/* Write, or map and store, while writes to a part of the disk fail. */
static void
write_while_failing(struct simfs *fs, u64 pos, u64 bytes)
{
	struct inode *inode = open_new(fs);
	bool failed;

	CHECK_EQ(simfs_write(inode, pos, data, bytes), bytes);
	if (rnd_one_in(3))
		sim_alloc_fail_one_in = 3;
	if (rnd_one_in(2)) {
		simfs_write_back(fs);
		CHECK_EQ(simfs_write(inode, pos + bytes / 2, data, 10), 10);
	}
	if (rnd_one_in(4))
		simfs_truncate(inode, pos + bytes / 2);
	sim_alloc_fail_one_in = 0;
	failed = simfs_fsync(inode) != 0 || inode->mapping.wb_errors;
	inode_put(inode);
	simfs_drop_caches(fs);
	inode = open_new(fs);
	check_contents(inode, pos, pos + bytes, !failed);
	inode_put(inode);
}

static void
write_again(struct simfs *fs, u64 pos, u64 bytes)
{
	struct inode *inode = open_new(fs);

	CHECK_EQ(simfs_write(inode, pos, data, bytes), bytes);
	CHECK_EQ(simfs_fsync(inode), 0);
	inode_put(inode);
	simfs_drop_caches(fs);
	inode = open_new(fs);
	check_contents(inode, pos, pos + bytes, true);
	inode_put(inode);
}

static void
failing_round(void)
{
	struct simfs fs = {0};
	struct qfs *qfs;
	u64 pos = rnd_below(200000), bytes = 1 + rnd_below(100000), nr_free;

	setup_with_old_data(&fs);
	qfs = fs.sb.private;
	nr_free = simfs_free_blocks(&fs);
	memset(data, NEW, sizeof(data));
	CHECK_EQ(simfs_create(&fs, NULL, "new", REG, NULL), 0);
	CHECK_EQ(simfs_sync(&fs), 0);
	fs.disk.bad_write_from = qfs->disk.data_start + 1 + rnd_below(40);
	fs.disk.bad_write_to = fs.disk.bad_write_from + 1 + rnd_below(60);
	write_while_failing(&fs, pos, bytes);
	check_crash(&fs);
	fs.disk.bad_write_to = 0;
	if (!qfs->log.error)
		write_again(&fs, pos, bytes);
	check_crash(&fs);
	if (!qfs->log.error) {
		CHECK_EQ(simfs_remove(&fs, NULL, "new"), 0);
		CHECK_EQ(simfs_sync(&fs), 0);
		CHECK_EQ(simfs_free_blocks(&fs), nr_free);
	}
	simfs_unmount(&fs);
	CHECK_EQ(simfs_check(&fs), 0);
	disk_free(&fs.disk);
	sim_check_no_leaks();
}

HOSTTEST(qfs_failed_write_shows_no_old_data)
{
	sim_init();
	for (int round = 0; round < 60; round++)
		failing_round();
}
