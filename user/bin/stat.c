/* Show what stat(2) says of files. */

#include <cmd.h>
#include <err.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static const char *
type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "directory";
	case S_IFLNK:
		return "symbolic link";
	case S_IFCHR:
		return "character device";
	case S_IFBLK:
		return "block device";
	case S_IFIFO:
		return "fifo";
	default:
		return "regular file";
	}
}

static void
print_time(const char *what, const struct timespec *when)
{
	char text[32];
	struct tm tm;

	gmtime_r(&when->tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s: %s.%09ld\n", what, text, when->tv_nsec);
}

static void
print_stat(const char *path, const struct stat *st)
{
	char mode[11];

	printf("  File: %s\n", path);
	printf("  Size: %-12lld Blocks: %-8lld IO Block: %ld  %s\n", (long long)st->st_size,
	       (long long)st->st_blocks, (long)st->st_blksize, type_name(st->st_mode));
	printf("Device: %u,%u  Inode: %llu  Links: %u", major(st->st_dev), minor(st->st_dev),
	       (unsigned long long)st->st_ino, (unsigned)st->st_nlink);
	if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		printf("  Device type: %u,%u", major(st->st_rdev), minor(st->st_rdev));
	printf("\nAccess: (%04o/%s)  Uid: %u  Gid: %u\n", st->st_mode & 07777,
	       cmd_mode_string(st->st_mode, mode), st->st_uid, st->st_gid);
	print_time("Access", &st->st_atim);
	print_time("Modify", &st->st_mtim);
	print_time("Change", &st->st_ctim);
}

int
main(int argc, char **argv)
{
	int c, follow = 0, status = 0;

	while ((c = getopt(argc, argv, "L")) != -1) {
		if (c == '?')
			cmd_usage("[-L] FILE...");
		follow = 1;
	}
	if (optind == argc)
		cmd_usage("[-L] FILE...");
	for (; optind < argc; optind++) {
		struct stat st;

		if ((follow ? stat(argv[optind], &st) : lstat(argv[optind], &st)) < 0) {
			warn("%s", argv[optind]);
			status = 1;
		} else {
			print_stat(argv[optind], &st);
		}
	}
	return cmd_finish(status);
}
