/* Copy blocks. */

#include <cmd.h>
#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
	const char *in, *out;
	unsigned long long block_size, count, skip, seek;
	int keep, sync;
} options = {.block_size = 512, .count = ~0ULL};

static void
parse(char *word)
{
	char *value = strchr(word, '=');

	if (!value)
		cmd_usage("[if=FILE] [of=FILE] [bs=BYTES] [count=N] [skip=N] [seek=N] "
			  "[conv=notrunc,fsync]");
	*value++ = '\0';
	if (strcmp(word, "if") == 0)
		options.in = value;
	else if (strcmp(word, "of") == 0)
		options.out = value;
	else if (strcmp(word, "bs") == 0)
		options.block_size = cmd_number(value);
	else if (strcmp(word, "count") == 0)
		options.count = cmd_number(value);
	else if (strcmp(word, "skip") == 0)
		options.skip = cmd_number(value);
	else if (strcmp(word, "seek") == 0)
		options.seek = cmd_number(value);
	else if (strcmp(word, "conv") == 0) {
		options.keep = strstr(value, "notrunc") != NULL;
		options.sync = strstr(value, "fsync") != NULL;
	} else if (strcmp(word, "status") != 0)
		errx(2, "%s: no such operand", word);
}

static int
open_input(void)
{
	int fd = options.in ? open(options.in, O_RDONLY) : 0;

	if (fd < 0)
		err(1, "%s", options.in);
	if (options.skip && lseek(fd, options.skip * options.block_size, SEEK_CUR) < 0)
		err(1, "cannot skip");
	return fd;
}

static int
open_output(void)
{
	int fd = options.out ? open(options.out, O_WRONLY | O_CREAT, 0666) : 1;
	off_t start = options.seek * options.block_size;

	if (fd < 0)
		err(1, "%s", options.out);
	if (options.out && !options.keep)
		(void)ftruncate(fd, start);
	if (options.seek && lseek(fd, start, SEEK_SET) < 0)
		err(1, "cannot seek");
	return fd;
}

int
main(int argc, char **argv)
{
	unsigned long long whole = 0, part = 0, bytes = 0;
	int in, out;
	char *buf;

	for (int i = 1; i < argc; i++)
		parse(argv[i]);
	buf = options.block_size ? malloc(options.block_size) : NULL;
	if (!buf)
		errx(1, "no memory for blocks of %llu bytes", options.block_size);
	in = open_input();
	out = open_output();
	while (whole + part < options.count) {
		ssize_t n = read(in, buf, options.block_size);

		if (n < 0)
			err(1, "%s", options.in ? options.in : "standard input");
		if (n == 0)
			break;
		if (cmd_write_all(out, buf, n) < 0)
			err(1, "%s", options.out ? options.out : "standard output");
		*((unsigned long long)n == options.block_size ? &whole : &part) += 1;
		bytes += n;
	}
	if (options.sync && fsync(out) < 0)
		err(1, "fsync");
	fprintf(stderr, "%llu+%llu records in\n%llu+%llu records out\n%llu bytes copied\n", whole,
		part, whole, part, bytes);
	return 0;
}
