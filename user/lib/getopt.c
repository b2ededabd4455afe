/* Options of the command line. Parsing stops at the first operand or after "--". */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

char *optarg;
int optind = 1;
int opterr = 1;
int optopt;

static const char *next_letter; /* inside a group such as -la */

static void
complain(const char *program, const char *problem, const char *option, int len)
{
	if (opterr)
		fprintf(stderr, "%s: %s '%.*s'\n", program, problem, len, option);
}

/* Takes the argument of a short option: the rest of the word, or the next word. */
static int
argument_take(int argc, char *const argv[], const char *options)
{
	if (*next_letter) {
		optarg = (char *)next_letter;
	} else if (optind < argc) {
		optarg = argv[optind++];
	} else {
		char letter = (char)optopt;

		next_letter = NULL;
		if (*options == ':')
			return ':';
		complain(argv[0], "no argument for option", &letter, 1);
		return '?';
	}
	next_letter = NULL;
	return optopt;
}

/* The next letter of the group; moves to the next word after the last. */
static int
short_option(int argc, char *const argv[], const char *options)
{
	const char *found;

	optopt = (unsigned char)*next_letter++;
	found = optopt == ':' ? NULL : strchr(options, optopt);
	if (!*next_letter)
		optind++;
	if (!found) {
		char letter = (char)optopt;

		if (*options != ':')
			complain(argv[0], "unknown option", &letter, 1);
		if (!*next_letter)
			next_letter = NULL;
		return '?';
	}
	if (found[1] == ':') {
		if (*next_letter)
			optind++;
		else if (found[2] == ':') {
			next_letter = NULL;
			return optopt;
		}
		return argument_take(argc, argv, options);
	}
	if (!*next_letter)
		next_letter = NULL;
	return optopt;
}

/* Finds where the next option is: true when argv[optind] is one (not "-", not after "--"). */
static int
option_here(int argc, char *const argv[])
{
	if (optind == 0) {
		optind = 1;
		next_letter = NULL;
	}
	if (optind >= argc || !argv[optind] || argv[optind][0] != '-' || !argv[optind][1])
		return 0;
	if (strcmp(argv[optind], "--") == 0) {
		optind++;
		return 0;
	}
	return 1;
}

int
getopt(int argc, char *const argv[], const char *options)
{
	optarg = NULL;
	if (!next_letter || optind == 0) {
		if (!option_here(argc, argv))
			return -1;
		next_letter = argv[optind] + 1;
	}
	return short_option(argc, argv, options);
}

/* The long option that word names, or begins unambiguously; its index, or -1. */
static int
long_find(const char *word, size_t len, const struct option *longopts)
{
	int found = -1;

	for (int i = 0; longopts[i].name; i++) {
		if (strncmp(longopts[i].name, word, len) != 0)
			continue;
		if (strlen(longopts[i].name) == len)
			return i;
		found = found == -1 ? i : -2;
	}
	return found < 0 ? -1 : found;
}

static int
long_option(int argc, char *const argv[], const char *options, const struct option *longopts,
	    int *index)
{
	const char *word = argv[optind++] + 2;
	size_t len = strcspn(word, "=");
	int i = long_find(word, len, longopts);

	optopt = 0;
	if (i < 0) {
		complain(argv[0], "unknown option", word - 2, (int)len + 2);
		return '?';
	}
	if (word[len] == '=') {
		if (longopts[i].has_arg == no_argument) {
			complain(argv[0], "unwanted argument for option", word - 2, (int)len + 2);
			return '?';
		}
		optarg = (char *)word + len + 1;
	} else if (longopts[i].has_arg == required_argument) {
		if (optind >= argc) {
			complain(argv[0], "no argument for option", word - 2, (int)len + 2);
			return *options == ':' ? ':' : '?';
		}
		optarg = argv[optind++];
	}
	if (index)
		*index = i;
	if (!longopts[i].flag)
		return longopts[i].val;
	*longopts[i].flag = longopts[i].val;
	return 0;
}

int
getopt_long(int argc, char *const argv[], const char *options, const struct option *longopts,
	    int *index)
{
	if (next_letter && optind != 0)
		return getopt(argc, argv, options);
	optarg = NULL;
	if (!option_here(argc, argv))
		return -1;
	if (argv[optind][1] == '-')
		return long_option(argc, argv, options, longopts, index);
	next_letter = argv[optind] + 1;
	return short_option(argc, argv, options);
}
