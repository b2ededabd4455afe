/* Files with xv6's API only: create, link, unlink, mkdir, chdir, stat. */
#include "kernel/types.h"
#include "kernel/riscv.h"
#include "kernel/memlayout.h"
#include "kernel/fcntl.h"
#include "kernel/fs.h"
#include "kernel/stat.h"
#include "user/user.h"

#define COUNT 100

static char buf[BSIZE];

static void
check(int ok, const char *what)
{
	if (ok)
		return;
	printf("xv6compat_files: %s: FAILED\n", what);
	exit(1);
}

static void
test_write_read(void)
{
	struct stat st;
	int fd = open("xv6-file", O_CREATE | O_RDWR);

	check(fd >= 0, "create");
	for (int i = 0; i < COUNT; i++) {
		memset(buf, 'a' + i % 26, BSIZE);
		check(write(fd, buf, BSIZE) == BSIZE, "write");
	}
	check(fstat(fd, &st) == 0 && st.type == T_FILE && st.nlink == 1, "fstat");
	check(st.size == (uint64)COUNT * BSIZE, "the file's size");
	close(fd);
	fd = open("xv6-file", O_RDONLY);
	for (int i = 0; i < COUNT; i++)
		check(read(fd, buf, BSIZE) == BSIZE && buf[BSIZE - 1] == 'a' + i % 26, "read");
	check(read(fd, buf, BSIZE) == 0, "read at the end");
	close(fd);
	fd = open("xv6-file", O_WRONLY | O_TRUNC);
	check(fstat(fd, &st) == 0 && st.size == 0, "O_TRUNC");
	close(fd);
}

static void
test_links(void)
{
	struct stat st;

	check(link("xv6-file", "xv6-link") == 0, "link");
	check(stat("xv6-link", &st) == 0 && st.nlink == 2, "two links");
	check(unlink("xv6-file") == 0 && open("xv6-file", O_RDONLY) < 0, "unlink");
	check(stat("xv6-link", &st) == 0 && st.nlink == 1, "one link");
	check(unlink("xv6-link") == 0 && unlink("xv6-link") < 0, "unlink twice");
}

static void
test_directories(void)
{
	struct dirent entry;
	struct stat st;
	int fd, found = 0;

	check(mkdir("xv6-dir") == 0 && mkdir("xv6-dir") < 0, "mkdir");
	check(stat("xv6-dir", &st) == 0 && st.type == T_DIR, "stat of a directory");
	check(chdir("xv6-dir") == 0, "chdir");
	close(open("inner", O_CREATE | O_WRONLY));
	fd = open(".", O_RDONLY);
	while (read(fd, &entry, sizeof(entry)) == sizeof(entry))
		if (strcmp(entry.name, "inner") == 0 && entry.inum != 0)
			found++;
	close(fd);
	check(found == 1, "the directory holds the file");
	check(chdir("..") == 0 && unlink("xv6-dir") < 0, "a full directory stays");
	check(unlink("xv6-dir/inner") == 0 && unlink("xv6-dir") == 0, "an empty one goes");
}

int
main(void)
{
	check(open("xv6-none", O_RDONLY) == -1, "open of nothing");
	check(write(-1, buf, 1) == -1 && read(99, buf, 1) == -1, "bad descriptors");
	check(PGROUNDUP(1) == PGSIZE && r_sp() != 0 && KERNBASE < MAXVA, "constants");
	test_write_read();
	test_links();
	test_directories();
	printf("xv6compat_files: OK\n");
	exit(0);
}
