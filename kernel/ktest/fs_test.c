/*
 * The file layer over ramfs. Each test mounts a tmpfs as the root and unmounts it at the end; what is
 * left then is a leak, and the runner counts it.
 */

#include "core/clock.h"
#include "fs/namei.h"
#include "fs/pipe.h"
#include "fs/poll.h"
#include "fs/readdir.h"
#include "fs/vfs.h"
#include "ktest/inject.h"
#include "ktest/ktest.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "vm/uio.h"
#include "vm/writeback.h"

static int
root_begin(void)
{
	return vfs_mount("ktest", NULL, "tmpfs", 0, "");
}

static void
root_end(void)
{
	vfs_shutdown();
}

/* => 0 or -errno */
static int
file_make(const char *path, const void *data, size_t bytes)
{
	struct file *file = file_open(path, O_CREAT | O_RDWR | O_TRUNC, 0644);
	ssize_t written;

	if (IS_ERR_OR_NULL(file))
		return err_or_null_to_errno(file);
	written = file_write_kernel(file, data, bytes, 0);
	file_put(file);
	if (written < 0)
		return written;
	return (size_t)written == bytes ? 0 : -EIO;
}

/* Does opening fail with this error? */
static bool
open_fails(const char *path, u32 flags, int error)
{
	struct file *file = file_open(path, flags, 0600);

	if (!IS_ERR_OR_NULL(file))
		file_put(file);
	return IS_ERR(file) && PTR_ERR(file) == -error;
}

static bool
content_is(const char *path, const char *text)
{
	struct file *file = file_open(path, O_RDONLY, 0);
	char buf[64];
	ssize_t got;

	if (IS_ERR_OR_NULL(file))
		return false;
	got = file_read_kernel(file, buf, sizeof(buf), 0);
	file_put(file);
	return got == (ssize_t)strlen(text) && memcmp(buf, text, got) == 0;
}

/* The inode number behind a path; 0 when there is none. */
static u64
ino_of(const char *path)
{
	struct dentry *dentry = path_lookup(NULL, path, LOOKUP_FOLLOW);
	u64 ino;

	if (IS_ERR_OR_NULL(dentry))
		return 0;
	ino = dentry->inode->ino;
	dentry_put(dentry);
	return ino;
}

KTEST(fs_names_come_and_go)
{
	KTEST_REQUIRE(root_begin() == 0);
	KTEST_CHECK(vfs_mkdir(NULL, "/d", 0755) == 0);
	KTEST_CHECK(vfs_mkdir(NULL, "/d", 0755) == -EEXIST);
	KTEST_CHECK(vfs_mkdir(NULL, "/no/e", 0755) == -ENOENT);
	KTEST_CHECK(file_make("/d/f", "text", 4) == 0);
	KTEST_CHECK(content_is("/d/f", "text"));
	KTEST_CHECK(content_is("//d/./../d//f", "text"));
	KTEST_CHECK(open_fails("/d/f/", O_RDONLY, ENOTDIR));
	KTEST_CHECK(open_fails("/d/f/g", O_RDONLY, ENOTDIR));
	KTEST_CHECK(open_fails("/d", O_RDWR, EISDIR));
	KTEST_CHECK(open_fails("", O_RDONLY, ENOENT));
	KTEST_CHECK(open_fails("/d/f", O_CREAT | O_EXCL, EEXIST));
	KTEST_CHECK(vfs_rmdir(NULL, "/d") == -ENOTEMPTY);
	KTEST_CHECK(vfs_unlink(NULL, "/d") == -EISDIR);
	KTEST_CHECK(vfs_rmdir(NULL, "/d/f") == -ENOTDIR);
	KTEST_CHECK(vfs_unlink(NULL, "/d/f") == 0);
	KTEST_CHECK(open_fails("/d/f", O_RDONLY, ENOENT));
	KTEST_CHECK(vfs_rmdir(NULL, "/d") == 0);
	root_end();
}

KTEST(fs_open_file_outlives_its_name)
{
	struct file *file;
	char buf[8];

	KTEST_REQUIRE(root_begin() == 0);
	KTEST_CHECK(file_make("/f", "text", 4) == 0);
	file = file_open("/f", O_RDWR, 0);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(file));
	KTEST_CHECK(vfs_unlink(NULL, "/f") == 0);
	KTEST_CHECK(file->inode->nlink == 0);
	KTEST_CHECK(file_make("/f", "other", 5) == 0);
	KTEST_CHECK(file_read_kernel(file, buf, sizeof(buf), 0) == 4);
	KTEST_CHECK(memcmp(buf, "text", 4) == 0);
	KTEST_CHECK(content_is("/f", "other"));
	file_put(file);
	root_end();
}

/* Whichever allocation fails, an open that fails has not truncated the file. */
KTEST(fs_open_truncates_when_it_succeeds)
{
	struct file *file = NULL;
	char text[16];

	KTEST_REQUIRE(root_begin() == 0);
	KTEST_CHECK(file_make("/file", "text", 4) == 0);
	for (unsigned n = 1; n < 20 && IS_ERR_OR_NULL(file); n++) {
		KTEST_CHECK(content_is("/file", "text"));
		snprintf(text, sizeof(text), "%u,100,0,1", n);
		inject_begin(&failslab, text);
		file = file_open("/file", O_WRONLY | O_TRUNC, 0);
		inject_end(&failslab);
	}
	KTEST_CHECK(content_is("/file", ""));
	if (!IS_ERR_OR_NULL(file))
		file_put(file);
	root_end();
}

KTEST(fs_symlinks_lead_on)
{
	KTEST_REQUIRE(root_begin() == 0);
	KTEST_CHECK(vfs_mkdir(NULL, "/d", 0755) == 0);
	KTEST_CHECK(file_make("/d/f", "text", 4) == 0);
	KTEST_CHECK(vfs_symlink("f", NULL, "/d/s") == 0);
	KTEST_CHECK(vfs_symlink("d", NULL, "/t") == 0);
	KTEST_CHECK(vfs_symlink("/t/s", NULL, "/d/a") == 0);
	KTEST_CHECK(content_is("/t/s", "text"));
	KTEST_CHECK(content_is("/t/../t/a", "text"));
	KTEST_CHECK(open_fails("/d/s", O_NOFOLLOW, ELOOP));
	KTEST_CHECK(vfs_symlink("loop", NULL, "/loop") == 0);
	KTEST_CHECK(open_fails("/loop", O_RDONLY, ELOOP));
	KTEST_CHECK(open_fails("/loop/x", O_RDONLY, ELOOP));
	KTEST_CHECK(vfs_symlink("/new", NULL, "/dangling") == 0);
	KTEST_CHECK(open_fails("/dangling", O_RDONLY, ENOENT));
	KTEST_CHECK(open_fails("/dangling", O_CREAT | O_EXCL, EEXIST));
	KTEST_CHECK(file_make("/dangling", "made", 4) == 0);
	KTEST_CHECK(content_is("/new", "made"));
	root_end();
}

KTEST(fs_rename_moves_and_replaces)
{
	u64 ino;

	KTEST_REQUIRE(root_begin() == 0);
	KTEST_CHECK(vfs_mkdir(NULL, "/a", 0755) == 0);
	KTEST_CHECK(vfs_mkdir(NULL, "/b", 0755) == 0);
	KTEST_CHECK(vfs_mkdir(NULL, "/a/c", 0755) == 0);
	KTEST_CHECK(file_make("/a/f", "one", 3) == 0);
	KTEST_CHECK(file_make("/b/f", "two", 3) == 0);
	KTEST_CHECK(vfs_rename(NULL, "/a", NULL, "/a/c/a", 0) == -EINVAL);
	KTEST_CHECK(vfs_rename(NULL, "/a/c", NULL, "/a", 0) == -ENOTEMPTY);
	KTEST_CHECK(vfs_rename(NULL, "/a", NULL, "/b", 0) == -ENOTEMPTY);
	KTEST_CHECK(vfs_rename(NULL, "/a/f", NULL, "/b", 0) == -EISDIR);
	KTEST_CHECK(vfs_rename(NULL, "/a", NULL, "/b/f", 0) == -ENOTDIR);
	KTEST_CHECK(vfs_rename(NULL, "/a/f", NULL, "/b/f", RENAME_NOREPLACE) == -EEXIST);
	KTEST_CHECK(vfs_rename(NULL, "/a/f", NULL, "/b/f", 0) == 0);
	KTEST_CHECK(content_is("/b/f", "one"));
	KTEST_CHECK(open_fails("/a/f", O_RDONLY, ENOENT));
	ino = ino_of("/a");
	KTEST_CHECK(vfs_rename(NULL, "/a", NULL, "/b/d", 0) == 0);
	KTEST_CHECK(ino_of("/b/d") == ino && ino_of("/b/d/c/..") == ino);
	KTEST_CHECK(ino_of("/b/d/..") == ino_of("/b"));
	KTEST_CHECK(vfs_rename(NULL, "/b/d", NULL, "/b/d", 0) == 0);
	root_end();
}

KTEST(fs_long_names_and_paths)
{
	char *path = kmalloc(2 * PATH_MAX, GFP_KERNEL);

	KTEST_REQUIRE(path && root_begin() == 0);
	memset(path, 'n', 2 * PATH_MAX);
	path[0] = '/';
	path[NAME_MAX + 1] = '\0';
	KTEST_CHECK(file_make(path, "x", 1) == 0 && content_is(path, "x"));
	KTEST_CHECK(vfs_rename(NULL, path, NULL, "/short", 0) == 0);
	KTEST_CHECK(vfs_rename(NULL, "/short", NULL, path, 0) == 0);
	KTEST_CHECK(content_is(path, "x"));
	path[NAME_MAX + 1] = 'n';
	path[NAME_MAX + 2] = '\0';
	KTEST_CHECK(open_fails(path, O_CREAT, ENAMETOOLONG));
	KTEST_CHECK(vfs_mkdir(NULL, path, 0755) == -ENAMETOOLONG);
	root_end();
	kfree(path);
}

KTEST(fs_holes_and_truncation_read_as_zeros)
{
	struct iattr shorter = {.valid = ATTR_SIZE, .size = 10};
	struct iattr longer = {.valid = ATTR_SIZE, .size = 9000};
	char *buf = kmalloc(16384, GFP_KERNEL);
	struct file *file;

	KTEST_REQUIRE(buf && root_begin() == 0);
	file = file_open("/f", O_CREAT | O_RDWR, 0600);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(file));
	memset(buf, 'x', 16384);
	KTEST_CHECK(file_write_kernel(file, buf, 5000, 10000) == 5000);
	KTEST_CHECK(inode_size(file->inode) == 15000);
	KTEST_CHECK(file_read_kernel(file, buf, 16384, 0) == 15000);
	KTEST_CHECK(!memchr_inv(buf, 0, 10000) && !memchr_inv(buf + 10000, 'x', 5000));
	memset(buf, 'y', 9000);
	KTEST_CHECK(file_write_kernel(file, buf, 9000, 0) == 9000);
	KTEST_CHECK(inode_change(file->inode, &shorter) == 0);
	KTEST_CHECK(inode_change(file->inode, &longer) == 0);
	KTEST_CHECK(file_read_kernel(file, buf, 16384, 0) == 9000);
	KTEST_CHECK(!memchr_inv(buf, 'y', 10) && !memchr_inv(buf + 10, 0, 8990));
	file_put(file);
	root_end();
	kfree(buf);
}

#define NR_FILES 300

struct counter {
	struct dir_context ctx;
	unsigned nr, nr_left; /* entries seen; how many fit now */
};

static bool
count_entry(struct dir_context *ctx, const char *name, u32 len, u64 ino, u32 dt_type, u64 next)
{
	struct counter *counter = container_of(ctx, struct counter, ctx);

	(void)name;
	(void)ino;
	(void)dt_type;
	(void)next;
	if (counter->nr_left == 0)
		return false;
	counter->nr_left--;
	counter->nr += len > 2;
	return true;
}

/* All entries, seven at a time; every second file is removed on the way. => how many were seen */
static unsigned
count_while_removing(struct dentry *dir)
{
	struct counter counter = {.ctx.actor = count_entry};
	unsigned removed = 0;
	char path[32];
	u64 before;

	do {
		before = counter.ctx.pos;
		counter.nr_left = 7;
		inode_lock_shared(dir->inode);
		dir->inode->iops->readdir(dir->inode, &counter.ctx);
		inode_unlock_shared(dir->inode);
		if (removed < counter.nr) {
			snprintf(path, sizeof(path), "/file-%u", removed);
			vfs_unlink(NULL, path);
			removed += 2;
		}
	} while (counter.ctx.pos != before);
	return counter.nr;
}

KTEST(fs_readdir_goes_on_while_names_go)
{
	char path[32];
	unsigned nr;

	KTEST_REQUIRE(root_begin() == 0);
	for (unsigned i = 0; i < NR_FILES; i++) {
		snprintf(path, sizeof(path), "/file-%u", i);
		KTEST_REQUIRE(file_make(path, path, strlen(path)) == 0);
	}
	nr = count_while_removing(root_dentry());
	KTEST_CHECK(nr == NR_FILES);
	root_end();
}

KTEST(fs_mounts_cover_and_uncover)
{
	struct dentry *dir;

	KTEST_REQUIRE(root_begin() == 0);
	KTEST_CHECK(vfs_mkdir(NULL, "/m", 0755) == 0);
	KTEST_CHECK(file_make("/m/below", "below", 5) == 0);
	dir = path_lookup(NULL, "/m", LOOKUP_FOLLOW);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(dir));
	KTEST_CHECK(vfs_mount("x", dir, "nonsense", 0, "") == -ENODEV);
	KTEST_CHECK(vfs_mount("no-such-device", dir, "qfs", 0, "") == -ENODEV);
	KTEST_CHECK(vfs_mount("x", dir, "tmpfs", 0, "") == 0);
	dentry_put(dir);
	KTEST_CHECK(open_fails("/m/below", O_RDONLY, ENOENT));
	KTEST_CHECK(file_make("/m/above", "above", 5) == 0);
	KTEST_CHECK(content_is("/m/../m/above", "above"));
	KTEST_CHECK(vfs_rmdir(NULL, "/m") == -EBUSY);
	KTEST_CHECK(vfs_rename(NULL, "/m/above", NULL, "/above", 0) == -EXDEV);
	dir = path_lookup(NULL, "/m", LOOKUP_FOLLOW);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(dir));
	KTEST_CHECK(vfs_unmount(dir) == 0);
	KTEST_CHECK(content_is("/m/below", "below"));
	root_end();
}

KTEST(fs_unmount_refuses_while_in_use)
{
	struct dentry *dir;
	struct file *file;

	KTEST_REQUIRE(root_begin() == 0);
	KTEST_CHECK(vfs_mkdir(NULL, "/m", 0755) == 0);
	dir = path_lookup(NULL, "/m", LOOKUP_FOLLOW);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(dir) && vfs_mount("x", dir, "tmpfs", 0, "") == 0);
	dentry_put(dir);
	file = file_open("/m/f", O_CREAT | O_RDWR, 0600);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(file));
	KTEST_CHECK(vfs_unmount(path_lookup(NULL, "/m", LOOKUP_FOLLOW)) == -EBUSY);
	KTEST_CHECK(vfs_unmount(path_lookup(NULL, "/m/f", LOOKUP_FOLLOW)) == -EINVAL);
	file_put(file);
	KTEST_CHECK(vfs_unmount(path_lookup(NULL, "/m", LOOKUP_FOLLOW)) == 0);
	root_end();
}

/* Reads up to n bytes. */
static ssize_t
stream_read(struct file *file, void *buf, size_t n)
{
	struct uio uio;

	uio_init_kernel(&uio, UIO_TO_MEMORY, buf, n);
	return file_read(file, &uio, &file->pos);
}

KTEST(fs_pipe_keeps_bytes_in_order)
{
	struct file *reader, *writer;
	u8 chunk[100];
	u32 in = 0, out = 0;

	KTEST_REQUIRE(pipe_create(&reader, &writer, O_NONBLOCK) == 0);
	KTEST_CHECK(stream_read(reader, chunk, 1) == -EAGAIN);
	for (unsigned round = 0; round < 3000; round++) {
		size_t n = 1 + round % 97;
		ssize_t got;

		for (size_t i = 0; i < n; i++)
			chunk[i] = in + i;
		got = file_write_kernel(writer, chunk, n, 0);
		if (got > 0)
			in += got;
		got = stream_read(reader, chunk, 1 + round % 89);
		for (ssize_t i = 0; i < got; i++, out++)
			KTEST_REQUIRE(chunk[i] == (u8)out);
	}
	while (stream_read(reader, chunk, 1) == 1)
		KTEST_REQUIRE(chunk[0] == (u8)out++);
	KTEST_CHECK(in == out);
	file_put(writer);
	KTEST_CHECK(stream_read(reader, chunk, 1) == 0);
	file_put(reader);
}

KTEST(fs_pipe_fills_to_its_capacity)
{
	struct file *reader, *writer;
	char *page = kmalloc(PIPE_BUF, GFP_KERNEL | GFP_ZERO);
	unsigned nr = 0;

	KTEST_REQUIRE(page && pipe_create(&reader, &writer, O_NONBLOCK) == 0);
	while (file_write_kernel(writer, page, PIPE_BUF, 0) == PIPE_BUF)
		nr++;
	KTEST_CHECK(nr == PIPE_CAPACITY / PIPE_BUF);
	KTEST_CHECK(stream_read(reader, page, 1) == 1);
	KTEST_CHECK(file_write_kernel(writer, page, PIPE_BUF, 0) == -EAGAIN);
	file_put(reader);
	KTEST_CHECK(file_write_kernel(writer, page, 1, 0) == -EPIPE);
	file_put(writer);
	kfree(page);
}

KTEST(fs_poll_sees_data_and_time)
{
	struct file *reader, *writer;
	struct poll_target target = {.events = POLLIN};
	u64 start = clock_now_ns();

	KTEST_REQUIRE(pipe_create(&reader, &writer, 0) == 0);
	target.file = reader;
	KTEST_CHECK(poll_targets(&target, 1, 0) == 0);
	KTEST_CHECK(poll_targets(&target, 1, start + 5 * NSEC_PER_MSEC) == 0);
	KTEST_CHECK(clock_now_ns() >= start + 5 * NSEC_PER_MSEC);
	KTEST_CHECK(file_write_kernel(writer, "x", 1, 0) == 1);
	KTEST_CHECK(poll_targets(&target, 1, UINT64_MAX) == 1 && target.revents == POLLIN);
	file_put(writer);
	KTEST_CHECK(poll_targets(&target, 1, UINT64_MAX) == 1);
	KTEST_CHECK(target.revents == (POLLIN | POLLHUP));
	file_put(reader);
}

KTEST(fs_descriptors_grow_and_are_lowest)
{
	struct files *before = current->files, *copy, *large;
	struct file *reader, *writer;

	current->files = files_new();
	KTEST_REQUIRE(current->files && pipe_create(&reader, &writer, 0) == 0);
	KTEST_CHECK(fd_alloc(reader, false) == 0 && fd_alloc(writer, true) == 1);
	for (int fd = 2; fd < FILES_MAX; fd++)
		KTEST_REQUIRE(fd_alloc(file_ref(reader), fd % 2) == fd);
	KTEST_CHECK(fd_reserve(0, false) == -EMFILE);
	KTEST_CHECK(fd_close(700) == 0 && fd_close(40) == 0 && fd_close(40) == -EBADF);
	KTEST_CHECK(fd_get(40) == NULL && fd_get(FILES_MAX) == NULL && fd_get(-1) == NULL);
	KTEST_CHECK(fd_alloc(file_ref(reader), false) == 40);
	KTEST_CHECK(fd_reserve(600, false) == 700);
	fd_unreserve(700);
	copy = files_copy(current->files);
	KTEST_REQUIRE(copy != NULL);
	large = files_new_large();
	KTEST_CHECK(large != NULL);
	if (large) {
		files_fill(large, current->files);
		KTEST_CHECK(memcmp(large->fd, copy->fd, FILES_MAX * sizeof(large->fd[0])) == 0);
		files_put(large);
	}
	files_close_on_exec(current->files);
	KTEST_CHECK(fd_get_cloexec(1) == -EBADF && fd_get_cloexec(0) == 0);
	KTEST_CHECK(files_next(copy, 1) == 1);
	files_put(copy);
	files_put(current->files);
	current->files = before;
}

KTEST(fs_caches_shrink)
{
	u64 nr, nr_unused;
	char path[32];

	KTEST_REQUIRE(root_begin() == 0);
	for (unsigned i = 0; i < 50; i++) {
		snprintf(path, sizeof(path), "/file-%u", i);
		KTEST_REQUIRE(file_make(path, "x", 1) == 0);
	}
	dcache_stats(&nr, &nr_unused);
	KTEST_CHECK(nr_unused >= 50);
	KTEST_CHECK(dcache_shrink(NULL, 10) == 10);
	dcache_shrink(NULL, UINT64_MAX);
	dcache_stats(&nr, &nr_unused);
	KTEST_CHECK(nr_unused == 0);
	KTEST_CHECK(content_is("/file-7", "x"));
	root_end();
}

/* --- writing inodes ------------------------------------------------------------------------- */

static struct inode *written_inode;
static u32 written_times;
static atomic_t writers_left;
static bool all_saw_it_written;

/* Slow, so that everybody else comes while it is under way. */
static int
slow_write_inode(struct inode *inode)
{
	u64 end_ns = clock_now_ns() + 5 * NSEC_PER_MSEC;

	(void)inode;
	while (clock_now_ns() < end_ns)
		sched_yield();
	WRITE_ONCE(written_times, written_times + 1);
	return 0;
}

static void
inode_writer(void *arg)
{
	(void)arg;
	if (inode_write(written_inode) || READ_ONCE(written_times) == 0)
		all_saw_it_written = false;
	atomic_dec(&writers_left);
}

KTEST(fs_inode_write_waits_for_another)
{
	static const struct super_ops ops = {.write_inode = slow_write_inode};
	static struct super_block sb;
	struct inode *inode;

	sb = (struct super_block){.ops = &ops, .in_memory = true};
	list_init(&sb.inodes);
	list_init(&sb.dirty);
	inode = inode_new(&sb, 1);
	KTEST_REQUIRE(!IS_ERR_OR_NULL(inode));
	inode_publish(inode);
	inode_mark_dirty(inode);
	written_inode = inode;
	written_times = 0;
	all_saw_it_written = true;
	atomic_set(&writers_left, 3);
	for (int i = 0; i < 3; i++)
		KTEST_REQUIRE(kthread_start("inode_writer", inode_writer, NULL));
	while (atomic_read(&writers_left) > 0)
		sched_yield();
	KTEST_CHECK(all_saw_it_written && written_times == 1);
	KTEST_CHECK(list_empty(&sb.dirty));
	inode->nlink = 0;
	inode_put(inode);
}

/* Less than a writer waits that there are too many dirty pages for, when none is written meanwhile. */
#define THROTTLED_NS (500 * NSEC_PER_MSEC)

/* What never goes to a disk does not wait for one. */
KTEST(fs_memory_is_not_throttled)
{
	u64 nr = nr_total_pages(), start;

	KTEST_REQUIRE(root_begin() == 0);
	dirty_count_add(nr);
	start = clock_now_ns();
	KTEST_CHECK(file_make("/f", "abc", 3) == 0);
	KTEST_CHECK(clock_now_ns() - start < THROTTLED_NS);
	dirty_count_add(-(s64)nr);
	root_end();
}
