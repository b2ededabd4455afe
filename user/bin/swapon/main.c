/* Swap to devices and files, or show to which. */

#include "swapon.h"

#include <cmd.h>
#include <cmd_swap.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/swap.h>

#define USAGE                                                                                 \
	"[--show[=COLUMNS] [--bytes] [--raw] [--noheadings]] | -s | [-v] [-e] [-p PRIORITY] " \
	"[-d[once|pages]] [-o pri=N,discard[=once|pages],nofail] [-L LABEL] [-U UUID] "       \
	"DEVICE|FILE..."

enum { SHOW = 256, RAW, BYTES, NO_HEADINGS };

static const struct option long_options[] = {
	{"show", optional_argument, NULL, SHOW},
	{"raw", no_argument, NULL, RAW},
	{"bytes", no_argument, NULL, BYTES},
	{"noheadings", no_argument, NULL, NO_HEADINGS},
	{"summary", no_argument, NULL, 's'},
	{"all", no_argument, NULL, 'a'},
	{"discard", optional_argument, NULL, 'd'},
	{"ifexists", no_argument, NULL, 'e'},
	{"options", required_argument, NULL, 'o'},
	{"priority", required_argument, NULL, 'p'},
	{"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static struct table_style style;
static bool show, summary, verbose, if_exists;
static int priority = -1, discard_flags;
/* What -L and -U name; the operands come behind them. */
static const char **sources;
static int nr_sources;

static void
priority_parse(const char *text)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (end == text || *end)
		errx(1, "failed to parse priority: '%s'", text);
	if (errno || value < -1 || value > SWAP_FLAG_PRIO_MASK)
		errx(1, "priority %s is out of range: 0 to %d, or -1 for the default", text,
		     SWAP_FLAG_PRIO_MASK);
	priority = (int)value;
}

static void
discard_parse(const char *policy)
{
	discard_flags = SWAP_FLAG_DISCARD;
	if (!policy)
		return;
	if (*policy == '=')
		policy++;
	if (strcmp(policy, "once") == 0)
		discard_flags |= SWAP_FLAG_DISCARD_ONCE;
	else if (strcmp(policy, "pages") == 0)
		discard_flags |= SWAP_FLAG_DISCARD_PAGES;
	else
		errx(1, "unsupported discard policy: %s", policy);
}

/* A list as in /etc/fstab. */
static void
list_parse(char *list)
{
	char *word, *rest;

	for (word = strtok_r(list, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		if (strncmp(word, "pri=", 4) == 0)
			priority_parse(word + 4);
		else if (strcmp(word, "discard") == 0)
			discard_parse(NULL);
		else if (strncmp(word, "discard=", 8) == 0)
			discard_parse(word + 8);
		else if (strcmp(word, "nofail") == 0)
			if_exists = true;
		else if (strcmp(word, "sw") != 0 && strcmp(word, "defaults") != 0)
			errx(1, "unknown option: %s", word);
	}
}

/* Of a file that others can read, the memory of all is read. */
static void
permissions_check(const char *path, const struct stat *st)
{
	mode_t too_many = S_ISREG(st->st_mode) ? 07077 : 07007;

	if (st->st_mode & too_many)
		warnx("%s: insecure permissions %04o, %04o suggested.", path, st->st_mode & 07777,
		      ~too_many & 0666);
	if (S_ISREG(st->st_mode) && st->st_uid != 0)
		warnx("%s: insecure file owner %u, 0 (root) suggested.", path, st->st_uid);
}

static int
turn_on(const char *source)
{
	int flags = discard_flags | (priority >= 0 ? SWAP_FLAG_PREFER | priority : 0);
	const char *path = swap_find(source);
	struct swap_header header;
	struct stat st;

	if (!path)
		return 1;
	if (stat(path, &st) < 0) {
		if (if_exists && errno == ENOENT)
			return 0;
		warn("cannot open %s", path);
		return 1;
	}
	permissions_check(path, &st);
	if (verbose)
		printf("%s %s\n", program_invocation_short_name, path);
	if (swapon(path, flags) == 0)
		return 0;
	if (errno == EINVAL && (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) &&
	    !swap_header_read(path, &header))
		warnx("%s: read swap header failed", path);
	else
		warn("%s: swapon failed", path);
	return 1;
}

static void
show_option(int c)
{
	if (c == SHOW) {
		show = true;
		style.columns = optarg ? optarg : style.columns;
	} else if (c == BYTES) {
		style.bytes = true;
	} else if (c == RAW) {
		style.raw = true;
	} else if (c == NO_HEADINGS) {
		style.no_headings = true;
	} else {
		cmd_usage(USAGE);
	}
}

static void
option(int c)
{
	switch (c) {
	case 'a':
		errx(1, "-a: there is no /etc/fstab");
	case 'd':
		discard_parse(optarg);
		break;
	case 'e':
		if_exists = true;
		break;
	case 'L':
	case 'U':
		sources[nr_sources++] = swap_name(c, optarg);
		break;
	case 'o':
		list_parse(optarg);
		break;
	case 'p':
		priority_parse(optarg);
		break;
	case 's':
		summary = true;
		break;
	case 'v':
		verbose = true;
		break;
	default:
		show_option(c);
	}
}

static int
summary_show(void)
{
	char *text = cmd_read_file("/proc/swaps");

	if (!text)
		err(1, "/proc/swaps");
	fputs(text, stdout);
	free(text);
	return cmd_finish(0);
}

int
main(int argc, char **argv)
{
	int c, status = 0;

	sources = calloc(argc, sizeof(*sources));
	if (!sources)
		err(1, "calloc");
	while ((c = cmd_option(argc, argv, "ad::eho:p:svL:U:", long_options)) != -1)
		option(c);
	while (optind < argc)
		sources[nr_sources++] = argv[optind++];
	if (summary)
		return summary_show();
	if (show || nr_sources == 0) {
		table_show(&style);
		return cmd_finish(0);
	}
	for (int i = 0; i < nr_sources; i++)
		status |= turn_on(sources[i]);
	return cmd_finish(status);
}
