/*
 * A random workload, and then: cut the disk off at random points. Whatever the disk's cache did with the
 * writes since the last FLUSH, fsck must find nothing wrong, and what was promised (by fsync or sync)
 * before the cut, and not touched since, must be there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs.h"
#include "fs/qfs/format.h"
#include "image_env.h"
#include "sim.h"

#define NR_BLOCKS 1536u
#define NR_FILES  24u
#define NR_DIRS	  3u
#define MAX_BYTES (700u << 10)

/* A file by its number: which directory it is in, and what it contains. */
struct model {
	bool exists;
	bool certain; /* the contents were not changed by a failed call */
	u8 *data;
	u64 bytes;
};

/* A state of a file that every crash between two events must show. */
struct promise {
	u32 file;
	u32 from, to; /* events; to: UINT32_MAX while it holds */
	struct model state;
};

struct crash_test {
	struct simfs fs;
	struct model files[NR_FILES];
	struct promise *promises;
	u32 nr_promises;
};

static struct crash_test ct;

static void
file_name(u32 file, char name[32])
{
	/* Some names are long, so that directories grow. */
	snprintf(name, 32, file % 3 ? "f%u" : "file-with-a-long-name-%u", file);
}

/* Files live in the root and in the directories d1 .. */
static struct inode *
file_dir(u32 file)
{
	char name[8];
	struct inode *dir;

	if (file % (NR_DIRS + 1) == 0)
		return NULL;
	snprintf(name, sizeof(name), "d%u", file % (NR_DIRS + 1));
	CHECK_EQ(simfs_lookup(&ct.fs, NULL, name, &dir), 0);
	return dir;
}

static int
open_file(u32 file, struct inode **inode)
{
	struct inode *dir = file_dir(file);
	char name[32];
	int err;

	file_name(file, name);
	err = simfs_lookup(&ct.fs, dir, name, inode);
	inode_put(dir);
	return err;
}

static void
promises_end(u32 file)
{
	for (u32 i = 0; i < ct.nr_promises; i++)
		if (ct.promises[i].file == file && ct.promises[i].to == UINT32_MAX)
			ct.promises[i].to = ct.fs.disk.nr_events;
}

static void
promise_add(u32 file)
{
	struct model *model = &ct.files[file];
	struct promise *promise;

	promises_end(file);
	ct.promises = realloc(ct.promises, (ct.nr_promises + 1) * sizeof(*promise));
	promise = &ct.promises[ct.nr_promises++];
	*promise = (struct promise){file, ct.fs.disk.nr_events, UINT32_MAX, *model};
	promise->state.data = malloc(model->bytes + 1);
	memcpy(promise->state.data, model->data, model->bytes);
}

/* --- the workload ------------------------------------------------------------------------------------ */

static void
op_create(u32 file)
{
	struct inode *dir = file_dir(file);
	char name[32];
	int err;

	file_name(file, name);
	err = simfs_create(&ct.fs, dir, name, S_IFREG | 0600, NULL);
	inode_put(dir);
	if (err == -ENOSPC)
		return;
	CHECK_EQ(err, 0);
	ct.files[file].exists = true;
	ct.files[file].bytes = 0;
}

static void
op_remove(u32 file)
{
	struct inode *dir = file_dir(file);
	char name[32];

	file_name(file, name);
	CHECK_EQ(simfs_remove(&ct.fs, dir, name), 0);
	inode_put(dir);
	ct.files[file].exists = false;
	ct.files[file].bytes = 0;
}

static void
op_write(u32 file)
{
	struct model *model = &ct.files[file];
	u64 bytes = 1 + rnd_below(rnd_one_in(4) ? 200000 : 6000);
	u64 pos = rnd_one_in(3) ? rnd_below(MAX_BYTES - 200000) : rnd_below(model->bytes + 1);
	static u8 data[200001];
	struct inode *inode;
	s64 done = 0, n = 1;

	for (u64 i = 0; i < bytes; i++)
		data[i] = rnd();
	bytes = MIN(bytes, MAX_BYTES - pos);
	CHECK_EQ(open_file(file, &inode), 0);
	while (done < (s64)bytes) {
		n = simfs_write(inode, pos + done, data + done, bytes - done);
		if (n <= 0)
			break;
		done += n;
	}
	CHECK(n > 0 || n == -ENOSPC);
	inode_put(inode);
	if (done == 0)
		return;
	if (pos > model->bytes)
		memset(model->data + model->bytes, 0, pos - model->bytes);
	memcpy(model->data + pos, data, done);
	model->bytes = MAX(model->bytes, pos + done);
}

static void
op_truncate(u32 file)
{
	struct model *model = &ct.files[file];
	u64 size = rnd_one_in(2) ? rnd_below(MAX_BYTES) : rnd_below(model->bytes + 1);
	struct inode *inode;

	CHECK_EQ(open_file(file, &inode), 0);
	CHECK_EQ(simfs_truncate(inode, size), 0);
	inode_put(inode);
	if (size > model->bytes)
		memset(model->data + model->bytes, 0, size - model->bytes);
	model->bytes = size;
}

static void
op_rename(u32 file, u32 other)
{
	struct inode *old_dir = file_dir(file), *new_dir = file_dir(other);
	struct model moved = ct.files[file];
	char old_name[32], new_name[32];
	int err;

	file_name(file, old_name);
	file_name(other, new_name);
	err = simfs_rename(&ct.fs, old_dir, old_name, new_dir, new_name);
	inode_put(old_dir);
	inode_put(new_dir);
	if (err == -ENOSPC || file == other)
		return;
	CHECK_EQ(err, 0);
	ct.files[file] = ct.files[other];
	ct.files[file].exists = false;
	ct.files[file].bytes = 0;
	ct.files[other] = moved;
}

static void
op_fsync(u32 file)
{
	struct inode *inode;

	CHECK_EQ(open_file(file, &inode), 0);
	CHECK_EQ(simfs_fsync(inode), 0);
	inode_put(inode);
	promise_add(file);
}

static void
op_sync(void)
{
	CHECK_EQ(simfs_sync(&ct.fs), 0);
	for (u32 file = 0; file < NR_FILES; file++)
		promise_add(file);
}

static void
compare(const struct model *model, struct inode *inode, u32 file)
{
	u8 *back = malloc(MAX_BYTES);

	CHECK_MSG(inode_size(inode) == model->bytes, "file %u: %llu bytes, not %llu", file,
		  (unsigned long long)inode_size(inode), (unsigned long long)model->bytes);
	CHECK_EQ(simfs_read(inode, 0, back, MAX_BYTES), model->bytes);
	for (u64 i = 0; i < model->bytes; i++)
		CHECK_MSG(back[i] == model->data[i], "file %u byte %llu: %02x, not %02x", file,
			  (unsigned long long)i, back[i], model->data[i]);
	free(back);
}

static void
op_compare(u32 file)
{
	struct inode *inode;

	CHECK_EQ(open_file(file, &inode), 0);
	compare(&ct.files[file], inode, file);
	inode_put(inode);
}

static void
random_op(void)
{
	u32 file = rnd_below(NR_FILES);
	u32 choice = rnd_below(40);

	if (choice == 0) {
		op_sync();
		return;
	}
	if (choice == 1) {
		simfs_drop_caches(&ct.fs);
		return;
	}
	if (choice == 2) {
		CHECK_EQ(simfs_write_back(&ct.fs), 0);
		return;
	}
	if (!ct.files[file].exists) {
		promises_end(file);
		op_create(file);
		return;
	}
	if (choice < 9) {
		op_fsync(file);
		return;
	}
	if (choice < 13) {
		op_compare(file);
		return;
	}
	promises_end(file);
	if (choice < 17) {
		u32 other = rnd_below(NR_FILES);

		promises_end(other);
		op_rename(file, other);
	} else if (choice < 22) {
		op_truncate(file);
	} else if (choice < 27) {
		op_remove(file);
	} else {
		op_write(file);
	}
}

static void
setup(void)
{
	u8 *image = simfs_mkfs(NR_BLOCKS, 128);
	char name[8];

	sim_init();
	disk_init(&ct.fs.disk, image, NR_BLOCKS);
	free(image);
	for (u32 i = 0; i < NR_FILES; i++)
		ct.files[i].data = malloc(MAX_BYTES);
	CHECK_EQ(simfs_mount(&ct.fs, false), 0);
	for (u32 i = 1; i <= NR_DIRS; i++) {
		snprintf(name, sizeof(name), "d%u", i);
		CHECK_EQ(simfs_create(&ct.fs, NULL, name, S_IFDIR | 0755, NULL), 0);
	}
	CHECK_EQ(simfs_sync(&ct.fs), 0);
	disk_forget_events(&ct.fs.disk);
}

/* --- the cuts ------------------------------------------------------------------------------------------ */

static void
check_promises(u32 cut)
{
	for (u32 i = 0; i < ct.nr_promises; i++) {
		const struct promise *promise = &ct.promises[i];
		struct inode *inode;
		int err;

		if (cut < promise->from || cut > promise->to)
			continue;
		err = open_file(promise->file, &inode);
		CHECK_MSG(err == (promise->state.exists ? 0 : -ENOENT), "file %u: error %d",
			  promise->file, err);
		if (err)
			continue;
		compare(&promise->state, inode, promise->file);
		inode_put(inode);
	}
}

static void
check_cut(const struct disk *disk, u32 cut)
{
	u8 *image = disk_crash_image(disk, cut);

	sim_verbose = true;
	CHECK_EQ(image_check(image, NR_BLOCKS), 0);
	sim_verbose = false;
	disk_init(&ct.fs.disk, image, NR_BLOCKS);
	free(image);
	CHECK_EQ(simfs_mount(&ct.fs, false), 0);
	check_promises(cut);
	/* The next life goes on where the last one ended. */
	CHECK_EQ(simfs_create(&ct.fs, NULL, "after", S_IFREG | 0644, NULL), 0);
	CHECK_EQ(simfs_remove(&ct.fs, NULL, "after"), 0);
	simfs_unmount(&ct.fs);
	sim_verbose = true;
	CHECK_EQ(simfs_check(&ct.fs), 0);
	sim_verbose = false;
	disk_free(&ct.fs.disk);
	sim_check_no_leaks();
}

static void
crash_run(u32 nr_ops, u32 nr_cuts)
{
	struct disk disk;

	setup();
	for (u32 i = 0; i < nr_ops; i++)
		random_op();
	for (u32 file = 0; file < NR_FILES; file++)
		if (ct.files[file].exists)
			op_compare(file);
	simfs_abandon(&ct.fs);
	disk = ct.fs.disk;
	CHECK(disk.nr_events > 100);
	for (u32 i = 0; i < nr_cuts; i++)
		check_cut(&disk, rnd_below(disk.nr_events + 1));
	for (u32 i = 0; i < ct.nr_promises; i++)
		free(ct.promises[i].state.data);
	free(ct.promises);
	for (u32 i = 0; i < NR_FILES; i++)
		free(ct.files[i].data);
	disk_free(&disk);
}

HOSTTEST(qfs_crash_1)
{
	crash_run(300, 40);
}

HOSTTEST(qfs_crash_2)
{
	crash_run(600, 40);
}

HOSTTEST(qfs_crash_3)
{
	crash_run(100, 60);
}
