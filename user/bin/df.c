/* Show how full the file systems are. */

#include <cmd.h>
#include <err.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

static int human;

static const char *
amount(unsigned long long bytes, char *buf)
{
	if (human)
		return cmd_human(bytes, buf);
	snprintf(buf, 24, "%llu", bytes >> 10);
	return buf;
}

static int
print_fs(const char *device, const char *path, int even_empty)
{
	struct statfs st;
	unsigned long long size, used;
	char a[24], b[24], c[24];

	if (statfs(path, &st) < 0) {
		warn("%s", path);
		return 1;
	}
	if (st.f_blocks == 0 && !even_empty)
		return 0;
	size = (unsigned long long)st.f_blocks * st.f_bsize;
	used = size - (unsigned long long)st.f_bfree * st.f_bsize;
	printf("%-10s %10s %10s %10s %3llu%% %s\n", device, amount(size, a), amount(used, b),
	       amount((unsigned long long)st.f_bavail * st.f_bsize, c),
	       size ? (used * 100 + size - 1) / size : 0, path);
	return 0;
}

/* Does what is mounted on `path` hold `name`, which is absolute? => false also for its neighbours */
static int
holds(const char *path, const char *name)
{
	size_t length = strlen(path);

	if (strcmp(path, "/") == 0)
		return 1;
	return strncmp(name, path, length) == 0 && (name[length] == 0 || name[length] == '/');
}

/* The file system that has the file: the last of the longest mount points above it. */
static int
print_fs_of(const char *file)
{
	char name[PATH_MAX], device[128], path[256], line[512];
	char best_device[128] = "-", best_path[256] = "";
	FILE *mounts;

	if (!realpath(file, name)) {
		warn("%s", file);
		return 1;
	}
	mounts = fopen("/proc/mounts", "r");
	while (mounts && fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%127s %255s", device, path) != 2 || !holds(path, name) ||
		    strlen(path) < strlen(best_path))
			continue;
		strcpy(best_device, device);
		strcpy(best_path, path);
	}
	if (mounts)
		fclose(mounts);
	return print_fs(best_device, *best_path ? best_path : file, 1);
}

int
main(int argc, char **argv)
{
	char device[128], path[256], line[512];
	int c, status = 0;
	FILE *mounts;

	while ((c = getopt(argc, argv, "hk")) != -1) {
		if (c == '?')
			cmd_usage("[-h] [FILE...]");
		human = c == 'h';
	}
	printf("%-10s %10s %10s %10s Use%% Mounted on\n", "Filesystem",
	       human ? "Size" : "1K-blocks", "Used", "Available");
	for (int i = optind; i < argc; i++)
		status |= print_fs_of(argv[i]);
	mounts = optind < argc ? NULL : fopen("/proc/mounts", "r");
	if (optind == argc && !mounts)
		err(1, "/proc/mounts");
	while (mounts && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%127s %255s", device, path) == 2)
			status |= print_fs(device, path, 0);
	return cmd_finish(status);
}
