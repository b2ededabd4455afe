/* Regular files: reading, writing, sizes, holes, links, the disk's space. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "test.h"

static unsigned char buffer[64 * 1024];

static int
file_open(int flags)
{
	int fd = open("file", flags, 0644);

	CHECK(fd >= 0);
	return fd;
}

static off_t
file_size(int fd)
{
	struct stat st;

	CHECK_EQ(fstat(fd, &st), 0);
	return st.st_size;
}

/* Odd sizes at odd offsets. */
static void
write_and_read(void)
{
	int fd = file_open(O_CREAT | O_RDWR);
	uint64_t offset = 0;

	for (size_t size = 1; size < 40000; size = size * 3 + 1) {
		pattern_fill(buffer, size, offset, 1);
		CHECK_EQ(write(fd, buffer, size), size);
		offset += size;
	}
	CHECK_EQ(file_size(fd), offset);
	CHECK_EQ(lseek(fd, 0, SEEK_SET), 0);
	for (uint64_t at = 0; at < offset;) {
		ssize_t got = read(fd, buffer, 1 + at % 5003);

		CHECK(got > 0 && pattern_holds(buffer, got, at, 1));
		at += got;
	}
	CHECK_EQ(read(fd, buffer, 1), 0);
}

static void
big_file(void)
{
	int fd = file_open(O_CREAT | O_RDWR);
	uint64_t size = 12 * MIB;

	for (uint64_t at = 0; at < size; at += sizeof(buffer)) {
		pattern_fill(buffer, sizeof(buffer), at, 2);
		CHECK_EQ(write(fd, buffer, sizeof(buffer)), sizeof(buffer));
	}
	CHECK_EQ(fsync(fd), 0);
	for (uint64_t at = 0; at < size; at += sizeof(buffer)) {
		CHECK_EQ(pread(fd, buffer, sizeof(buffer), at), sizeof(buffer));
		CHECK(pattern_holds(buffer, sizeof(buffer), at, 2));
	}
}

/* A byte here and there, up to where the block map has all its levels. */
static void
sparse_file(void)
{
	int fd = file_open(O_CREAT | O_RDWR);
	struct stat st;
	char byte = 'x';

	for (int shift = 12; shift <= 31; shift++)
		CHECK_EQ(pwrite(fd, &byte, 1, 1L << shift), 1);
	CHECK_EQ(file_size(fd), (1L << 31) + 1);
	CHECK_EQ(fsync(fd), 0);
	for (int shift = 12; shift <= 31; shift++) {
		CHECK_EQ(pread(fd, buffer, 2, (1L << shift) - 1), 2);
		CHECK_EQ(buffer[0], 0);
		CHECK_EQ(buffer[1], 'x');
	}
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(st.st_blocks < 2048);
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK(st.st_blocks <= 8);
}

static void
truncate_contents(void)
{
	int fd = file_open(O_CREAT | O_RDWR);

	pattern_fill(buffer, sizeof(buffer), 0, 3);
	CHECK_EQ(write(fd, buffer, sizeof(buffer)), sizeof(buffer));
	CHECK_EQ(ftruncate(fd, 5000), 0);
	CHECK_EQ(file_size(fd), 5000);
	CHECK_EQ(pread(fd, buffer, sizeof(buffer), 0), 5000);
	CHECK(pattern_holds(buffer, 5000, 0, 3));
	CHECK_EQ(ftruncate(fd, 20000), 0);
	CHECK_EQ(pread(fd, buffer, sizeof(buffer), 0), 20000);
	CHECK(pattern_holds(buffer, 5000, 0, 3));
	for (int i = 5000; i < 20000; i++)
		CHECK_EQ(buffer[i], 0);
	CHECK_EQ(truncate("file", 1), 0);
	CHECK_EQ(file_size(fd), 1);
	CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
	CHECK_ERRNO(truncate("missing", 0), ENOENT);
	CHECK_ERRNO(truncate(".", 0), EISDIR);
	close(fd);
	fd = file_open(O_RDONLY);
	CHECK_ERRNO(ftruncate(fd, 0), EINVAL);
}

static void
open_truncates(void)
{
	int fd = file_open(O_CREAT | O_RDWR), other;

	CHECK_EQ(write(fd, "0123456789", 10), 10);
	other = file_open(O_WRONLY | O_TRUNC);
	CHECK_EQ(file_size(fd), 0);
	CHECK_EQ(read(fd, buffer, 10), 0);
	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(file_size(other), 11);
	CHECK_EQ(pread(fd, buffer, 11, 0), 11);
	CHECK(memcmp(buffer, "\0\0\0\0\0\0\0\0\0\0x", 11) == 0);
}

static void
open_flags(void)
{
	int fd = file_open(O_CREAT | O_EXCL | O_WRONLY);

	CHECK_ERRNO(read(fd, buffer, 1), EBADF);
	CHECK_ERRNO(open("file", O_CREAT | O_EXCL | O_WRONLY, 0644), EEXIST);
	CHECK_ERRNO(open("file", O_DIRECTORY), ENOTDIR);
	CHECK_ERRNO(open("missing", O_RDWR), ENOENT);
	CHECK_ERRNO(open("missing/file", O_CREAT | O_RDWR, 0644), ENOENT);
	CHECK_ERRNO(open("file/x", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open("file/", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(open(".", O_RDWR), EISDIR);
	CHECK_ERRNO(open(".", O_WRONLY | O_CREAT, 0644), EISDIR);
	fd = file_open(O_RDONLY);
	CHECK_ERRNO(write(fd, "x", 1), EBADF);
	fd = open(".", O_RDONLY);
	CHECK_ERRNO(read(fd, buffer, 1), EISDIR);
}

static void
seek_rules(void)
{
	int fd = file_open(O_CREAT | O_RDWR);

	CHECK_EQ(write(fd, "0123456789", 10), 10);
	CHECK_EQ(lseek(fd, -3, SEEK_END), 7);
	CHECK_EQ(lseek(fd, -3, SEEK_CUR), 4);
	CHECK_EQ(lseek(fd, 100, SEEK_SET), 100);
	CHECK_EQ(read(fd, buffer, 1), 0);
	CHECK_EQ(file_size(fd), 10);
	CHECK_ERRNO(lseek(fd, -1, SEEK_SET), EINVAL);
	CHECK_ERRNO(lseek(fd, 0, 99), EINVAL);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 100);
	CHECK_EQ(pwrite(fd, "x", 1, 3), 1);
	CHECK_EQ(lseek(fd, 0, SEEK_CUR), 100);
	CHECK_ERRNO(pread(fd, buffer, 1, -1), EINVAL);
	CHECK_ERRNO(pwrite(fd, "x", 1, -1), EINVAL);
	CHECK_ERRNO(pwrite(fd, "x", 1, ~0UL >> 1), EINVAL);
	CHECK_ERRNO(pwrite(fd, "x", 1, ~0UL >> 2), EFBIG);
	CHECK_EQ(write(fd, "y", 1), 1);
	CHECK_EQ(file_size(fd), 101);
}

static void
append_writers(void)
{
	pid_t children[4];
	int seen[4] = {0};
	char record[16];
	int fd = file_open(O_CREAT | O_RDONLY);

	for (int i = 0; i < 4; i++) {
		children[i] = fork_checked();
		if (children[i] == 0) {
			int out = file_open(O_WRONLY | O_APPEND);

			memset(record, 'a' + i, sizeof(record));
			for (int n = 0; n < 100; n++)
				CHECK_EQ(write(out, record, sizeof(record)), sizeof(record));
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		check_exit(children[i]);
	CHECK_EQ(file_size(fd), 400 * sizeof(record));
	while (read(fd, record, sizeof(record)) == sizeof(record)) {
		for (size_t i = 1; i < sizeof(record); i++)
			CHECK_EQ(record[i], record[0]);
		seen[record[0] - 'a']++;
	}
	for (int i = 0; i < 4; i++)
		CHECK_EQ(seen[i], 100);
}

/* Several processes fill disjoint blocks of one file at once. */
static void
block_writers(void)
{
	pid_t children[4];
	int fd = file_open(O_CREAT | O_RDWR);

	for (int i = 0; i < 4; i++) {
		children[i] = fork_checked();
		if (children[i] == 0) {
			for (uint64_t at = i * 1000; at < 400000; at += 4000) {
				pattern_fill(buffer, 1000, at, 5);
				CHECK_EQ(pwrite(fd, buffer, 1000, at), 1000);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		check_exit(children[i]);
	for (uint64_t at = 0; at < 400000; at += 40000) {
		CHECK_EQ(pread(fd, buffer, 40000, at), 40000);
		CHECK(pattern_holds(buffer, 40000, at, 5));
	}
}

static void
unlinked_file_stays(void)
{
	int fd = file_open(O_CREAT | O_RDWR);
	struct stat st;

	CHECK_EQ(write(fd, "kept", 4), 4);
	CHECK_EQ(unlink("file"), 0);
	CHECK_ERRNO(open("file", O_RDONLY), ENOENT);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(pwrite(fd, "longer", 6, 10000), 6);
	CHECK_EQ(pread(fd, buffer, 4, 0), 4);
	CHECK(memcmp(buffer, "kept", 4) == 0);
	close(file_open(O_CREAT | O_RDWR));
	CHECK_EQ(file_size(fd), 10006);
}

static long
blocks_free(void)
{
	struct statfs fs;

	sync();
	CHECK_EQ(statfs(".", &fs), 0);
	return fs.f_bfree;
}

static long
inodes_free(void)
{
	struct statfs fs;

	CHECK_EQ(statfs(".", &fs), 0);
	return fs.f_ffree;
}

static void
unlinked_file_gives_back(void)
{
	long before = blocks_free(), inodes = inodes_free();
	int fd = file_open(O_CREAT | O_RDWR);

	for (int i = 0; i < 20; i++)
		CHECK_EQ(write(fd, buffer, sizeof(buffer)), sizeof(buffer));
	CHECK_EQ(unlink("file"), 0);
	CHECK(blocks_free() <= before - 20 * (long)(sizeof(buffer) / PAGE));
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(blocks_free(), before);
	CHECK_EQ(inodes_free(), inodes);
}

/* Fills the disk. The error is ENOSPC, what was written is there, and all space comes back. */
static void
disk_full(void)
{
	long before = blocks_free();
	uint64_t size = 0;
	ssize_t put;
	int fd = file_open(O_CREAT | O_RDWR);

	for (;; size += put) {
		pattern_fill(buffer, sizeof(buffer), size, 6);
		put = write(fd, buffer, sizeof(buffer));
		if (put <= 0)
			break;
	}
	CHECK_EQ(put, -1);
	CHECK_EQ(errno, ENOSPC);
	CHECK_EQ(file_size(fd), size);
	CHECK_EQ(fsync(fd), 0);
	/* Where the file needs a new block of numbers, too, the last block was not enough for it. */
	if (mkdir("last", 0755) == 0)
		CHECK_EQ(blocks_free(), 0);
	CHECK_ERRNO(mkdir("directory", 0755), ENOSPC);
	for (uint64_t at = 0; at < size; at += 37 * sizeof(buffer)) {
		ssize_t got = pread(fd, buffer, sizeof(buffer), at);

		CHECK(got > 0 && pattern_holds(buffer, got, at, 6));
	}
	CHECK_EQ(close(fd), 0);
	CHECK_EQ(unlink("file"), 0);
	CHECK(rmdir("last") == 0 || errno == ENOENT);
	CHECK_EQ(blocks_free(), before);
	CHECK_EQ(mkdir("directory", 0755), 0);
}

/* 200 files in a directory, for a scan of a name is as long as its directory. */
static void
many_path(char path[32], int number)
{
	snprintf(path, 32, "d%d/f%d", number / 200, number % 200);
	if (number % 200 == 0)
		path[strcspn(path, "/")] = 0;
}

/* The disk has no inode left. The error is ENOSPC, and all come back. */
static void
inodes_full(void)
{
	long before = inodes_free(), nr = 0;
	char path[32];
	int made = 0;

	for (;; nr++) {
		many_path(path, nr);
		made = nr % 200 ? mknod(path, S_IFREG | 0644, 0) : mkdir(path, 0755);
		if (made < 0)
			break;
	}
	CHECK_EQ(errno, ENOSPC);
	CHECK_EQ(inodes_free(), 0);
	CHECK_EQ(nr, before);
	CHECK_ERRNO(mkdir("one more", 0755), ENOSPC);
	CHECK_ERRNO(symlink("target", "one more"), ENOSPC);
	CHECK_ERRNO(open("one more", O_CREAT | O_RDWR, 0644), ENOSPC);
	CHECK_ERRNO(access("one more", F_OK), ENOENT);
	while (nr-- > 0) {
		many_path(path, nr);
		CHECK_EQ(nr % 200 ? unlink(path) : rmdir(path), 0);
	}
	CHECK_EQ(inodes_free(), before);
}

static void
hard_links(void)
{
	int fd = file_open(O_CREAT | O_RDWR);
	struct stat one, two;

	CHECK_EQ(link("file", "second"), 0);
	CHECK_EQ(stat("file", &one), 0);
	CHECK_EQ(stat("second", &two), 0);
	CHECK_EQ(one.st_ino, two.st_ino);
	CHECK_EQ(one.st_nlink, 2);
	CHECK_EQ(write(fd, "text", 4), 4);
	CHECK_ERRNO(link("file", "second"), EEXIST);
	CHECK_ERRNO(link("missing", "third"), ENOENT);
	CHECK_ERRNO(link(".", "third"), EPERM);
	CHECK_EQ(unlink("file"), 0);
	CHECK_EQ(stat("second", &two), 0);
	CHECK_EQ(two.st_nlink, 1);
	CHECK_EQ(two.st_size, 4);
}

static void
stat_fields(void)
{
	int fd = file_open(O_CREAT | O_RDWR);
	struct stat st, dir;

	CHECK_EQ(write(fd, buffer, 5000), 5000);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(stat("file", &st), 0);
	CHECK(S_ISREG(st.st_mode));
	CHECK_EQ(st.st_size, 5000);
	CHECK(st.st_blocks >= 10 && st.st_blksize >= 512 && st.st_ino != 0);
	CHECK_EQ(stat(".", &dir), 0);
	CHECK(S_ISDIR(dir.st_mode) && dir.st_dev == st.st_dev && dir.st_ino != st.st_ino);
	CHECK_EQ(fchmod(fd, 0600), 0);
	CHECK_EQ(fstat(fd, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	CHECK_EQ(stat("/dev/null", &st), 0);
	CHECK(S_ISCHR(st.st_mode));
	CHECK_ERRNO(stat("missing", &st), ENOENT);
	CHECK_ERRNO(fstat(999, &st), EBADF);
}

static void
sync_calls(void)
{
	int fd = file_open(O_CREAT | O_RDWR), fds[2];

	CHECK_EQ(write(fd, "x", 1), 1);
	CHECK_EQ(fsync(fd), 0);
	CHECK_EQ(fdatasync(fd), 0);
	CHECK_EQ(pipe(fds), 0);
	CHECK_ERRNO(fsync(fds[0]), EINVAL);
	CHECK_ERRNO(fsync(999), EBADF);
	fd = open("/proc/self", O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0);
	CHECK_ERRNO(fsync(fd), EINVAL);
	sync();
}

static void
device_files(void)
{
	int fd = open("/dev/zero", O_RDWR);

	memset(buffer, 1, 100);
	CHECK_EQ(read(fd, buffer, 100), 100);
	CHECK_EQ(buffer[0] | buffer[99], 0);
	fd = open("/dev/null", O_RDWR);
	CHECK_EQ(write(fd, buffer, 100), 100);
	CHECK_EQ(read(fd, buffer, 100), 0);
}

const struct test file_tests[] = {
	{"write_and_read", write_and_read, ANYWHERE},
	{"big_file", big_file, ANYWHERE},
	{"sparse_file", sparse_file, ANYWHERE},
	{"truncate_contents", truncate_contents, ANYWHERE},
	{"open_truncates", open_truncates, ANYWHERE},
	{"open_flags", open_flags, ANYWHERE},
	{"seek_rules", seek_rules, A_KERNEL},
	{"append_writers", append_writers, ANYWHERE},
	{"block_writers", block_writers, ANYWHERE},
	{"unlinked_file_stays", unlinked_file_stays, ANYWHERE},
	{"unlinked_file_gives_back", unlinked_file_gives_back, ON_OUR_SIZE},
	{"disk_full", disk_full, ON_OUR_SIZE},
	{"inodes_full", inodes_full, ON_OUR_SIZE},
	{"hard_links", hard_links, ANYWHERE},
	{"stat_fields", stat_fields, ANYWHERE},
	{"sync_calls", sync_calls, ANYWHERE},
	{"device_files", device_files, ANYWHERE},
	{NULL, NULL, ANYWHERE},
};
