/* A directory lister with xv6's API only: reads struct dirent, and stats each name. */
#include "kernel/types.h"
#include "kernel/stat.h"
#include "user/user.h"
#include "kernel/fs.h"
#include "kernel/fcntl.h"

static void
show(char *path, struct stat *st)
{
	static char *types[] = {"?", "dir", "file", "device"};

	printf("%s %s %d %d %l\n", path, types[st->type], st->ino, st->nlink, st->size);
}

static void
list(char *dir)
{
	char path[512], *end;
	struct dirent entry;
	struct stat st;
	int fd = open(dir, O_RDONLY);

	if (fd < 0 || fstat(fd, &st) < 0) {
		fprintf(2, "xv6compat_ls: cannot open %s\n", dir);
		exit(1);
	}
	if (st.type != T_DIR) {
		show(dir, &st);
		close(fd);
		return;
	}
	strcpy(path, dir);
	end = path + strlen(path);
	*end++ = '/';
	while (read(fd, &entry, sizeof(entry)) == sizeof(entry)) {
		if (entry.inum == 0)
			continue;
		memmove(end, entry.name, DIRSIZ);
		end[DIRSIZ] = 0;
		if (stat(path, &st) < 0)
			printf("%s (name cut)\n", path);
		else
			show(path, &st);
	}
	close(fd);
}

int
main(int argc, char *argv[])
{
	if (argc < 2)
		list(".");
	for (int i = 1; i < argc; i++)
		list(argv[i]);
	exit(0);
}
