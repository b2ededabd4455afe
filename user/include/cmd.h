/* What the programs of user/bin share. Not part of the C library's interface. */
#pragma once

#include <stdio.h>
#include <sys/types.h>

/* Say how the program is used, and exit with 2. `text` is what comes after its name. */
void cmd_usage(const char *text) __attribute__((noreturn));

struct option;

/*
 * As getopt_long(), but options may stand among and behind the operands, too. After the last option the
 * operands are at argv[optind] and on, in their order.
 */
int cmd_option(int argc, char **argv, const char *letters, const struct option *names);

/* DIR/NAME in memory of its own; exits when there is none. */
char *cmd_join(const char *dir, const char *name);

/* "drwxr-xr-x" into buf, which has 11 bytes. */
const char *cmd_mode_string(mode_t mode, char *buf);

/* "1.5K", "12M" into buf of at least 8 bytes. */
const char *cmd_human(unsigned long long bytes, char *buf);

/*
 * Call visit for each named file, opened for reading, or once for standard input when there is
 * none; "-" is standard input, too. Returns 1 when one could not be opened or visit returned
 * other than 0, else 0.
 */
int cmd_each_file(char **names, int (*visit)(FILE *file, const char *name));

/* All of one descriptor to another. Returns 0, or -1 with errno set. */
int cmd_copy_fd(int from, int to);

/* All of buf. Returns 0, or -1 with errno set. */
int cmd_write_all(int fd, const void *buf, size_t size);

/* A whole small file as a string (proc files). NULL and errno when it cannot be read. */
char *cmd_read_file(const char *path);

/* The number after "KEY:" or "KEY " at the start of a line of text; 0 when it is not there. */
unsigned long long cmd_field(const char *text, const char *key);

/* A number with an optional suffix K, M, G (1024). Exits with a message for anything else. */
unsigned long long cmd_number(const char *text);

/* A file mode: octal, or letters like u+x,go-w relative to `old`. Exits for anything else. */
mode_t cmd_parse_mode(const char *text, mode_t old);

/* Flush standard output. Returns status, or 1 with a message when output was lost. */
int cmd_finish(int status);
