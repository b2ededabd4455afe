/*
 * fsck [-r] [-v] IMAGE
 *
 * Verifies a qfs image and says in words what is wrong. The log is replayed first: in memory, or with
 * -r in the image. Exit status: 0 clean, 1 problems found, 2 wrong usage or no image.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"

enum { EXIT_CLEAN, EXIT_PROBLEMS, EXIT_TROUBLE };

static _Noreturn void
usage(void)
{
	fputs("usage: fsck [-r] [-v] IMAGE\n"
	      "Verify a qfs file system. Exit status: 0 clean, 1 problems found, 2 trouble.\n"
	      "  -r  replay the log into the image (default: in memory only)\n"
	      "  -v  show notes, numbers and every problem\n",
	      stderr);
	exit(EXIT_TROUBLE);
}

static _Noreturn void
trouble(const char *image)
{
	fprintf(stderr, "fsck: %s: %s\n", image, strerror(errno));
	exit(EXIT_TROUBLE);
}

static void
flush_image(void *base, u64 bytes)
{
	if (msync(base, bytes, MS_SYNC) < 0)
		trouble("writing");
}

int
main(int argc, char **argv)
{
	struct check_options opt = {.out = stdout};
	bool replay_to_image = false;
	u32 nr_problems;
	off_t bytes;
	u8 *base;
	int c, fd;

	while ((c = getopt(argc, argv, "rv")) != -1) {
		if (c == 'r')
			replay_to_image = true;
		else if (c == 'v')
			opt.verbose = true;
		else
			usage();
	}
	if (optind + 1 != argc)
		usage();
	if (replay_to_image)
		opt.flush = flush_image;
	fd = open(argv[optind], replay_to_image ? O_RDWR : O_RDONLY);
	if (fd < 0 || (bytes = lseek(fd, 0, SEEK_END)) < 0)
		trouble(argv[optind]);
	base = bytes ? mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    replay_to_image ? MAP_SHARED : MAP_PRIVATE, fd, 0)
		     : NULL;
	if (base == MAP_FAILED)
		trouble(argv[optind]);
	nr_problems = qfs_check(base, bytes, &opt);
	if (nr_problems)
		printf("%s: %u problem%s\n", argv[optind], nr_problems,
		       nr_problems == 1 ? "" : "s");
	else
		printf("%s: clean\n", argv[optind]);
	return nr_problems ? EXIT_PROBLEMS : EXIT_CLEAN;
}
