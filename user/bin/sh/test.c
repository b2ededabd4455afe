/* test and [: files, text and numbers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builtins.h"
#include "shell.h"

struct test {
	char **args;
	int count;
	int pos;
	int failed; /* a message was printed: the status is 2 */
};

static int or_test(struct test *test);

static int
test_error(struct test *test, const char *message, const char *word)
{
	if (!test->failed)
		shell_error("test: %s%s%s", word ? word : "", word ? ": " : "", message);
	test->failed = 1;
	return 0;
}

static long
test_number(struct test *test, const char *text)
{
	char *end;
	long value = strtol(text, &end, 10);

	while (*end == ' ' || *end == '\t')
		end++;
	if (*end || end == text)
		test_error(test, "not a number", text);
	return value;
}

static int
is_unary(const char *word)
{
	return word[0] == '-' && word[1] && !word[2] && strchr("bcdefghLknprstuwxzSO", word[1]);
}

static int
file_test(char letter, const char *path)
{
	struct stat st;

	if (letter == 'r' || letter == 'w' || letter == 'x')
		return access(path, letter == 'r' ? R_OK : letter == 'w' ? W_OK : X_OK) == 0;
	if (letter == 'h' || letter == 'L')
		return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
	if (stat(path, &st) < 0)
		return 0;
	switch (letter) {
	case 'e':
		return 1;
	case 'f':
		return S_ISREG(st.st_mode);
	case 'd':
		return S_ISDIR(st.st_mode);
	case 'b':
		return S_ISBLK(st.st_mode);
	case 'c':
		return S_ISCHR(st.st_mode);
	case 'p':
		return S_ISFIFO(st.st_mode);
	case 'S':
		return S_ISSOCK(st.st_mode);
	case 's':
		return st.st_size > 0;
	case 'u':
		return (st.st_mode & S_ISUID) != 0;
	case 'g':
		return (st.st_mode & S_ISGID) != 0;
	case 'k':
		return (st.st_mode & S_ISVTX) != 0;
	default:
		return st.st_uid == geteuid();
	}
}

static int
unary_test(struct test *test, char letter, const char *word)
{
	if (letter == 'n')
		return *word != '\0';
	if (letter == 'z')
		return *word == '\0';
	if (letter == 't')
		return isatty((int)test_number(test, word));
	return file_test(letter, word);
}

static int
files_compare(const char *action, const char *left, const char *right)
{
	struct stat a, b;
	int has_a = stat(left, &a) == 0, has_b = stat(right, &b) == 0;

	if (strcmp(action, "-ef") == 0)
		return has_a && has_b && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
	if (strcmp(action, "-ot") == 0)
		return files_compare("-nt", right, left);
	if (!has_a || !has_b)
		return has_a;
	return a.st_mtim.tv_sec > b.st_mtim.tv_sec ||
	       (a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec > b.st_mtim.tv_nsec);
}

static const char *const binaries[] = {"=",   "==",  "!=",  "<",   ">",	  "-eq", "-ne",
				       "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"};

static int
is_binary(const char *word)
{
	for (size_t i = 0; i < sizeof(binaries) / sizeof(binaries[0]); i++)
		if (strcmp(word, binaries[i]) == 0)
			return 1;
	return 0;
}

static int
binary_test(struct test *test, const char *left, const char *action, const char *right)
{
	long a, b;

	if (action[0] == '=')
		return strcmp(left, right) == 0;
	if (action[0] == '!')
		return strcmp(left, right) != 0;
	if (action[0] == '<' || action[0] == '>')
		return action[0] == '<' ? strcmp(left, right) < 0 : strcmp(left, right) > 0;
	if (strchr("no", action[1]) && action[2] == 't')
		return files_compare(action, left, right);
	if (strcmp(action, "-ef") == 0)
		return files_compare(action, left, right);
	a = test_number(test, left);
	b = test_number(test, right);
	switch (action[1]) {
	case 'e':
		return a == b;
	case 'n':
		return a != b;
	case 'l':
		return action[2] == 't' ? a < b : a <= b;
	default:
		return action[2] == 't' ? a > b : a >= b;
	}
}

static const char *
word_at(const struct test *test, int offset)
{
	return test->pos + offset < test->count ? test->args[test->pos + offset] : NULL;
}

static int
primary_test(struct test *test)
{
	const char *first = word_at(test, 0), *second = word_at(test, 1), *third = word_at(test, 2);
	int result;

	if (!first)
		return test_error(test, "operand missing", NULL);
	if (second && third && is_binary(second)) {
		test->pos += 3;
		return binary_test(test, first, second, third);
	}
	if (strcmp(first, "!") == 0 && second) {
		test->pos++;
		return !primary_test(test);
	}
	if (strcmp(first, "(") == 0 && second) {
		test->pos++;
		result = or_test(test);
		if (!word_at(test, 0) || strcmp(word_at(test, 0), ")") != 0)
			return test_error(test, "missing )", NULL);
		test->pos++;
		return result;
	}
	if (second && is_unary(first)) {
		test->pos += 2;
		return unary_test(test, first[1], second);
	}
	test->pos++;
	return *first != '\0';
}

static int
and_test(struct test *test)
{
	int result = primary_test(test);

	while (word_at(test, 0) && strcmp(word_at(test, 0), "-a") == 0) {
		test->pos++;
		result &= primary_test(test);
	}
	return result;
}

static int
or_test(struct test *test)
{
	int result = and_test(test);

	while (word_at(test, 0) && strcmp(word_at(test, 0), "-o") == 0) {
		test->pos++;
		result |= and_test(test);
	}
	return result;
}

int
builtin_test(int argc, char **argv)
{
	struct test test = {.args = argv + 1, .count = argc - 1};
	int result;

	if (strcmp(argv[0], "[") == 0) {
		if (argc < 2 || strcmp(argv[argc - 1], "]") != 0) {
			shell_error("[: missing ]");
			return 2;
		}
		test.count--;
	}
	if (test.count == 0)
		return 1;
	result = or_test(&test);
	if (!test.failed && test.pos < test.count)
		test_error(&test, "unexpected", test.args[test.pos]);
	return test.failed ? 2 : !result;
}
