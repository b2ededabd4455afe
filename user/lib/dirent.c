/* Reading directories. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct dir_stream {
	int fd;
	size_t pos;
	size_t end;
	long offset; /* of the entry at pos, for telldir */
	char buf[4096] __attribute__((aligned(8)));
};

ssize_t
getdents64(int fd, void *buf, size_t size)
{
	return syscall_result(sys_getdents64(fd, buf, size));
}

DIR *
fdopendir(int fd)
{
	struct stat st;
	DIR *dir;

	if (fstat(fd, &st) < 0)
		return NULL;
	if (!S_ISDIR(st.st_mode)) {
		errno = ENOTDIR;
		return NULL;
	}
	dir = malloc(sizeof(*dir));
	if (dir) {
		dir->fd = fd;
		dir->pos = dir->end = 0;
		dir->offset = 0;
	}
	return dir;
}

DIR *
opendir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir;

	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

struct dirent *
readdir(DIR *dir)
{
	struct dirent *entry;

	if (dir->pos >= dir->end) {
		ssize_t n = getdents64(dir->fd, dir->buf, sizeof(dir->buf));

		if (n <= 0)
			return NULL;
		dir->pos = 0;
		dir->end = (size_t)n;
	}
	entry = (struct dirent *)(dir->buf + dir->pos);
	dir->pos += entry->d_reclen;
	dir->offset = entry->d_off;
	return entry;
}

void
seekdir(DIR *dir, long pos)
{
	lseek(dir->fd, pos, SEEK_SET);
	dir->pos = dir->end = 0;
	dir->offset = pos;
}

void
rewinddir(DIR *dir)
{
	seekdir(dir, 0);
}

long
telldir(DIR *dir)
{
	return dir->offset;
}

int
dirfd(DIR *dir)
{
	return dir->fd;
}

int
closedir(DIR *dir)
{
	int fd = dir->fd;

	free(dir);
	return close(fd);
}
