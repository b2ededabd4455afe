/*
 * Memory that is not there, at any moment: each call succeeds or fails as a whole, no error of the disk is
 * made up, no old data shows, and once there is memory again everything can be given back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs.h"
#include "fs/qfs/format.h"
#include "image_env.h"
#include "mem/page_alloc.h"
#include "sim.h"
#include "vm/shrinker.h"

#define NR_BLOCKS   3000u
#define NR_NAMES    6u
#define LARGE_BYTES 5000000u
#define REG	    (S_IFREG | 0644)
#define DIR	    (S_IFDIR | 0755)
#define OLD	    0xee
#define NEW	    0x11

static u8 data[200000], back[200000];

/* A file system whose free blocks hold a former file's data. */
static void
setup(struct simfs *fs)
{
	u8 *image = simfs_mkfs(NR_BLOCKS, 128);

	disk_init(&fs->disk, image, NR_BLOCKS);
	free(image);
	CHECK_EQ(simfs_mount(fs, false), 0);
	simfs_leave_old_data(fs, OLD);
	CHECK_EQ(simfs_sync(fs), 0);
	memset(data, NEW, sizeof(data));
}

static const char *
random_name(char kind)
{
	static char name[16];

	snprintf(name, sizeof(name), "%c%u", kind, (u32)rnd_below(NR_NAMES));
	return name;
}

/* Every byte was written, or is in a hole. */
static void
check_contents(struct inode *inode)
{
	u64 size = inode_size(inode);
	s64 done;

	for (u64 pos = 0; pos < size; pos += done) {
		done = simfs_read(inode, pos, back, sizeof(back));
		CHECK(done > 0);
		for (s64 i = 0; i < done; i++)
			CHECK_MSG(back[i] == NEW || back[i] == 0, "byte %lu of %lu is %x", pos + i,
				  size, back[i]);
	}
}

static void
change_file(struct simfs *fs)
{
	struct inode *inode;
	u64 failing = sim_alloc_fail_one_in;

	if (simfs_lookup(fs, NULL, random_name('f'), &inode) < 0)
		return;
	if (rnd_one_in(2))
		simfs_write(inode, rnd_below(LARGE_BYTES), data, 1 + rnd_below(sizeof(data)));
	else
		simfs_truncate(inode, rnd_below(inode_size(inode) * 2 + 1));
	sim_alloc_fail_one_in = 0;
	check_contents(inode);
	sim_alloc_fail_one_in = failing;
	inode_put(inode);
}

static void
random_call(struct simfs *fs)
{
	char target[300];

	memset(target, 't', sizeof(target));
	target[100 + rnd_below(199)] = 0;
	switch (rnd_below(6)) {
	case 0:
		simfs_create(fs, NULL, random_name('f'), REG, NULL);
		break;
	case 1:
		simfs_create(fs, NULL, random_name('d'), DIR, NULL);
		break;
	case 2:
		simfs_symlink(fs, NULL, random_name('s'), target);
		break;
	case 3:
		simfs_remove(fs, NULL, random_name("fds"[rnd_below(3)]));
		break;
	default:
		change_file(fs);
	}
}

static void
remove_all(struct simfs *fs)
{
	char name[16];

	for (u32 i = 0; i < 3 * NR_NAMES; i++) {
		int err;

		snprintf(name, sizeof(name), "%c%u", "fds"[i % 3], i / 3);
		err = simfs_remove(fs, NULL, name);
		CHECK(err == 0 || err == -ENOENT);
	}
	CHECK_EQ(simfs_sync(fs), 0);
}

static void
failing_round(void)
{
	struct simfs fs = {0};
	u64 nr_free;

	setup(&fs);
	nr_free = simfs_free_blocks(&fs);
	sim_nr_errors = 0;
	for (u32 i = 0; i < 120; i++) {
		sim_alloc_fail_one_in = rnd_below(8);
		random_call(&fs);
		if (rnd_one_in(8))
			simfs_drop_caches(&fs);
		if (rnd_one_in(4))
			shrinkers_run(GFP_KERNEL, 0);
	}
	sim_alloc_fail_one_in = 0;
	CHECK_EQ(simfs_sync(&fs), 0);
	CHECK_EQ(simfs_check(&fs), 0);
	remove_all(&fs);
	CHECK_EQ(simfs_free_blocks(&fs), nr_free);
	CHECK_EQ(sim_nr_errors, 0);
	simfs_unmount(&fs);
	CHECK_EQ(simfs_check(&fs), 0);
	disk_free(&fs.disk);
	sim_check_no_leaks();
}

HOSTTEST(qfs_without_memory_loses_nothing)
{
	sim_init();
	for (int round = 0; round < 20; round++)
		failing_round();
}

/* A cut that fails, and the file grows again: what was cut off must not come back. */
static void
cut_round(struct simfs *fs)
{
	struct inode *inode;
	u64 size = rnd_below(1000) * QFS_BLOCK_SIZE, whole;
	int err;

	CHECK_EQ(simfs_create(fs, NULL, "f", REG, &inode), 0);
	memset(data, OLD, sizeof(data));
	for (u64 pos = size; pos < LARGE_BYTES; pos += sizeof(data))
		CHECK_EQ(simfs_write(inode, pos, data, sizeof(data)), sizeof(data));
	whole = inode_size(inode);
	inode_put(inode);
	simfs_unmount(fs);
	CHECK_EQ(simfs_mount(fs, false), 0);
	CHECK_EQ(simfs_lookup(fs, NULL, "f", &inode), 0);
	sim_alloc_fail_one_in = 1 + rnd_below(4);
	err = simfs_truncate(inode, size);
	if (rnd_one_in(2)) {
		inode_put(inode);
		super_drop_inodes(&fs->sb);
		sim_alloc_fail_one_in = 0;
		CHECK_EQ(simfs_lookup(fs, NULL, "f", &inode), 0);
	}
	sim_alloc_fail_one_in = 0;
	CHECK(inode_size(inode) == size || (err && inode_size(inode) == whole));
	if (inode_size(inode) == size) {
		CHECK_EQ(rnd_one_in(2) ? simfs_truncate(inode, LARGE_BYTES)
				       : simfs_write(inode, LARGE_BYTES, "", 1) - 1,
			 0);
		check_contents(inode);
	}
	inode_put(inode);
	CHECK_EQ(simfs_remove(fs, NULL, "f"), 0);
}

HOSTTEST(qfs_failed_cut_does_not_come_back)
{
	struct simfs fs = {0};
	u64 nr_free;

	sim_init();
	setup(&fs);
	nr_free = simfs_free_blocks(&fs);
	for (int round = 0; round < 60; round++)
		cut_round(&fs);
	CHECK_EQ(simfs_sync(&fs), 0);
	CHECK_EQ(simfs_free_blocks(&fs), nr_free);
	simfs_unmount(&fs);
	CHECK_EQ(simfs_check(&fs), 0);
	disk_free(&fs.disk);
	sim_check_no_leaks();
}
