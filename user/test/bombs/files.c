/* What files and their names take. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "bombs.h"

static void
pipes_fill(void)
{
	static char bytes[65536];
	int ends[2];

	while (pipe2(ends, O_NONBLOCK) == 0) {
		while (write(ends[1], bytes, sizeof(bytes)) > 0)
			;
		event_note();
	}
	event_note();
	for (;;)
		pause();
}

#define PIPE_PROCESSES 4

void
bomb_pipes(void)
{
	pid_t leaders[PIPE_PROCESSES];

	for (int i = 0; i < PIPE_PROCESSES; i++)
		leaders[i] = bomb_start(pipes_fill);
	events_wait(600);
	for (int i = 0; i < PIPE_PROCESSES; i++)
		group_end(leaders[i]);
}

static void
files_open(void)
{
	long nr = 0;

	while (open("/dev/null", O_RDONLY) >= 0)
		nr++;
	CHECK(errno == EMFILE || errno == ENFILE || errno == ENOMEM, nr);
	event_note();
	for (;;)
		pause();
}

#define FILE_PROCESSES 6

void
bomb_files(void)
{
	pid_t leaders[FILE_PROCESSES];

	for (int i = 0; i < FILE_PROCESSES; i++)
		leaders[i] = bomb_start(files_open);
	events_wait(FILE_PROCESSES);
	for (int i = 0; i < FILE_PROCESSES; i++)
		group_end(leaders[i]);
}

#define TMPFS "/bombs-tmpfs"

static void
tmpfs_mount(const char *options)
{
	CHECK(mkdir(TMPFS, 0777) == 0 || errno == EEXIST, 0);
	CHECK(mount("none", TMPFS, "tmpfs", 0, options) == 0, 0);
}

static void
tmpfs_unmount(void)
{
	CHECK(umount2(TMPFS, 0) == 0, 0);
	CHECK(rmdir(TMPFS) == 0, 0);
}

/* Fills the file system with one file. => its size */
static long
tmpfs_fill(void)
{
	static char bytes[65536];
	int fd = open(TMPFS "/full", O_RDWR | O_CREAT, 0666);
	long size;

	CHECK(fd >= 0, fd);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	CHECK(errno == ENOSPC, 0);
	size = lseek(fd, 0, SEEK_END);
	close(fd);
	CHECK(unlink(TMPFS "/full") == 0, 0);
	return size;
}

/* Half of memory is the limit, or what the mount says; removing gives all of it back. */
void
bomb_tmpfs(void)
{
	long total = number_read("/proc/meminfo", "MemTotal:") * 1024, size;
	struct statfs st;

	tmpfs_mount(NULL);
	size = tmpfs_fill();
	CHECK(size > total / 2 - (long)MIB && size <= total / 2, size);
	tmpfs_unmount();
	tmpfs_mount("size=1m,nr_inodes=9");
	CHECK(tmpfs_fill() == (long)MIB && tmpfs_fill() == (long)MIB, 0);
	CHECK(statfs(TMPFS, &st) == 0 && st.f_blocks == MIB / PAGE, st.f_blocks);
	CHECK(st.f_bfree == st.f_blocks && st.f_files == 9, st.f_bfree);
	tmpfs_unmount();
	CHECK(mkdir(TMPFS, 0777) == 0, 0);
	CHECK(mount("none", TMPFS, "tmpfs", 0, "size=101%") == -1 && errno == EINVAL, 0);
	CHECK(rmdir(TMPFS) == 0, 0);
}

#define SPARSE_BYTES (1024 * MIB)

/* Reading holes keeps no memory. */
void
bomb_holes(void)
{
	static char bytes[65536];
	long kills = nr_kills();
	int fd;

	tmpfs_mount(NULL);
	fd = open(TMPFS "/sparse", O_RDWR | O_CREAT, 0666);
	CHECK(fd >= 0 && ftruncate(fd, SPARSE_BYTES) == 0, fd);
	for (long left = number_read("/proc/meminfo", "MemTotal:") * 1024; left > 0;)
		left -= read(fd, bytes, sizeof(bytes));
	CHECK(nr_kills() == kills, kills);
	close(fd);
	CHECK(unlink(TMPFS "/sparse") == 0, 0);
	tmpfs_unmount();
}

#define NR_NAMES 20000

/* Names that are not there, of which the kernel remembers that. */
static void
names_look_up(void)
{
	char name[64];
	struct stat st;

	for (int i = 0; i < NR_NAMES; i++) {
		snprintf(name, sizeof(name), "/tmp/no-such-name-as-this-one-%d", i);
		CHECK(stat(name, &st) == -1, i);
	}
}

void
bomb_names(void)
{
	check_ended(names_look_up);
}

/* Directories in memory, until no more are to be had. */
void
bomb_directories(void)
{
	char name[64];
	int nr = 0;

	tmpfs_mount(NULL);
	for (;; nr++) {
		snprintf(name, sizeof(name), TMPFS "/%d", nr);
		if (mkdir(name, 0777) != 0)
			break;
	}
	CHECK(errno == ENOSPC || errno == ENOMEM, nr);
	while (--nr >= 0) {
		snprintf(name, sizeof(name), TMPFS "/%d", nr);
		CHECK(rmdir(name) == 0, nr);
	}
	tmpfs_unmount();
}
