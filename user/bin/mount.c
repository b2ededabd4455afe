/* Mount a file system, or show what is mounted. */

#include <cmd.h>
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static int
show(void)
{
	char device[128], path[256], type[64], options[128], line[640];
	FILE *file = fopen("/proc/mounts", "r");

	if (!file)
		err(1, "/proc/mounts");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%127s %255s %63s %127s", device, path, type, options) == 4)
			printf("%s on %s type %s (%s)\n", device, path, type, options);
	fclose(file);
	return cmd_finish(0);
}

/* -o ro,remount: the flags that mount(2) has; anything else goes to the file system. */
static unsigned long
parse_options(char *text, char *rest, size_t size)
{
	static const struct {
		const char *name;
		unsigned long flag;
	} known[] = {{"ro", MS_RDONLY}, {"rw", 0}, {"remount", MS_REMOUNT}, {"defaults", 0}};
	unsigned long flags = 0;

	for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		size_t i = 0;

		while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i].name, word) != 0)
			i++;
		if (i < sizeof(known) / sizeof(known[0]))
			flags |= known[i].flag;
		else
			snprintf(rest + strlen(rest), size - strlen(rest), "%s%s", *rest ? "," : "",
				 word);
	}
	return flags;
}

int
main(int argc, char **argv)
{
	static const char usage[] = "[-t TYPE] [-o OPTIONS] DEVICE DIRECTORY";
	const char *type = "qfs";
	char rest[256] = "";
	unsigned long flags = 0;
	int c;

	if (argc == 1)
		return show();
	while ((c = getopt(argc, argv, "t:o:r")) != -1) {
		if (c == 't')
			type = optarg;
		else if (c == 'o')
			flags |= parse_options(optarg, rest, sizeof(rest));
		else if (c == 'r')
			flags |= MS_RDONLY;
		else
			cmd_usage(usage);
	}
	if (argc - optind != 2)
		cmd_usage(usage);
	if (mount(argv[optind], argv[optind + 1], type, flags, rest) < 0)
		err(1, "%s on %s", argv[optind], argv[optind + 1]);
	return 0;
}
