/*
 * Who is told that pages of a file could not be written, when that was found out by nobody's call: the
 * kernel wrote them by itself. Requests are made to fail by /sys/kernel/debug/blk_fail.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	    4096UL
#define NR_PAGES    4UL
#define FAIL_FILE   "/sys/kernel/debug/blk_fail"
#define EXPIRE_FILE "/proc/sys/vm/dirty_expire_centisecs"
#define FILE_NAME   "/syncerr.data"

/* As long as the kernel may take to write what is old enough. */
#define WAIT_SECONDS 20

static void
text_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	size_t len = strlen(text);

	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		err(1, "%s", path);
	close(fd);
}

static void
text_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, size - 1);

	if (n < 0)
		err(1, "%s", path);
	text[n] = '\0';
	close(fd);
}

static bool
a_write_failed(void)
{
	char text[64];

	text_read(FAIL_FILE, text, sizeof(text));
	return strtoul(text, NULL, 10) > 0;
}

/* The disk fails once, with what is dirty now, which the kernel soon writes by itself. */
static void
fail_in_the_background(void)
{
	text_write(FAIL_FILE, "root/write:1:1");
	text_write(EXPIRE_FILE, "1");
	for (int i = 0; i < WAIT_SECONDS * 100 && !a_write_failed(); i++)
		usleep(10000);
	if (!a_write_failed())
		errx(1, "the kernel wrote nothing");
	usleep(100000);
	text_write(FAIL_FILE, "none:0");
	text_write(EXPIRE_FILE, "500");
}

static int
file_open(void)
{
	int fd = open(FILE_NAME, O_RDWR);

	if (fd < 0)
		err(1, FILE_NAME);
	return fd;
}

static char *
file_map(int fd)
{
	char *bytes = mmap(NULL, NR_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (bytes == MAP_FAILED)
		err(1, "mmap");
	return bytes;
}

static void
file_write(int fd)
{
	if (pwrite(fd, "x", 1, 0) != 1)
		err(1, "pwrite");
}

static void
tells(const char *who, int result, bool error)
{
	if (error && (result == 0 || errno != EIO))
		errx(1, "%s does not tell of the error", who);
	if (!error && result < 0)
		err(1, "%s", who);
}

static void
case_msync(void)
{
	int fd = file_open();
	char *bytes = file_map(fd);

	close(fd);
	bytes[PAGE] = 1;
	fail_in_the_background();
	tells("msync", msync(bytes, NR_PAGES * PAGE, MS_SYNC), true);
	tells("msync, the second time", msync(bytes, NR_PAGES * PAGE, MS_SYNC), false);
	bytes[PAGE] = 2;
	tells("msync, when the disk is well", msync(bytes, NR_PAGES * PAGE, MS_SYNC), false);
	munmap(bytes, NR_PAGES * PAGE);
}

/* What another was told of is new to an area, also when that has been split and moved meanwhile. */
static void
case_msync_moved(void)
{
	int fd = file_open(), other = file_open();
	char *bytes = file_map(fd);

	bytes[0] = 3;
	fail_in_the_background();
	tells("fsync", fsync(other), true);
	if (mprotect(bytes + PAGE, PAGE, PROT_READ) < 0)
		err(1, "mprotect");
	bytes = mremap(bytes, PAGE, 8 * PAGE, MREMAP_MAYMOVE);
	if (bytes == MAP_FAILED)
		err(1, "mremap");
	tells("msync of what moved", msync(bytes, PAGE, MS_SYNC), true);
	tells("msync of what moved, again", msync(bytes, PAGE, MS_SYNC), false);
	munmap(bytes, 8 * PAGE);
	close(fd);
	close(other);
}

/* ... and to a child. */
static void
case_msync_inherited(void)
{
	int fd = file_open(), other = file_open(), status;
	char *bytes = file_map(fd);

	bytes[0] = 4;
	fail_in_the_background();
	tells("fsync", fsync(other), true);
	if (fork() == 0) {
		tells("a child's msync", msync(bytes, PAGE, MS_SYNC), true);
		_exit(0);
	}
	if (wait(&status) < 0 || status != 0)
		errx(1, "the child ended with %#x", status);
	munmap(bytes, NR_PAGES * PAGE);
	close(fd);
	close(other);
}

/* Who wrote is not there any more. */
static void
case_next_opener(void)
{
	int fd = file_open();

	file_write(fd);
	close(fd);
	fail_in_the_background();
	fd = file_open();
	tells("fsync of the next who opens the file", fsync(fd), true);
	tells("fsync, the second time", fsync(fd), false);
	close(fd);
	fd = file_open();
	tells("fsync of who opens it after that", fsync(fd), false);
	close(fd);
}

static void
case_each_opener(void)
{
	int first = file_open(), second = file_open(), third;

	file_write(first);
	fail_in_the_background();
	tells("fsync of who wrote", fsync(first), true);
	third = file_open();
	tells("fsync of who had the file open", fsync(second), true);
	tells("fsync of who did not", fsync(third), false);
	tells("fsync of who wrote, again", fsync(first), false);
	close(first);
	close(second);
	close(third);
}

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{"msync", case_msync},
	{"msync moved", case_msync_moved},
	{"msync inherited", case_msync_inherited},
	{"the next opener", case_next_opener},
	{"each opener", case_each_opener},
};

int
main(int argc, char **argv)
{
	int fd = open(FILE_NAME, O_RDWR | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || ftruncate(fd, NR_PAGES * PAGE) < 0)
		err(1, FILE_NAME);
	for (unsigned long page = 0; page < NR_PAGES; page++)
		if (pwrite(fd, "y", 1, page * PAGE) != 1)
			err(1, "pwrite");
	close(fd);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc > 1 && strcmp(argv[1], cases[i].name) != 0)
			continue;
		printf("syncerr: %s\n", cases[i].name);
		fflush(stdout);
		sync();
		cases[i].run();
	}
	unlink(FILE_NAME);
	return 0;
}
