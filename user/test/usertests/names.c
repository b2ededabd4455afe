/* Names: directories, long and deep paths, symbolic links; processes that race for names. */
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

static char name[8000];

static void
touch(const char *path)
{
	int fd = open(path, O_CREAT | O_RDWR, 0644);

	if (fd < 0)
		FAIL("cannot create %.40s: %s", path, strerror(errno));
	close(fd);
}

static int
entries(const char *path)
{
	struct dirent *entry;
	DIR *dir = opendir(path);
	int count = 0;

	CHECK(dir != NULL);
	while ((entry = readdir(dir)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			count++;
	closedir(dir);
	return count;
}

static void
long_names(void)
{
	struct stat st;

	memset(name, 'n', 255);
	touch(name);
	CHECK_EQ(stat(name, &st), 0);
	name[254] = 0;
	CHECK_ERRNO(stat(name, &st), ENOENT);
	memset(name, 'n', 256);
	CHECK_ERRNO(open(name, O_CREAT | O_RDWR, 0644), ENAMETOOLONG);
	CHECK_ERRNO(mkdir(name, 0755), ENAMETOOLONG);
	CHECK_ERRNO(stat(name, &st), ENAMETOOLONG);
	CHECK_ERRNO(symlink("x", name), ENAMETOOLONG);
	CHECK_EQ(entries("."), 1);
}

static void
long_paths(void)
{
	struct stat st;

	touch("f");
	for (int i = 0; i < 2047; i++)
		memcpy(name + 2 * i, "./", 2);
	strcpy(name + 4094, "f");
	CHECK_EQ(stat(name, &st), 0);
	strcpy(name + 4094, "/f");
	CHECK_ERRNO(stat(name, &st), ENAMETOOLONG);
	memset(name, '/', sizeof(name) - 1);
	CHECK_ERRNO(stat(name, &st), ENAMETOOLONG);
	CHECK_ERRNO(stat("", &st), ENOENT);
	CHECK_ERRNO(chdir(""), ENOENT);
}

static void
deep_directories(void)
{
	char path[4096];

	for (int i = 0; i < 150; i++) {
		CHECK_EQ(mkdir("deep", 0755), 0);
		CHECK_EQ(chdir("deep"), 0);
	}
	CHECK(getcwd(path, sizeof(path)) != NULL);
	CHECK(strlen(path) > 750);
	CHECK_ERRNO((long)(getcwd(path, 20) ? 0 : -1), ERANGE);
	for (int i = 0; i < 150; i++) {
		CHECK_EQ(chdir(".."), 0);
		CHECK_EQ(rmdir("deep"), 0);
	}
}

static void
directory_rules(void)
{
	struct stat st;

	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_ERRNO(mkdir("d", 0755), EEXIST);
	CHECK_ERRNO(mkdir(".", 0755), EEXIST);
	CHECK_ERRNO(mkdir("/", 0755), EEXIST);
	CHECK_ERRNO(mkdir("no/d", 0755), ENOENT);
	CHECK_EQ(stat("d", &st), 0);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(mkdir("d/e/", 0755), 0);
	CHECK_EQ(stat("d", &st), 0);
	CHECK_EQ(st.st_nlink, 3);
	CHECK_ERRNO(rmdir("d"), ENOTEMPTY);
	CHECK_ERRNO(rmdir("d/."), EINVAL);
	CHECK_ERRNO(rmdir("d/e/.."), ENOTEMPTY);
	CHECK_ERRNO(rmdir("missing"), ENOENT);
	CHECK_ERRNO(unlink("d"), EISDIR);
	touch("f");
	CHECK_ERRNO(rmdir("f"), ENOTDIR);
	CHECK_ERRNO(chdir("f"), ENOTDIR);
	CHECK_ERRNO(mkdir("f/d", 0755), ENOTDIR);
	CHECK_EQ(rmdir("d/e"), 0);
	CHECK_EQ(rmdir("d"), 0);
	CHECK_ERRNO(chdir("d"), ENOENT);
	CHECK_EQ(chdir("/"), 0);
	CHECK_EQ(chdir(".."), 0);
	CHECK(strcmp(getcwd(name, sizeof(name)), "/") == 0);
}

static void
removed_directory(void)
{
	struct stat st;

	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(chdir("d"), 0);
	CHECK_EQ(rmdir("../d"), 0);
	CHECK_ERRNO(open("f", O_CREAT | O_RDWR, 0644), ENOENT);
	CHECK_ERRNO(mkdir("e", 0755), ENOENT);
	CHECK_EQ(stat(".", &st), 0);
	CHECK_ERRNO((long)(getcwd(name, 4096) ? 0 : -1), ENOENT);
	CHECK_EQ(chdir(".."), 0);
}

static void
symbolic_links(void)
{
	struct stat st;
	char target[20];

	CHECK_EQ(symlink("target", "link"), 0);
	CHECK_ERRNO(stat("link", &st), ENOENT);
	CHECK_EQ(lstat("link", &st), 0);
	CHECK(S_ISLNK(st.st_mode) && st.st_size == 6);
	CHECK_EQ(readlink("link", target, 20), 6);
	CHECK_EQ(readlink("link", target, 3), 3);
	CHECK_ERRNO(readlink("link", target, 0), EINVAL);
	CHECK_ERRNO(readlink("", target, 20), ENOENT);
	touch("link");
	CHECK_EQ(stat("target", &st), 0);
	CHECK_ERRNO(open("link", O_CREAT | O_EXCL | O_RDWR, 0644), EEXIST);
	CHECK_ERRNO(open("link", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK_ERRNO(readlink("target", target, 20), EINVAL);
	CHECK_ERRNO(symlink("x", "link"), EEXIST);
	CHECK_ERRNO(symlink("", "empty"), ENOENT);
	CHECK_EQ(unlink("link"), 0);
	CHECK_EQ(stat("target", &st), 0);
}

static void
symbolic_loops(void)
{
	struct stat st;
	char from[8], to[8];

	CHECK_EQ(symlink("b", "a"), 0);
	CHECK_EQ(symlink("a", "b"), 0);
	CHECK_ERRNO(stat("a", &st), ELOOP);
	CHECK_ERRNO(open("a/x", O_RDONLY), ELOOP);
	CHECK_EQ(symlink("self/x", "self"), 0);
	CHECK_ERRNO(stat("self", &st), ELOOP);
	touch("s0");
	for (int i = 1; i <= 41; i++) {
		snprintf(to, sizeof(to), "s%d", i - 1);
		snprintf(from, sizeof(from), "s%d", i);
		CHECK_EQ(symlink(to, from), 0);
	}
	CHECK_EQ(stat("s40", &st), 0);
	CHECK_ERRNO(stat("s41", &st), ELOOP);
}

static void
renames(void)
{
	struct stat st, was;

	touch("a");
	CHECK_EQ(stat("a", &was), 0);
	CHECK_EQ(rename("a", "b"), 0);
	CHECK_ERRNO(stat("a", &st), ENOENT);
	CHECK_EQ(stat("b", &st), 0);
	CHECK_EQ(st.st_ino, was.st_ino);
	CHECK_EQ(rename("b", "b"), 0);
	CHECK_EQ(mkdir("d", 0755), 0);
	CHECK_EQ(mkdir("d/e", 0755), 0);
	CHECK_ERRNO(rename("b", "d"), EISDIR);
	CHECK_ERRNO(rename("d", "b"), ENOTDIR);
	CHECK_ERRNO(rename("d", "d/e/f"), EINVAL);
	CHECK_ERRNO(rename("missing", "x"), ENOENT);
	CHECK_ERRNO(rename("/proc/self/maps", "/proc/self/stat"), EPERM);
	CHECK_EQ(mkdir("full", 0755), 0);
	touch("full/f");
	CHECK_ERRNO(rename("d", "full"), ENOTEMPTY);
	CHECK_EQ(rename("b", "d/b"), 0);
	CHECK_EQ(rename("full/f", "d/b"), 0);
	CHECK_EQ(rename("d", "full"), 0);
	CHECK_EQ(stat("full/b", &st), 0);
	CHECK_EQ(rename("full/e", "e"), 0);
	CHECK_EQ(stat("full", &st), 0);
	CHECK_EQ(st.st_nlink, 2);
	CHECK_EQ(stat("e/..", &st), 0);
	CHECK_EQ(stat(".", &was), 0);
	CHECK_EQ(st.st_ino, was.st_ino);
}

static void
many_files(void)
{
	char path[32];

	for (int i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "a-file-of-many-%d", i);
		touch(path);
	}
	CHECK_EQ(entries("."), 1000);
	for (int i = 0; i < 1000; i += 2) {
		snprintf(path, sizeof(path), "a-file-of-many-%d", i);
		CHECK_EQ(unlink(path), 0);
	}
	CHECK_EQ(entries("."), 500);
	for (int i = 0; i < 1000; i++) {
		snprintf(path, sizeof(path), "a-file-of-many-%d", i);
		CHECK_EQ(access(path, F_OK), i % 2 ? 0 : -1);
	}
}

/* Names that stay are seen once each, however the directory changes meanwhile. */
static void
changing_directory(void)
{
	char path[32], seen[200] = {0};
	struct dirent *entry;
	DIR *dir;
	int round = 0;

	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), "stays%d", i);
		touch(path);
	}
	dir = opendir(".");
	while ((entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "goes%d", round++ % 20);
		if (unlink(path) < 0 && round < 2000)
			touch(path);
		if (strncmp(entry->d_name, "stays", 5) == 0)
			CHECK_EQ(seen[atoi(entry->d_name + 5)]++, 0);
	}
	for (int i = 0; i < 200; i++)
		CHECK_EQ(seen[i], 1);
	closedir(dir);
}

static void
small_directory_buffers(void)
{
	static char buffer[512];
	int fd, count = 0;
	ssize_t got;

	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		touch(name);
	}
	fd = open(".", O_RDONLY);
	CHECK_ERRNO(getdents64(fd, buffer, 8), EINVAL);
	while ((got = getdents64(fd, buffer, 64)) > 0)
		for (ssize_t at = 0; at < got; count++) {
			struct dirent *entry = (struct dirent *)(buffer + at);

			CHECK(entry->d_reclen > 0 && entry->d_reclen % 8 == 0);
			at += entry->d_reclen;
		}
	CHECK_EQ(got, 0);
	CHECK_EQ(count, 32);
}

/* Runs the function in several processes at once, with a seed each. */
static void
in_parallel(int processes, void (*function)(unsigned seed))
{
	pid_t children[8];

	for (int i = 0; i < processes; i++) {
		children[i] = fork_checked();
		if (children[i] == 0) {
			function(i + 1);
			_exit(0);
		}
	}
	for (int i = 0; i < processes; i++)
		check_exit(children[i]);
}

static void
create_and_unlink(unsigned seed)
{
	char path[8];

	for (int i = 0; i < 150; i++) {
		snprintf(path, sizeof(path), "n%d", rand_r(&seed) % 5);
		if (rand_r(&seed) % 2) {
			int fd = open(path, O_CREAT | O_RDWR, 0644);

			CHECK(fd >= 0);
			CHECK_EQ(write(fd, path, 2), 2);
			CHECK_EQ(close(fd), 0);
		} else {
			CHECK(unlink(path) == 0 || errno == ENOENT);
		}
	}
}

static void
race_create_unlink(void)
{
	in_parallel(4, create_and_unlink);
	CHECK(entries(".") <= 5);
}

static void
create_exclusively(unsigned seed)
{
	char path[16];

	(void)seed;
	for (int i = 0; i < 60; i++) {
		snprintf(path, sizeof(path), "x%d", i);
		int fd = open(path, O_CREAT | O_EXCL | O_RDWR, 0644);
		if (fd < 0) {
			CHECK_EQ(errno, EEXIST);
			continue;
		}
		fd = open("winners", O_CREAT | O_APPEND | O_WRONLY, 0644);
		CHECK_EQ(write(fd, "w", 1), 1);
		close(fd);
		fd = open("winners", O_RDONLY);
		close(fd);
	}
}

/* Of those who create a name with O_EXCL, one wins. */
static void
race_exclusive(void)
{
	struct stat st;

	in_parallel(4, create_exclusively);
	CHECK_EQ(stat("winners", &st), 0);
	CHECK_EQ(st.st_size, 60);
}

static void
make_and_remove(unsigned seed)
{
	char path[16];

	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "d%d/e", rand_r(&seed) % 2);
		if (rand_r(&seed) % 3)
			path[2] = 0;
		if (rand_r(&seed) % 2)
			CHECK(mkdir(path, 0755) == 0 || errno == EEXIST || errno == ENOENT);
		else
			CHECK(rmdir(path) == 0 || errno == ENOENT || errno == ENOTEMPTY);
	}
}

static void
race_directories(void)
{
	in_parallel(4, make_and_remove);
}

static void
rename_around(unsigned seed)
{
	char from[16], to[16];

	for (int i = 0; i < 100; i++) {
		snprintf(from, sizeof(from), "d%d/f%d", rand_r(&seed) % 3, rand_r(&seed) % 3);
		snprintf(to, sizeof(to), "d%d/f%d", rand_r(&seed) % 3, rand_r(&seed) % 3);
		CHECK(rename(from, to) == 0 || errno == ENOENT);
		if (rand_r(&seed) % 8 == 0)
			touch(from);
	}
}

static void
race_rename(void)
{
	for (int i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "d%d", i);
		CHECK_EQ(mkdir(name, 0755), 0);
		strcat(name, "/f0");
		touch(name);
	}
	in_parallel(4, rename_around);
	CHECK(entries("d0") <= 3 && entries("d1") <= 3 && entries("d2") <= 3);
}

/* Directories that move below each other never make a circle. */
static void
move_directories(unsigned seed)
{
	static const char *paths[] = {"a", "b", "a/b", "b/a", "a/c", "b/c", "c"};

	for (int i = 0; i < 100; i++) {
		const char *from = paths[rand_r(&seed) % COUNT(paths)];
		const char *to = paths[rand_r(&seed) % COUNT(paths)];

		CHECK(rename(from, to) == 0 || errno == ENOENT || errno == EINVAL ||
		      errno == ENOTEMPTY || errno == ENOTDIR);
		if (i % 10 == 0)
			mkdir(paths[rand_r(&seed) % 2], 0755);
	}
}

static void
race_directory_rename(void)
{
	CHECK_EQ(mkdir("a", 0755), 0);
	CHECK_EQ(mkdir("b", 0755), 0);
	CHECK_EQ(mkdir("c", 0755), 0);
	in_parallel(4, move_directories);
	CHECK(entries(".") >= 1);
}

/* Odd processes rename one directory onto another, even ones move a file between the two. */
static void
rename_crosswise(unsigned seed)
{
	static char from[32], to[32];
	bool moves_file = seed % 2 == 0;

	for (int i = 0; i < 1000; i++) {
		const char *file = moves_file ? "/moved" : "";

		snprintf(from, sizeof(from), "d%d%s", rand_r(&seed) % 8, file);
		snprintf(to, sizeof(to), "d%d%s", rand_r(&seed) % 8, file);
		CHECK(rename(from, to) == 0 || errno == (moves_file ? ENOENT : ENOTEMPTY));
	}
}

/*
 * Two orders in which two directories are locked would be a deadlock. Names and inodes lie in memory in
 * different orders here: the second names, which are the last to go, were not made in the inodes' order.
 */
static void
race_rename_crosswise(void)
{
	char path[32], other[32];

	for (int i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "f%d", i);
		touch(path);
	}
	for (int i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "f%d", i * 3 % 8);
		snprintf(other, sizeof(other), "l%d", i * 3 % 8);
		CHECK_EQ(link(path, other), 0);
	}
	for (int i = 0; i < 16; i++) {
		snprintf(path, sizeof(path), "%c%d", i < 8 ? 'f' : 'l', i % 8);
		CHECK_EQ(unlink(path), 0);
	}
	for (int i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "d%d", i);
		CHECK_EQ(mkdir(path, 0755), 0);
		snprintf(path, sizeof(path), "d%d/kept", i);
		touch(path);
	}
	touch("d0/moved");
	in_parallel(4, rename_crosswise);
	CHECK_EQ(entries("."), 8);
}

static void
link_around(unsigned seed)
{
	char path[8];

	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "l%d", rand_r(&seed) % 4);
		if (rand_r(&seed) % 2)
			CHECK(link("origin", path) == 0 || errno == EEXIST);
		else
			CHECK(unlink(path) == 0 || errno == ENOENT);
	}
}

static void
race_links(void)
{
	struct stat st;

	touch("origin");
	in_parallel(4, link_around);
	CHECK_EQ(stat("origin", &st), 0);
	CHECK_EQ(st.st_nlink, entries("."));
}

/* More small files than the caches of a small machine hold. */
#define TREE_DIRS  16
#define TREE_FILES 100

static void
tree_path(char *path, int dir, int file)
{
	sprintf(path, "dir%d/a-small-file-%d", dir, file);
}

static void
tree_make(int dir)
{
	char path[64], text[300];

	sprintf(path, "dir%d", dir);
	CHECK_EQ(mkdir(path, 0755), 0);
	for (int file = 0; file < TREE_FILES; file++) {
		tree_path(path, dir, file);
		pattern_fill(text, sizeof(text), file, dir);
		file_make(path, text, sizeof(text));
	}
}

static void
tree_check(int dir)
{
	char path[64], text[300];

	for (int file = 0; file < TREE_FILES; file++) {
		int fd;

		tree_path(path, dir, file);
		fd = open(path, O_RDONLY);
		CHECK(fd >= 0);
		CHECK_EQ(read(fd, text, sizeof(text)), sizeof(text));
		CHECK(pattern_holds(text, sizeof(text), file, dir));
		CHECK_EQ(close(fd), 0);
		CHECK_EQ(unlink(path), 0);
	}
	sprintf(path, "dir%d", dir);
	CHECK_EQ(rmdir(path), 0);
}

static void
many_small_files(void)
{
	for (int dir = 0; dir < TREE_DIRS; dir++)
		tree_make(dir);
	for (int dir = 0; dir < TREE_DIRS; dir++)
		tree_check(dir);
}

/* What a shell does for `> /dev/stdout`: the file is there, so O_CREAT changes nothing. */
static void
create_of_open_file(void)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600), ends[2], again;
	char path[40], text[8] = "";

	CHECK_EQ(write(fd, "before", 6), 6);
	CHECK_EQ(unlink("file"), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	CHECK(again >= 0);
	CHECK_EQ(write(again, "now", 3), 3);
	CHECK_EQ(pread(fd, text, sizeof(text), 0), 3);
	CHECK(strcmp(text, "now") == 0);
	CHECK_ERRNO(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST);
	CHECK_EQ(pipe(ends), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[1]);
	again = open(path, O_WRONLY | O_CREAT, 0600);
	CHECK(again >= 0);
	CHECK_EQ(write(again, "pipe", 4), 4);
	CHECK_EQ(read(ends[0], text, sizeof(text)), 4);
	CHECK_ERRNO(open("/proc/self/cwd", O_WRONLY | O_CREAT, 0600), EISDIR);
}

const struct test name_tests[] = {
	{"long_names", long_names, ANYWHERE},
	{"long_paths", long_paths, ANYWHERE},
	{"deep_directories", deep_directories, ANYWHERE},
	{"directory_rules", directory_rules, ON_OUR_SIZE},
	{"removed_directory", removed_directory, ANYWHERE},
	{"symbolic_links", symbolic_links, ANYWHERE},
	{"create_of_open_file", create_of_open_file, A_KERNEL},
	{"symbolic_loops", symbolic_loops, ANYWHERE},
	{"renames", renames, ON_OUR_SIZE},
	{"many_files", many_files, ANYWHERE},
	{"changing_directory", changing_directory, ANYWHERE},
	{"small_directory_buffers", small_directory_buffers, ANYWHERE},
	{"race_create_unlink", race_create_unlink, ANYWHERE},
	{"race_exclusive", race_exclusive, ANYWHERE},
	{"race_directories", race_directories, ANYWHERE},
	{"race_rename", race_rename, ANYWHERE},
	{"race_directory_rename", race_directory_rename, ANYWHERE},
	{"race_rename_crosswise", race_rename_crosswise, ANYWHERE},
	{"race_links", race_links, ANYWHERE},
	{"many_small_files", many_small_files, ANYWHERE},
	{NULL, NULL, ANYWHERE},
};
