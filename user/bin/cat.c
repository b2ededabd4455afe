/* Concatenate files. */

#include <cmd.h>
#include <err.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int number;

static int
print_numbered(FILE *file, const char *name)
{
	static int line;
	int c, start = 1;

	(void)name;
	while ((c = getc(file)) != EOF) {
		if (start)
			printf("%6d\t", ++line);
		putchar(c);
		start = c == '\n';
	}
	return 0;
}

static int
print_plain(const char *name)
{
	int fd = strcmp(name, "-") == 0 ? 0 : open(name, O_RDONLY);
	int status = 0;

	if (fd < 0 || cmd_copy_fd(fd, 1) < 0) {
		warn("%s", name);
		status = 1;
	}
	if (fd > 0)
		close(fd);
	return status;
}

int
main(int argc, char **argv)
{
	int c, status = 0;

	while ((c = getopt(argc, argv, "nu")) != -1) {
		if (c == '?')
			cmd_usage("[-n] [FILE...]");
		number |= c == 'n';
	}
	if (number)
		return cmd_finish(cmd_each_file(argv + optind, print_numbered));
	if (optind == argc)
		return print_plain("-");
	for (; optind < argc; optind++)
		status |= print_plain(argv[optind]);
	return status;
}
