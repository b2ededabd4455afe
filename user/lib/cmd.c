/* What the programs of user/bin share (cmd.h). */

#include <cmd.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
cmd_usage(const char *text)
{
	fprintf(stderr, "usage: %s%s%s\n", program_invocation_short_name, *text ? " " : "", text);
	exit(2);
}

/* The word at optind goes behind all others. */
static void
operand_to_end(int argc, char **argv)
{
	char *operand = argv[optind];

	memmove(argv + optind, argv + optind + 1, (argc - 1 - optind) * sizeof(*argv));
	argv[argc - 1] = operand;
}

int
cmd_option(int argc, char **argv, const char *letters, const struct option *names)
{
	static int nr_operands; /* those met, which are the last words */
	int c;

	while ((c = getopt_long(argc - nr_operands, argv, letters, names, NULL)) == -1) {
		bool only_operands = strcmp(argv[optind - 1], "--") == 0;

		while (optind < argc - nr_operands) {
			operand_to_end(argc, argv);
			nr_operands++;
			if (!only_operands)
				break;
		}
		if (optind == argc - nr_operands)
			return -1;
	}
	return c;
}

char *
cmd_join(const char *dir, const char *name)
{
	size_t len = strlen(dir);
	char *path = malloc(len + strlen(name) + 2);

	if (!path)
		err(1, "malloc");
	strcpy(path, dir);
	if (len && dir[len - 1] != '/')
		path[len++] = '/';
	strcpy(path + len, name);
	return path;
}

static char
type_letter(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return 'd';
	case S_IFLNK:
		return 'l';
	case S_IFCHR:
		return 'c';
	case S_IFBLK:
		return 'b';
	case S_IFIFO:
		return 'p';
	case S_IFSOCK:
		return 's';
	default:
		return '-';
	}
}

const char *
cmd_mode_string(mode_t mode, char *buf)
{
	static const char letters[] = "rwxrwxrwx";

	buf[0] = type_letter(mode);
	for (int i = 0; i < 9; i++)
		buf[i + 1] = mode & (0400 >> i) ? letters[i] : '-';
	if (mode & S_ISUID)
		buf[3] = mode & 0100 ? 's' : 'S';
	if (mode & S_ISGID)
		buf[6] = mode & 0010 ? 's' : 'S';
	if (mode & S_ISVTX)
		buf[9] = mode & 0001 ? 't' : 'T';
	buf[10] = '\0';
	return buf;
}

const char *
cmd_human(unsigned long long bytes, char *buf)
{
	static const char units[] = "BKMGTP";
	int unit = 0;
	unsigned long long tenths = bytes * 10;

	while (tenths >= 10240 && units[unit + 1]) {
		tenths = (tenths + 1023) / 1024;
		unit++;
	}
	if (unit == 0)
		snprintf(buf, 8, "%llu", bytes);
	else if (tenths < 100)
		snprintf(buf, 8, "%llu.%llu%c", tenths / 10, tenths % 10, units[unit]);
	else
		snprintf(buf, 8, "%llu%c", (tenths + 9) / 10, units[unit]);
	return buf;
}

int
cmd_each_file(char **names, int (*visit)(FILE *file, const char *name))
{
	int status = 0;

	if (!*names)
		return visit(stdin, "-") != 0;
	for (; *names; names++) {
		FILE *file = strcmp(*names, "-") == 0 ? stdin : fopen(*names, "r");

		if (!file) {
			warn("%s", *names);
			status = 1;
			continue;
		}
		if (visit(file, *names) != 0)
			status = 1;
		if (ferror(file)) {
			warn("%s", *names);
			status = 1;
		}
		if (file != stdin)
			fclose(file);
	}
	return status;
}

int
cmd_write_all(int fd, const void *buf, size_t size)
{
	const char *at = buf;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		at += n;
		size -= n;
	}
	return 0;
}

int
cmd_copy_fd(int from, int to)
{
	static char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || cmd_write_all(to, buf, n) < 0)
			return -1;
	}
	return 0;
}

char *
cmd_read_file(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t size = 4096, len = 0;
	char *text = fd < 0 ? NULL : malloc(size);
	ssize_t n = 0;

	while (text && (n = read(fd, text + len, size - 1 - len)) > 0) {
		len += n;
		if (len == size - 1)
			text = realloc(text, size *= 2);
	}
	if (fd >= 0)
		close(fd);
	if (n < 0) {
		free(text);
		return NULL;
	}
	if (text)
		text[len] = '\0';
	return text;
}

unsigned long long
cmd_field(const char *text, const char *key)
{
	size_t len = strlen(key);

	for (; text && *text; text = strchr(text, '\n')) {
		text += *text == '\n';
		if (strncmp(text, key, len) == 0 && strchr(": \t", text[len]))
			return strtoull(text + len + 1, NULL, 10);
	}
	return 0;
}

unsigned long long
cmd_number(const char *text)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 0);
	const char *unit = "KMG", *at;

	if (end == text || *text == '-')
		errx(2, "%s: not a number", text);
	at = *end ? strchr(unit, *end & ~0x20) : NULL;
	if (at) {
		n <<= 10 * (at - unit + 1);
		end++;
	}
	if (*end)
		errx(2, "%s: not a number", text);
	return n;
}

/* One clause of a symbolic mode, [ugoa]*[-+=][rwxXst]*. Moves *text behind it. */
static mode_t
apply_clause(const char **text, mode_t mode)
{
	mode_t who = 0, bits = 0;
	char op;

	for (; **text && strchr("ugoa", **text); (*text)++)
		who |= **text == 'u'   ? 04700
		       : **text == 'g' ? 02070
		       : **text == 'o' ? 01007
				       : 07777;
	if (!who)
		who = 07777;
	op = **text;
	if (!op || !strchr("+-=", op))
		return -1;
	for ((*text)++; **text && strchr("rwxXst", **text); (*text)++) {
		char c = **text;

		if (c == 'X')
			bits |= S_ISDIR(mode) || mode & 0111 ? 0111 : 0;
		else
			bits |= c == 'r'   ? 0444
				: c == 'w' ? 0222
				: c == 'x' ? 0111
				: c == 's' ? 06000
					   : 01000;
	}
	bits &= who;
	if (op == '+')
		return mode | bits;
	return op == '-' ? mode & ~bits : (mode & ~(who & 0777)) | bits;
}

mode_t
cmd_parse_mode(const char *text, mode_t old)
{
	const char *at = text;
	char *end;
	unsigned long octal = strtoul(text, &end, 8);
	mode_t mode = old;

	if (end != text && !*end && octal <= 07777)
		return octal;
	do {
		mode = apply_clause(&at, mode);
		if (mode == (mode_t)-1)
			break;
	} while (*at == ',' && *++at);
	if (*at || mode == (mode_t)-1)
		errx(2, "%s: not a file mode", text);
	return mode & 07777;
}

int
cmd_finish(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout)) {
		warn("standard output");
		return 1;
	}
	return status;
}
