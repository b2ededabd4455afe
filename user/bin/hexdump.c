/* Show bytes in hexadecimal and as text. */

#include <cmd.h>
#include <ctype.h>
#include <string.h>
#include <unistd.h>

static unsigned long long skip, limit = ~0ULL, position;
static unsigned char last[16];
static int squeezing, have_last;

static void
print_line(const unsigned char *buf, size_t n)
{
	printf("%08llx ", position);
	for (size_t i = 0; i < 16; i++) {
		if (i == 8)
			putchar(' ');
		if (i < n)
			printf(" %02x", buf[i]);
		else
			printf("   ");
	}
	printf("  |");
	for (size_t i = 0; i < n; i++)
		putchar(isprint(buf[i]) ? buf[i] : '.');
	printf("|\n");
}

/* Lines that are like the one before are shown by one star. */
static void
dump_line(const unsigned char *buf, size_t n)
{
	if (n == 16 && have_last && memcmp(buf, last, 16) == 0) {
		if (!squeezing)
			puts("*");
		squeezing = 1;
	} else {
		print_line(buf, n);
		squeezing = 0;
	}
	have_last = n == 16;
	memcpy(last, buf, n);
	position += n;
}

static int
dump(FILE *file, const char *name)
{
	unsigned char buf[16];
	size_t n;

	(void)name;
	for (; skip && getc(file) != EOF; skip--)
		position++;
	do {
		n = fread(buf, 1, limit < 16 ? limit : 16, file);
		limit -= n;
		if (n)
			dump_line(buf, n);
	} while (n == 16);
	return 0;
}

int
main(int argc, char **argv)
{
	int c, status;

	while ((c = getopt(argc, argv, "Cn:s:")) != -1) {
		if (c == 'n')
			limit = cmd_number(optarg);
		else if (c == 's')
			skip = cmd_number(optarg);
		else if (c == '?')
			cmd_usage("[-C] [-n BYTES] [-s SKIP] [FILE...]");
	}
	status = cmd_each_file(argv + optind, dump);
	printf("%08llx\n", position);
	return cmd_finish(status);
}
