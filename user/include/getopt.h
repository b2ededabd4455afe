/* Options, short and long. Operands are not permuted: parsing stops at the first one. */
#pragma once

extern char *optarg;
extern int optind, opterr, optopt;

#define no_argument	  0
#define required_argument 1
#define optional_argument 2

struct option {
	const char *name;
	int has_arg;
	int *flag;
	int val;
};

int getopt(int argc, char *const argv[], const char *options);
int getopt_long(int argc, char *const argv[], const char *options, const struct option *longopts,
		int *index);
