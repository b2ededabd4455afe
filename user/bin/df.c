/* Show how full the file systems are. */

#include <cmd.h>
#include <err.h>
#include <string.h>
#include <sys/stat.h>
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

/* What \040 and the like in /proc/mounts stand for, in place. */
static void
unescape(char *text)
{
	char *out = text;
	unsigned int c;

	for (; *text; text++) {
		if (*text == '\\' && sscanf(text + 1, "%3o", &c) == 1) {
			*out++ = c;
			text += 3;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
}

/* => false: no more of them */
static int
next_mount(FILE *mounts, char device[128], char path[256])
{
	char line[512];

	while (fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%127s %255s", device, path) != 2)
			continue;
		unescape(device);
		unescape(path);
		return 1;
	}
	return 0;
}

/* The file system that has the file: the last that is mounted and has its device number. */
static int
print_fs_of(const char *file, FILE *mounts)
{
	char device[128], path[256], its_device[128] = "-", its_path[256] = "";
	struct stat of_file, st;

	if (stat(file, &of_file) < 0) {
		warn("%s", file);
		return 1;
	}
	rewind(mounts);
	while (next_mount(mounts, device, path)) {
		if (stat(path, &st) < 0 || st.st_dev != of_file.st_dev)
			continue;
		strcpy(its_device, device);
		strcpy(its_path, path);
	}
	return print_fs(its_device, *its_path ? its_path : file, 1);
}

int
main(int argc, char **argv)
{
	char device[128], path[256];
	int c, status = 0;
	FILE *mounts;

	while ((c = getopt(argc, argv, "hk")) != -1) {
		if (c == '?')
			cmd_usage("[-h] [FILE...]");
		human = c == 'h';
	}
	mounts = fopen("/proc/mounts", "r");
	if (!mounts)
		err(1, "/proc/mounts");
	printf("%-10s %10s %10s %10s Use%% Mounted on\n", "Filesystem",
	       human ? "Size" : "1K-blocks", "Used", "Available");
	for (int i = optind; i < argc; i++)
		status |= print_fs_of(argv[i], mounts);
	while (optind == argc && next_mount(mounts, device, path))
		status |= print_fs(device, path, 0);
	return cmd_finish(status);
}
