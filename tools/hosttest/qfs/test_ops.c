#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs.h"
#include "fs/qfs/dirindex.h"
#include "fs/qfs/format.h"
#include "fs/qfs/mount.h"
#include "image_env.h"
#include "sim.h"
#include "vm/shrinker.h"

#define REG (S_IFREG | 0644)
#define DIR (S_IFDIR | 0755)

static void
setup(struct simfs *fs, u32 nr_blocks, u32 nr_inodes)
{
	u8 *image = simfs_mkfs(nr_blocks, nr_inodes);

	sim_init();
	CHECK_EQ(image_check(image, nr_blocks), 0);
	disk_init(&fs->disk, image, nr_blocks);
	free(image);
	CHECK_EQ(simfs_mount(fs, false), 0);
}

static void
finish(struct simfs *fs)
{
	simfs_unmount(fs);
	sim_verbose = true;
	CHECK_EQ(simfs_check(fs), 0);
	disk_free(&fs->disk);
	sim_check_no_leaks();
}

static void
fill(u8 *data, u64 bytes, u64 seed)
{
	for (u64 i = 0; i < bytes; i++)
		data[i] = (seed * 31 + i * 7 + (i >> 8)) & 0xff;
}

HOSTTEST(qfs_mount_unmount)
{
	struct simfs fs = {0};

	setup(&fs, 1024, 128);
	finish(&fs);
}

HOSTTEST(qfs_create_and_read_back)
{
	static u8 data[300000], back[300000];
	struct simfs fs = {0};
	struct inode *inode;

	setup(&fs, 2048, 128);
	CHECK_EQ(simfs_create(&fs, NULL, "a", REG, &inode), 0);
	fill(data, sizeof(data), 1);
	CHECK_EQ(simfs_write(inode, 0, data, sizeof(data)), sizeof(data));
	CHECK_EQ(simfs_read(inode, 0, back, sizeof(back)), sizeof(back));
	CHECK(memcmp(data, back, sizeof(data)) == 0);
	inode_put(inode);
	simfs_unmount(&fs);
	CHECK_EQ(simfs_mount(&fs, true), 0);
	CHECK_EQ(simfs_lookup(&fs, NULL, "a", &inode), 0);
	CHECK_EQ(inode_size(inode), sizeof(data));
	CHECK_EQ(simfs_read(inode, 0, back, sizeof(back)), sizeof(back));
	CHECK(memcmp(data, back, sizeof(data)) == 0);
	inode_put(inode);
	finish(&fs);
}

#define CUT_BYTES (3 * QFS_BLOCK_SIZE)

static void
cut_and_grow(struct mapping *mapping, bool begun)
{
	mapping_set_size(mapping, begun ? CUT_BYTES : 0);
}

/* The file was cut, but for its blocks, when a read began, and is long again when that ends. */
HOSTTEST(qfs_read_of_what_is_cut_off)
{
	static u8 data[CUT_BYTES], zeros[CUT_BYTES];
	struct simfs fs = {0};
	struct inode *inode;

	setup(&fs, 1024, 128);
	CHECK_EQ(simfs_create(&fs, NULL, "a", REG, &inode), 0);
	memset(data, 'x', sizeof(data));
	CHECK_EQ(simfs_write(inode, 0, data, sizeof(data)), sizeof(data));
	CHECK_EQ(simfs_fsync(inode), 0);
	pagecache_drop_clean(&inode->mapping, 0, UINT64_MAX);
	simfs_around_read = cut_and_grow;
	CHECK_EQ(simfs_read(inode, 0, data, sizeof(data)), sizeof(data));
	simfs_around_read = NULL;
	CHECK(memcmp(data, zeros, sizeof(data)) == 0);
	inode_put(inode);
	finish(&fs);
}

HOSTTEST(qfs_errors_of_names)
{
	struct simfs fs = {0};
	struct inode *dir;
	char name[256];

	setup(&fs, 1024, 128);
	memset(name, 'n', 255);
	name[255] = 0;
	CHECK_EQ(simfs_create(&fs, NULL, name, REG, NULL), 0);
	CHECK_EQ(simfs_create(&fs, NULL, name, REG, NULL), -EEXIST);
	CHECK_EQ(simfs_create(&fs, NULL, "d", DIR, &dir), 0);
	CHECK_EQ(simfs_create(&fs, dir, "x", REG, NULL), 0);
	CHECK_EQ(simfs_remove(&fs, NULL, "d"), -ENOTEMPTY);
	CHECK_EQ(simfs_remove(&fs, dir, "x"), 0);
	CHECK_EQ(simfs_remove(&fs, dir, "x"), -ENOENT);
	CHECK_EQ(simfs_remove(&fs, NULL, "d"), 0);
	CHECK_EQ(dir->nlink, 0);
	inode_put(dir);
	finish(&fs);
}

HOSTTEST(qfs_links)
{
	struct simfs fs = {0};
	struct inode *inode;
	char name[16];

	setup(&fs, 4096, 128);
	CHECK_EQ(simfs_create(&fs, NULL, "f", REG, &inode), 0);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "l%d", i);
		CHECK_EQ(simfs_link(&fs, inode, NULL, name), 0);
	}
	CHECK_EQ(inode->nlink, 501);
	inode->nlink = QFS_LINK_MAX;
	CHECK_EQ(simfs_link(&fs, inode, NULL, "more"), -EMLINK);
	inode->nlink = 501;
	CHECK_EQ(simfs_list(&fs, NULL, NULL), 501);
	for (int i = 0; i < 500; i += 2) {
		snprintf(name, sizeof(name), "l%d", i);
		CHECK_EQ(simfs_remove(&fs, NULL, name), 0);
	}
	CHECK_EQ(simfs_list(&fs, NULL, NULL), 251);
	inode_put(inode);
	finish(&fs);
}

static void
check_symlink(struct simfs *fs, u32 len)
{
	char target[QFS_SYMLINK_MAX + 2], back[QFS_SYMLINK_MAX + 2], name[16];
	struct inode *inode;

	memset(target, 't', len);
	target[len] = 0;
	snprintf(name, sizeof(name), "s%u", len);
	CHECK_EQ(simfs_symlink(fs, NULL, name, target), 0);
	simfs_drop_caches(fs);
	CHECK_EQ(simfs_lookup(fs, NULL, name, &inode), 0);
	CHECK_EQ(inode->iops->readlink(inode, back, sizeof(back)), len);
	CHECK(memcmp(target, back, len) == 0);
	inode_put(inode);
}

HOSTTEST(qfs_symlinks)
{
	struct simfs fs = {0};
	char target[5000];

	setup(&fs, 1024, 128);
	check_symlink(&fs, 1);
	check_symlink(&fs, QFS_INLINE_BYTES);
	check_symlink(&fs, QFS_INLINE_BYTES + 1);
	check_symlink(&fs, QFS_SYMLINK_MAX);
	memset(target, 't', sizeof(target));
	target[4999] = 0;
	CHECK_EQ(simfs_symlink(&fs, NULL, "x", target), -ENAMETOOLONG);
	CHECK_EQ(simfs_remove(&fs, NULL, "s4095"), 0);
	finish(&fs);
}

HOSTTEST(qfs_truncate_shows_no_old_data)
{
	static u8 data[20000], back[20000];
	struct simfs fs = {0};
	struct inode *inode;

	setup(&fs, 1024, 128);
	CHECK_EQ(simfs_create(&fs, NULL, "f", REG, &inode), 0);
	memset(data, 0xee, sizeof(data));
	CHECK_EQ(simfs_write(inode, 0, data, sizeof(data)), sizeof(data));
	CHECK_EQ(simfs_fsync(inode), 0);
	inode_put(inode);
	simfs_drop_caches(&fs);
	CHECK_EQ(simfs_lookup(&fs, NULL, "f", &inode), 0);
	CHECK_EQ(simfs_truncate(inode, 5000), 0);
	CHECK_EQ(simfs_truncate(inode, 20000), 0);
	CHECK_EQ(simfs_read(inode, 0, back, sizeof(back)), sizeof(back));
	CHECK(memcmp(back, data, 5000) == 0);
	for (u32 i = 5000; i < 20000; i++)
		CHECK_EQ(back[i], 0);
	CHECK_EQ(simfs_truncate(inode, QFS_MAX_BYTES + 1), -EFBIG);
	CHECK_EQ(simfs_truncate(inode, QFS_MAX_BYTES), 0);
	CHECK_EQ(simfs_write(inode, QFS_MAX_BYTES - 1, data, 2), 1);
	CHECK_EQ(simfs_write(inode, QFS_MAX_BYTES, data, 2), -EFBIG);
	CHECK_EQ(simfs_fsync(inode), 0);
	inode_put(inode);
	finish(&fs);
}

HOSTTEST(qfs_open_file_outlives_its_name)
{
	u8 data[10000], back[10000];
	struct simfs fs = {0};
	struct inode *inode;
	u64 before;

	setup(&fs, 1024, 128);
	CHECK_EQ(simfs_create(&fs, NULL, "x", REG, NULL), 0);
	before = simfs_free_blocks(&fs);
	CHECK_EQ(simfs_create(&fs, NULL, "f", REG, &inode), 0);
	fill(data, sizeof(data), 3);
	CHECK_EQ(simfs_remove(&fs, NULL, "f"), 0);
	CHECK_EQ(simfs_write(inode, 0, data, sizeof(data)), sizeof(data));
	CHECK_EQ(simfs_fsync(inode), 0);
	CHECK_EQ(simfs_check(&fs), 0);
	CHECK_EQ(simfs_read(inode, 0, back, sizeof(back)), sizeof(back));
	CHECK(memcmp(data, back, sizeof(data)) == 0);
	inode_put(inode);
	CHECK_EQ(simfs_free_blocks(&fs), before);
	finish(&fs);
}

HOSTTEST(qfs_full_disk)
{
	static u8 data[65536];
	struct simfs fs = {0};
	struct inode *inode;
	u64 before, pos = 0;
	s64 n;

	setup(&fs, 1024, 128);
	CHECK_EQ(simfs_create(&fs, NULL, "f", REG, &inode), 0);
	CHECK_EQ(simfs_sync(&fs), 0);
	before = simfs_free_blocks(&fs);
	fill(data, sizeof(data), 4);
	while ((n = simfs_write(inode, pos, data, sizeof(data))) > 0)
		pos += n;
	CHECK_EQ(n, -ENOSPC);
	CHECK_MSG(pos >= (before - 8) * 4096, "only %llu of %llu blocks",
		  (unsigned long long)pos / 4096, (unsigned long long)before);
	CHECK_EQ(simfs_create(&fs, NULL, "d", DIR, NULL), -ENOSPC);
	CHECK_EQ(simfs_fsync(inode), 0);
	CHECK_EQ(simfs_check(&fs), 0);
	for (u32 round = 0; round < 3; round++) {
		CHECK_EQ(simfs_truncate(inode, 0), 0);
		CHECK_EQ(simfs_free_blocks(&fs), before);
		for (pos = 0; (n = simfs_write(inode, pos, data, sizeof(data))) > 0;)
			pos += n;
		CHECK_EQ(n, -ENOSPC);
		CHECK(pos >= (before - 8) * 4096);
	}
	CHECK_EQ(simfs_remove(&fs, NULL, "f"), 0);
	inode_put(inode);
	CHECK_EQ(simfs_free_blocks(&fs), before);
	finish(&fs);
}

HOSTTEST(qfs_out_of_inodes)
{
	struct simfs fs = {0};
	char name[16];
	int i, err = 0;

	setup(&fs, 1024, 64);
	for (i = 0; !err; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		err = simfs_create(&fs, NULL, name, REG, NULL);
	}
	CHECK_EQ(err, -ENOSPC);
	CHECK_EQ(i, 64 - 2 + 1);
	CHECK_EQ(simfs_remove(&fs, NULL, "f7"), 0);
	CHECK_EQ(simfs_create(&fs, NULL, "again", DIR, NULL), 0);
	finish(&fs);
}

HOSTTEST(qfs_large_sparse_file)
{
	static const u64 places[] = {0,	   39,	 40,   41,	1061,	 1062,
				     1063, 2083, 2084, 1045545, 1045546, (1u << 20) - 1};
	struct simfs fs = {0};
	struct inode *inode;
	u8 data[4096], back[4096];

	setup(&fs, 2048, 128);
	CHECK_EQ(simfs_create(&fs, NULL, "f", REG, &inode), 0);
	for (u32 i = 0; i < ARRAY_SIZE(places); i++) {
		fill(data, sizeof(data), places[i]);
		CHECK_EQ(simfs_write(inode, places[i] * 4096, data, 4096), 4096);
		if (i % 3 == 0)
			CHECK_EQ(simfs_fsync(inode), 0);
	}
	CHECK_EQ(simfs_fsync(inode), 0);
	CHECK_EQ(simfs_check(&fs), 0);
	inode_put(inode);
	simfs_drop_caches(&fs);
	CHECK_EQ(simfs_lookup(&fs, NULL, "f", &inode), 0);
	for (u32 i = 0; i < ARRAY_SIZE(places); i++) {
		fill(data, sizeof(data), places[i]);
		CHECK_EQ(simfs_read(inode, places[i] * 4096, back, 4096), 4096);
		CHECK(memcmp(data, back, 4096) == 0);
	}
	for (u32 i = ARRAY_SIZE(places); i-- > 0;) {
		CHECK_EQ(simfs_truncate(inode, places[i] * 4096 + 1), 0);
		CHECK_EQ(simfs_sync(&fs), 0);
		CHECK_EQ(simfs_check(&fs), 0);
	}
	inode_put(inode);
	finish(&fs);
}

HOSTTEST(qfs_big_directory)
{
	struct simfs fs = {0};
	struct inode *dir, *inode;
	char name[64];

	setup(&fs, 4096, 4096);
	CHECK_EQ(simfs_create(&fs, NULL, "d", DIR, &dir), 0);
	for (int i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "a-rather-long-name-of-a-file-number-%d", i);
		CHECK_EQ(simfs_create(&fs, dir, name, REG, NULL), 0);
	}
	CHECK_EQ(simfs_list(&fs, dir, NULL), 3000);
	for (int i = 0; i < 3000; i += 3) {
		snprintf(name, sizeof(name), "a-rather-long-name-of-a-file-number-%d", i);
		CHECK_EQ(simfs_remove(&fs, dir, name), 0);
		CHECK_EQ(simfs_lookup(&fs, dir, name, &inode), -ENOENT);
	}
	CHECK_EQ(simfs_list(&fs, dir, NULL), 2000);
	inode_put(dir);
	finish(&fs);
}

/* A name that comes and goes leaves one trace in the index of its directory, not one each time. */
HOSTTEST(qfs_index_stays_small)
{
	struct simfs fs = {0};
	const struct qfs_dir_index *index;
	char name[40];

	setup(&fs, 2048, 1024);
	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "a-name-in-a-directory-%d", i);
		CHECK_EQ(simfs_create(&fs, NULL, name, REG, NULL), 0);
	}
	for (int i = 0; i < 3000; i++) {
		CHECK_EQ(simfs_create(&fs, NULL, "temporary", REG, NULL), 0);
		CHECK_EQ(simfs_remove(&fs, NULL, "temporary"), 0);
	}
	index = qfs_node_of(fs.sb.root)->index;
	CHECK(index && index->nr_used < 520);
	finish(&fs);
}

/* When memory is short the buffers go: those in use, or not yet in their place, after a checkpoint. */
HOSTTEST(qfs_buffers_are_given_back)
{
	struct simfs fs = {0};
	struct qfs_buf_cache *bufs;
	struct inode *dir;
	u32 nr_needed;
	char name[16];

	setup(&fs, 4096, 1024);
	bufs = &((struct qfs *)fs.sb.private)->bufs;
	nr_needed = bufs->nr_bufs;
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		CHECK_EQ(simfs_create(&fs, NULL, name, DIR, &dir), 0);
		CHECK_EQ(simfs_create(&fs, dir, "file", REG, NULL), 0);
		inode_put(dir);
	}
	CHECK_EQ(simfs_sync(&fs), 0);
	CHECK(bufs->nr_bufs > nr_needed + 200);
	shrinkers_run(GFP_KERNEL, 0);
	CHECK_EQ(simfs_create(&fs, NULL, "waiting", REG, NULL), 0);
	CHECK_EQ(simfs_sync(&fs), 0);
	shrinkers_run(GFP_KERNEL, 0);
	CHECK(sim_idle());
	shrinkers_run(GFP_KERNEL, 0);
	CHECK_EQ(bufs->nr_unused, 0);
	CHECK(bufs->nr_bufs <= nr_needed + 1);
	simfs_drop_caches(&fs);
	CHECK_EQ(simfs_lookup(&fs, NULL, "d77", &dir), 0);
	CHECK_EQ(simfs_list(&fs, dir, NULL), 1);
	inode_put(dir);
	finish(&fs);
}

HOSTTEST(qfs_rename)
{
	struct simfs fs = {0};
	struct inode *a, *b, *sub, *inode;

	setup(&fs, 1024, 128);
	CHECK_EQ(simfs_create(&fs, NULL, "a", DIR, &a), 0);
	CHECK_EQ(simfs_create(&fs, NULL, "b", DIR, &b), 0);
	CHECK_EQ(simfs_create(&fs, a, "sub", DIR, &sub), 0);
	CHECK_EQ(simfs_create(&fs, a, "f", REG, NULL), 0);
	CHECK_EQ(simfs_create(&fs, b, "g", REG, NULL), 0);
	CHECK_EQ(simfs_rename(&fs, a, "f", a, "a-much-longer-name-than-before"), 0);
	CHECK_EQ(simfs_rename(&fs, a, "a-much-longer-name-than-before", b, "g"), 0);
	CHECK_EQ(simfs_list(&fs, b, NULL), 1);
	CHECK_EQ(a->nlink, 3);
	CHECK_EQ(simfs_rename(&fs, a, "sub", b, "sub2"), 0);
	CHECK_EQ(a->nlink, 2);
	CHECK_EQ(b->nlink, 3);
	simfs_drop_caches(&fs);
	CHECK_EQ(simfs_lookup(&fs, b, "sub2", &inode), 0);
	CHECK(inode == sub);
	inode_put(inode);
	CHECK_EQ(simfs_create(&fs, a, "empty", DIR, NULL), 0);
	CHECK_EQ(simfs_rename(&fs, b, "sub2", a, "empty"), 0);
	CHECK_EQ(simfs_sync(&fs), 0);
	CHECK_EQ(simfs_check(&fs), 0);
	CHECK_EQ(simfs_create(&fs, sub, "x", REG, NULL), 0);
	CHECK_EQ(simfs_rename(&fs, NULL, "b", a, "empty"), -ENOTEMPTY);
	inode_put(a);
	inode_put(b);
	inode_put(sub);
	finish(&fs);
}

HOSTTEST(qfs_io_error_stops_writing)
{
	struct simfs fs = {0};
	struct inode *inode;
	u8 byte = 1;

	setup(&fs, 1024, 128);
	CHECK_EQ(simfs_create(&fs, NULL, "before", REG, &inode), 0);
	CHECK_EQ(simfs_write(inode, 0, &byte, 1), 1);
	CHECK_EQ(simfs_fsync(inode), 0);
	CHECK_EQ(simfs_create(&fs, NULL, "lost", REG, NULL), 0);
	fs.disk.fail_writes_after = 1;
	CHECK_EQ(simfs_sync(&fs), -EIO);
	CHECK_EQ(simfs_create(&fs, NULL, "after", REG, NULL), -EROFS);
	CHECK_EQ(simfs_read(inode, 0, &byte, 1), 1);
	inode_put(inode);
	simfs_unmount(&fs);
	fs.disk.fail_writes_after = 0;
	CHECK_EQ(simfs_mount(&fs, false), 0);
	CHECK_EQ(simfs_lookup(&fs, NULL, "before", &inode), 0);
	inode_put(inode);
	finish(&fs);
}

/* Some blocks cannot be read or written for a while: errors, but what is on the disk stays consistent. */
HOSTTEST(qfs_bad_blocks)
{
	static u8 data[50000];
	char name[16];

	sim_init();
	for (int round = 0; round < 30; round++) {
		struct simfs fs = {0};
		u8 *image = simfs_mkfs(512, 64);

		disk_init(&fs.disk, image, 512);
		free(image);
		CHECK_EQ(simfs_mount(&fs, false), 0);
		for (int i = 0; i < 200; i++) {
			struct inode *inode;

			if (i == 60)
				for (u32 n = 0; n < 8; n++)
					fs.disk.bad_block[fs.disk.nr_bad_blocks++] = rnd_below(250);
			snprintf(name, sizeof(name), "n%d", (int)rnd_below(20));
			if (rnd_one_in(9))
				simfs_drop_caches(&fs);
			else if (rnd_one_in(9))
				simfs_sync(&fs);
			else if (rnd_one_in(3))
				simfs_create(&fs, NULL, name, rnd_one_in(2) ? DIR : REG, NULL);
			else if (rnd_one_in(3))
				simfs_remove(&fs, NULL, name);
			if (simfs_lookup(&fs, NULL, name, &inode))
				continue;
			if (S_ISREG(inode->mode) && rnd_one_in(2))
				simfs_write(inode, rnd_below(300000), data, rnd_below(50000));
			else if (S_ISREG(inode->mode))
				simfs_truncate(inode, rnd_below(300000));
			inode_put(inode);
		}
		simfs_unmount(&fs);
		fs.disk.nr_bad_blocks = 0;
		sim_verbose = true;
		CHECK_EQ(simfs_check(&fs), 0);
		sim_verbose = false;
		disk_free(&fs.disk);
		sim_check_no_leaks();
	}
}

/* Operations at random while allocations fail at random: errors, but nothing wrong and nothing lost. */
HOSTTEST(qfs_allocation_failures)
{
	static u8 data[100000];
	struct simfs fs = {0};
	char name[16], other[16];

	setup(&fs, 2048, 256);
	for (int i = 0; i < 3000; i++) {
		struct inode *inode;

		sim_alloc_fail_one_in = 5 + rnd_below(40);
		snprintf(name, sizeof(name), "n%d", (int)rnd_below(40));
		snprintf(other, sizeof(other), "n%d", (int)rnd_below(40));
		switch (rnd_below(6)) {
		case 0:
			simfs_create(&fs, NULL, name, rnd_one_in(3) ? DIR : REG, NULL);
			break;
		case 1:
			simfs_remove(&fs, NULL, name);
			break;
		case 2:
			simfs_rename(&fs, NULL, name, NULL, other);
			break;
		case 3:
			simfs_sync(&fs);
			break;
		default:
			if (simfs_lookup(&fs, NULL, name, &inode))
				break;
			if (S_ISREG(inode->mode) && rnd_one_in(4))
				simfs_truncate(inode, rnd_below(100000));
			else if (S_ISREG(inode->mode))
				simfs_write(inode, rnd_below(100000), data,
					    rnd_below(sizeof(data)));
			inode_put(inode);
		}
	}
	sim_alloc_fail_one_in = 0;
	CHECK_EQ(((struct qfs *)fs.sb.private)->log.error, 0);
	finish(&fs);
}
