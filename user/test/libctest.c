/*
 * Tests of the C library: formats, numbers, strings, sorting, the allocator, options, streams,
 * directories, patterns, time, jumps. Only what the C standard, POSIX or glibc promise is tested,
 * so the same file passes when it is built with glibc.
 *
 * usage: libctest [NAME]    runs all tests, or one
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <getopt.h>
#include <glob.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int nr_failures;

#define CHECK(expr)                                                                  \
	do {                                                                         \
		if (!(expr)) {                                                       \
			fprintf(stderr, "libctest: line %d: %s\n", __LINE__, #expr); \
			nr_failures++;                                               \
		}                                                                    \
	} while (0)

/* Compares what a format gives with what it should give. */
#define FORMAT(expected, ...)                                                                      \
	do {                                                                                       \
		char out[256];                                                                     \
		int len = snprintf(out, sizeof(out), __VA_ARGS__);                                 \
		if (strcmp(out, expected) != 0 || len != (int)strlen(expected)) {                  \
			fprintf(stderr, "libctest: line %d: \"%s\" instead of \"%s\"\n", __LINE__, \
				out, expected);                                                    \
			nr_failures++;                                                             \
		}                                                                                  \
	} while (0)

#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wstringop-truncation"

/* Sizes that the compiler must not see through: asking for too much is the test. */
static volatile size_t too_much = PTRDIFF_MAX;

static void
test_format_integers(void)
{
	FORMAT("42 -42 +42  42", "%d %i %+d % d", 42, -42, 42, 42);
	FORMAT("4294967295 ff FF 377", "%u %x %X %o", UINT_MAX, 255, 255, 255);
	FORMAT("0xff 0XFF 0377 0", "%#x %#X %#o %#x", 255, 255, 255, 0);
	FORMAT("   42|42   |00042|  +42", "%5d|%-5d|%05d|%+5d", 42, 42, 42, 42);
	FORMAT("00042|  042|42   |", "%.5d|%5.3d|%-5.1d|%.0d", 42, 42, 42, 0);
	FORMAT("-0042|-0042|  -42", "%05d|%.4d|%5d", -42, -42, -42);
	FORMAT("-9223372036854775808 9223372036854775807", "%ld %lld", LONG_MIN, LLONG_MAX);
	FORMAT("18446744073709551615 ffffffffffffffff", "%lu %lx", ULONG_MAX, ULONG_MAX);
	FORMAT("-1 255 -1 65535", "%hhd %hhu %hd %hu", 255, 255, 65535, 65535);
	FORMAT("7 8 9 10", "%zu %zd %jd %td", (size_t)7, (ssize_t)8, (intmax_t)9, (ptrdiff_t)10);
	FORMAT("    7|7    |00007", "%*d|%-*d|%0*d", 5, 7, 5, 7, 5, 7);
	FORMAT("7    |007", "%*d|%.*d", -5, 7, 3, 7);
	FORMAT("0x1000 0x1f", "%p %#lx", (void *)0x1000, 31ul);
}

static void
test_format_text(void)
{
	FORMAT("abc|  abc|abc  |ab", "%s|%5s|%-5s|%.2s", "abc", "abc", "abc", "abc");
	FORMAT("   ab|abc", "%5.2s|%.*s", "abc", 3, "abcdef");
	FORMAT("x|    x|x    |", "%c|%5c|%-5c|", 'x', 'x', 'x');
	FORMAT("100%", "%d%%", 100);
	FORMAT("(null)", "%s", (char *)NULL);
	errno = ENOENT;
	FORMAT("No such file or directory", "%m");
	char small[4];
	CHECK(snprintf(small, sizeof(small), "abcdef") == 6 && strcmp(small, "abc") == 0);
	CHECK(snprintf(NULL, 0, "%d", 12345) == 5);
	char *allocated;
	CHECK(asprintf(&allocated, "%s-%d", "x", 5) == 3 && strcmp(allocated, "x-5") == 0);
	free(allocated);
}

static void
test_format_floats(void)
{
	FORMAT("3.141593 3.14 3", "%f %.2f %.0f", 3.14159265, 3.14159265, 3.14159265);
	FORMAT("-0.50|  1.50|001.50|1.50  ", "%.2f|%6.2f|%06.2f|%-6.2f", -0.5, 1.5, 1.5, 1.5);
	FORMAT("0.125 1.00 10", "%.3f %.2f %.0f", 0.125, 0.999, 9.9);
	FORMAT("123456789.123", "%.3f", 123456789.123);
}

static void
test_numbers(void)
{
	char *end;

	CHECK(strtol("  -42x", &end, 10) == -42 && *end == 'x');
	CHECK(strtol("0x1f", NULL, 0) == 31 && strtol("017", NULL, 0) == 15);
	CHECK(strtol("1f", NULL, 16) == 31 && strtol("zz", NULL, 36) == 35 * 36 + 35);
	CHECK(strtol("0x", &end, 16) == 0 && *end == 'x');
	CHECK(strtol("none", &end, 10) == 0 && *end == 'n');
	errno = 0;
	CHECK(strtol("9223372036854775808", NULL, 10) == LONG_MAX && errno == ERANGE);
	errno = 0;
	CHECK(strtol("-9223372036854775808", NULL, 10) == LONG_MIN && errno == 0);
	CHECK(strtoul("18446744073709551615", NULL, 10) == ULONG_MAX && errno == 0);
	CHECK(strtoul("18446744073709551616", NULL, 10) == ULONG_MAX && errno == ERANGE);
	CHECK(strtoul("-1", NULL, 10) == ULONG_MAX);
	CHECK(atoi("123abc") == 123 && atol("-5") == -5);
	CHECK(strtod("1.5e2x", &end) == 150 && *end == 'x');
	CHECK(strtod("-.25", NULL) == -0.25 && strtod("x", &end) == 0 && *end == 'x');
	CHECK(abs(-3) == 3 && labs(-4) == 4 && div(7, 2).rem == 1);
}

static void
test_memory_blocks(void)
{
	unsigned char a[300], b[300];

	for (int offset = 0; offset < 9; offset++) {
		for (size_t n = 0; n < 70; n++) {
			for (int i = 0; i < 300; i++)
				a[i] = b[i] = (unsigned char)i;
			memmove(a + 100 + offset, a + 103, n);
			for (size_t i = 0; i < n; i++)
				CHECK(a[100 + offset + i] == b[103 + i]);
			memcpy(a, b + offset, n);
			CHECK(memcmp(a, b + offset, n) == 0);
			memset(a + offset, 0xee, n);
			for (size_t i = 0; i < n; i++)
				CHECK(a[offset + i] == 0xee);
			CHECK(a[offset + n] != 0xee);
		}
	}
	CHECK(memcmp("abc", "abd", 3) < 0 && memcmp("b", "a", 1) > 0 && memcmp("a", "b", 0) == 0);
	CHECK(memchr("hello", 'l', 5) != NULL && memchr("hello", 'x', 5) == NULL);
	CHECK(*(char *)memrchr("a1a2", 'a', 4) == 'a' && memmem("abcde", 5, "cd", 2) != NULL);
}

static void
test_strings(void)
{
	char buf[64], *save, *rest;

	CHECK(strlen("") == 0 && strlen("abc") == 3 && strnlen("abcdef", 3) == 3);
	CHECK(strcmp("a", "b") < 0 && strcmp("b", "a") > 0 && strcmp("a", "a") == 0);
	CHECK(strcmp("\xff", "a") > 0 && strncmp("abc", "abd", 2) == 0);
	CHECK(strcasecmp("HeLLo", "hEllO") == 0 && strncasecmp("ABx", "aby", 2) == 0);
	strcpy(buf, "abc");
	strcat(buf, "def");
	strncat(buf, "ghijk", 2);
	CHECK(strcmp(buf, "abcdefgh") == 0);
	memset(buf, 'x', sizeof(buf));
	strncpy(buf, "ab", 5);
	CHECK(memcmp(buf, "ab\0\0\0x", 6) == 0);
	CHECK(strchr("abc", 'b')[0] == 'b' && !strchr("abc", 'x') && *strchr("abc", 0) == 0);
	CHECK(strcmp(strrchr("a/b/c", '/'), "/c") == 0 &&
	      strcmp(strstr("hello", "ll"), "llo") == 0);
	CHECK(!strstr("abc", "x") && strcmp(strstr("abc", ""), "abc") == 0);
	CHECK(strspn("aabbc", "ab") == 4 && strcspn("abcd", "dc") == 2);
	CHECK(*strpbrk("abcd", "dc") == 'c' && strcasestr("xABy", "ab") != NULL);
	strcpy(buf, ",a,,b,");
	CHECK(strcmp(strtok_r(buf, ",", &save), "a") == 0);
	CHECK(strcmp(strtok_r(NULL, ",", &save), "b") == 0 && !strtok_r(NULL, ",", &save));
	rest = strcpy(buf, "a,,b");
	CHECK(strcmp(strsep(&rest, ","), "a") == 0 && *strsep(&rest, ",") == 0);
	CHECK(strcmp(strsep(&rest, ","), "b") == 0 && !strsep(&rest, ","));
	char *copy = strdup("copy");
	CHECK(strcmp(copy, "copy") == 0);
	free(copy);
	CHECK(strcmp(strerror(EACCES), "Permission denied") == 0);
	CHECK(isalpha('a') && !isalpha('1') && isspace('\n') && ispunct('!') && isxdigit('F'));
	CHECK(toupper('a') == 'A' && tolower('Z') == 'z' && toupper('1') == '1' && !isalpha(EOF));
}

static int
compare_ints(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

static int
compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
test_sort(void)
{
	enum { COUNT = 5000 };
	static int values[COUNT];
	char *words[] = {"pear", "apple", "fig", "date", "banana"};

	for (int pattern = 0; pattern < 5; pattern++) {
		long sum = 0, sorted_sum = 0;

		for (int i = 0; i < COUNT; i++) {
			values[i] = pattern == 0   ? rand()
				    : pattern == 1 ? i
				    : pattern == 2 ? COUNT - i
				    : pattern == 3 ? i % 7
						   : (i % 2 ? i : -i);
			sum += values[i];
		}
		qsort(values, COUNT, sizeof(int), compare_ints);
		for (int i = 0; i < COUNT; i++) {
			sorted_sum += values[i];
			CHECK(i == 0 || values[i - 1] <= values[i]);
		}
		CHECK(sum == sorted_sum);
	}
	qsort(words, 5, sizeof(char *), compare_strings);
	CHECK(strcmp(words[0], "apple") == 0 && strcmp(words[4], "pear") == 0);
	int key = 4;
	for (int i = 0; i < 10; i++)
		values[i] = 2 * i;
	CHECK(bsearch(&key, values, 10, sizeof(int), compare_ints) == &values[2]);
	key = 5;
	CHECK(!bsearch(&key, values, 10, sizeof(int), compare_ints));
}

/* Blocks of random sizes, each filled with its own byte, that come and go. */
static void
test_malloc(void)
{
	enum { BLOCKS = 500, ROUNDS = 40000 };
	static unsigned char *blocks[BLOCKS];
	static size_t sizes[BLOCKS];
	unsigned int seed = 12345;

	for (int round = 0; round < ROUNDS; round++) {
		int i = rand_r(&seed) % BLOCKS;
		size_t size = rand_r(&seed) % 100 == 0 ? (size_t)rand_r(&seed) % 300000
						       : (size_t)rand_r(&seed) % 700;
		size_t keep = size < sizes[i] ? size : sizes[i];

		for (size_t at = 0; at < sizes[i]; at += 97)
			CHECK(blocks[i][at] == (unsigned char)i);
		if (rand_r(&seed) % 3 == 0) {
			blocks[i] = realloc(blocks[i], size + 1);
			for (size_t at = 0; at < keep; at += 97)
				CHECK(blocks[i][at] == (unsigned char)i);
		} else {
			free(blocks[i]);
			blocks[i] = malloc(size);
		}
		CHECK(blocks[i] && (uintptr_t)blocks[i] % 16 == 0);
		memset(blocks[i], i, size);
		sizes[i] = size;
	}
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
}

static void
test_malloc_edges(void)
{
	char *zeroed = calloc(1000, 3), *aligned;
	void *volatile unlikely;
	void *block;

	for (int i = 0; i < 3000; i++)
		CHECK(zeroed[i] == 0);
	free(zeroed);
	unlikely = malloc(too_much);
	CHECK(!unlikely);
	unlikely = calloc(too_much, 3);
	CHECK(!unlikely);
	free(NULL);
	block = malloc(0);
	CHECK(block);
	free(block);
	for (size_t alignment = 32; alignment <= 65536; alignment *= 2) {
		aligned = aligned_alloc(alignment, alignment * 2);
		CHECK(aligned && (uintptr_t)aligned % alignment == 0);
		memset(aligned, 1, alignment * 2);
		free(aligned);
	}
	CHECK(posix_memalign(&block, 4096, 100) == 0 && (uintptr_t)block % 4096 == 0);
	free(block);
	CHECK(posix_memalign(&block, 3, 100) == EINVAL);
}

static void
test_environment(void)
{
	CHECK(setenv("LIBC_TEST", "one", 1) == 0 && strcmp(getenv("LIBC_TEST"), "one") == 0);
	CHECK(setenv("LIBC_TEST", "two", 0) == 0 && strcmp(getenv("LIBC_TEST"), "one") == 0);
	CHECK(setenv("LIBC_TEST", "three", 1) == 0 && strcmp(getenv("LIBC_TEST"), "three") == 0);
	CHECK(putenv("LIBC_PUT=x") == 0 && strcmp(getenv("LIBC_PUT"), "x") == 0);
	CHECK(unsetenv("LIBC_TEST") == 0 && !getenv("LIBC_TEST") && getenv("LIBC_PUT"));
	CHECK(setenv("a=b", "x", 1) == -1 && errno == EINVAL && !getenv("LIBC"));
}

static void
test_options(void)
{
	char *argv[] = {"prog", "-ab", "-cvalue", "-c", "next", "-d", "--", "-e", NULL};
	char *bad[] = {"prog", "-z", "-c", NULL};
	char *with_long[] = {"prog", "--all",	"--size=5", "--size", "6",
			     "-a",   "--col=x", "end",	    NULL};
	struct option longopts[] = {{"all", no_argument, NULL, 'a'},
				    {"size", required_argument, NULL, 's'},
				    {"color", optional_argument, NULL, 'o'},
				    {NULL, 0, NULL, 0}};

	optind = 1;
	CHECK(getopt(8, argv, "abc:d") == 'a' && getopt(8, argv, "abc:d") == 'b');
	CHECK(getopt(8, argv, "abc:d") == 'c' && strcmp(optarg, "value") == 0);
	CHECK(getopt(8, argv, "abc:d") == 'c' && strcmp(optarg, "next") == 0);
	CHECK(getopt(8, argv, "abc:d") == 'd' && getopt(8, argv, "abc:d") == -1 && optind == 7);
	optind = 0;
	opterr = 0;
	CHECK(getopt(3, bad, "c:") == '?' && optopt == 'z');
	CHECK(getopt(3, bad, "c:") == '?' && optopt == 'c' && getopt(3, bad, "c:") == -1);
	optind = 0;
	CHECK(getopt_long(8, with_long, "+a", longopts, NULL) == 'a');
	CHECK(getopt_long(8, with_long, "+a", longopts, NULL) == 's' && strcmp(optarg, "5") == 0);
	CHECK(getopt_long(8, with_long, "+a", longopts, NULL) == 's' && strcmp(optarg, "6") == 0);
	CHECK(getopt_long(8, with_long, "+a", longopts, NULL) == 'a');
	CHECK(getopt_long(8, with_long, "+a", longopts, NULL) == 'o' && strcmp(optarg, "x") == 0);
	CHECK(getopt_long(8, with_long, "+a", longopts, NULL) == -1 && optind == 7);
}

static void
test_scan(void)
{
	int a, b, count;
	unsigned int hex;
	long big;
	char word[16], set[16], letter;

	CHECK(sscanf("12 -34", "%d %d", &a, &b) == 2 && a == 12 && b == -34);
	CHECK(sscanf("ff:word rest", "%x:%15s", &hex, word) == 2 && hex == 255);
	CHECK(strcmp(word, "word") == 0);
	CHECK(sscanf("1234567890123 x", "%ld %c", &big, &letter) == 2 && letter == 'x');
	CHECK(big == 1234567890123);
	CHECK(sscanf("key=value", "%[a-z]=%15s", set, word) == 2 && strcmp(set, "key") == 0);
	CHECK(sscanf("12345", "%2d%n", &a, &count) == 1 && a == 12 && count == 2);
	CHECK(sscanf("x", "%d", &a) == 0 && sscanf("", "%d", &a) == EOF);
	CHECK(sscanf("1 skip 2", "%d %*s %d", &a, &b) == 2 && b == 2);
	CHECK(sscanf("a]b", "%[]a]", set) == 1 && strcmp(set, "a]") == 0);
}

static void
test_streams(void)
{
	char path[] = "/tmp/libctestXXXXXX", line[64], *long_line = NULL;
	size_t size = 0;
	int fd = mkstemp(path);
	FILE *file;

	CHECK(fd >= 0 && close(fd) == 0);
	file = fopen(path, "w");
	CHECK(file != NULL);
	for (int i = 0; i < 2000; i++)
		fprintf(file, "line %d\n", i);
	fputs("no newline", file);
	CHECK(ftell(file) > 10000 && fclose(file) == 0);
	file = fopen(path, "r+");
	for (int i = 0; i < 2000; i++) {
		snprintf(line, sizeof(line), "line %d\n", i);
		CHECK(getline(&long_line, &size, file) == (ssize_t)strlen(line));
		CHECK(strcmp(line, long_line) == 0);
	}
	CHECK(fgetc(file) == 'n' && ungetc('N', file) == 'N');
	memset(line, 'x', 4);
	CHECK(!fgets(line, 0, file) && !fgets(line, -1, file) && line[0] == 'x');
	CHECK(fgets(line, 1, file) == line && line[0] == '\0' && line[1] == 'x');
	CHECK(fgets(line, sizeof(line), file) && strcmp(line, "No newline") == 0);
	CHECK(!fgets(line, sizeof(line), file) && feof(file) && !ferror(file));
	rewind(file);
	CHECK(fread(line, 1, 4, file) == 4 && memcmp(line, "line", 4) == 0);
	CHECK(fseek(file, 5, SEEK_SET) == 0 && fputc('X', file) == 'X');
	CHECK(fseek(file, 0, SEEK_SET) == 0 && fgets(line, 5, file) && strcmp(line, "line") == 0);
	CHECK(fgetc(file) == ' ' && fgetc(file) == 'X' && ftell(file) == 6);
	fclose(file);
	file = fopen(path, "a");
	fprintf(file, "\nappended\n");
	fclose(file);
	struct stat st;
	CHECK(stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 10000);
	CHECK(unlink(path) == 0 && !fopen(path, "r") && errno == ENOENT);
	free(long_line);
}

static void
test_directories(void)
{
	char dir[] = "/tmp/libctestXXXXXX", path[64];
	struct dirent *entry;
	int count = 0;
	glob_t found;
	DIR *stream;

	CHECK(mkdtemp(dir) != NULL);
	for (int i = 0; i < 100; i++) {
		snprintf(path, sizeof(path), "%s/file%02d.%c", dir, i, i % 2 ? 'a' : 'b');
		close(open(path, O_CREAT | O_WRONLY, 0600));
	}
	stream = opendir(dir);
	while ((entry = readdir(stream)))
		count += strncmp(entry->d_name, "file", 4) == 0;
	CHECK(count == 100);
	rewinddir(stream);
	CHECK(readdir(stream) != NULL && closedir(stream) == 0);
	snprintf(path, sizeof(path), "%s/*1.[a]", dir);
	CHECK(glob(path, 0, NULL, &found) == 0 && found.gl_pathc == 10);
	CHECK(strcmp(strrchr(found.gl_pathv[1], '/'), "/file11.a") == 0);
	for (size_t i = 0; i < found.gl_pathc; i++)
		unlink(found.gl_pathv[i]);
	globfree(&found);
	CHECK(glob(path, 0, NULL, &found) == GLOB_NOMATCH);
	snprintf(path, sizeof(path), "%s/*", dir);
	CHECK(glob(path, 0, NULL, &found) == 0 && found.gl_pathc == 90);
	CHECK(rmdir(dir) == -1 && errno == ENOTEMPTY);
	for (size_t i = 0; i < found.gl_pathc; i++)
		CHECK(unlink(found.gl_pathv[i]) == 0);
	globfree(&found);
	CHECK(rmdir(dir) == 0);
}

static void
test_patterns(void)
{
	CHECK(fnmatch("*.c", "main.c", 0) == 0 && fnmatch("*.c", "main.h", 0) == FNM_NOMATCH);
	CHECK(fnmatch("a*b*c", "aXbXbXc", 0) == 0 && fnmatch("a*b*c", "aXbXb", 0) != 0);
	CHECK(fnmatch("[a-cx]?", "b1", 0) == 0 && fnmatch("[!a-c]", "b", 0) != 0);
	CHECK(fnmatch("\\*", "*", 0) == 0 && fnmatch("\\*", "a", 0) != 0);
	CHECK(fnmatch("*", ".hidden", FNM_PERIOD) != 0 &&
	      fnmatch(".*", ".hidden", FNM_PERIOD) == 0);
	CHECK(fnmatch("*", "a/b", FNM_PATHNAME) != 0 && fnmatch("*", "a/b", 0) == 0);
	CHECK(fnmatch("[[:digit:]]*", "5x", 0) == 0 && fnmatch("[]a]", "]", 0) == 0);
	CHECK(fnmatch("[a", "[a", 0) == 0 && fnmatch("", "", 0) == 0 && fnmatch("", "a", 0) != 0);
	CHECK(fnmatch("*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0) != 0);
}

static void
test_time(void)
{
	time_t when = 1709210096; /* Thu Feb 29 12:34:56 2024 */
	struct tm tm;
	struct timespec before, after, pause_time = {0, 20000000};
	char text[64];

	gmtime_r(&when, &tm);
	CHECK(tm.tm_year == 124 && tm.tm_mon == 1 && tm.tm_mday == 29 && tm.tm_wday == 4);
	CHECK(tm.tm_hour == 12 && tm.tm_min == 34 && tm.tm_sec == 56 && tm.tm_yday == 59);
	CHECK(timegm(&tm) == when);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %a %b %j", &tm);
	CHECK(strcmp(text, "2024-02-29 12:34:56 Thu Feb 060") == 0);
	for (when = -100000000000; when < 100000000000; when += 98765432) {
		gmtime_r(&when, &tm);
		CHECK(timegm(&tm) == when);
	}
	clock_gettime(CLOCK_MONOTONIC, &before);
	CHECK(nanosleep(&pause_time, NULL) == 0);
	clock_gettime(CLOCK_MONOTONIC, &after);
	CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec >=
	      20000000);
}

static jmp_buf jump_target;

static void
test_jumps(void)
{
	volatile int stage = 0;
	int value = setjmp(jump_target);

	stage = stage + 1;
	if (stage == 1)
		longjmp(jump_target, 5);
	if (stage == 2) {
		CHECK(value == 5);
		longjmp(jump_target, 0);
	}
	CHECK(stage == 3 && value == 1);
}

static volatile sig_atomic_t signals_seen;

static void
on_signal(int sig)
{
	signals_seen += sig == SIGUSR1;
}

static void
test_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal}, old;
	sigset_t set, pending;

	sigemptyset(&action.sa_mask);
	CHECK(sigaction(SIGUSR1, &action, &old) == 0 && old.sa_handler == SIG_DFL);
	raise(SIGUSR1);
	CHECK(signals_seen == 1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK(sigismember(&set, SIGUSR1) == 1 && sigismember(&set, SIGUSR2) == 0);
	sigprocmask(SIG_BLOCK, &set, NULL);
	kill(getpid(), SIGUSR1);
	CHECK(signals_seen == 1 && sigpending(&pending) == 0 &&
	      sigismember(&pending, SIGUSR1) == 1);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	CHECK(signals_seen == 2);
	CHECK(signal(SIGUSR1, SIG_DFL) == on_signal && signal(0, SIG_DFL) == SIG_ERR);
}

static void
test_processes(void)
{
	int status, fds[2];
	char byte = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(42);
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 42);
	pid = fork();
	if (pid == 0) {
		signal(SIGABRT, SIG_DFL);
		abort();
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
	      WTERMSIG(status) == SIGABRT);
	CHECK(waitpid(-1, &status, 0) == -1 && errno == ECHILD);
	CHECK(pipe(fds) == 0 && write(fds[1], "x", 1) == 1 && read(fds[0], &byte, 1) == 1);
	CHECK(byte == 'x' && close(fds[1]) == 0 && read(fds[0], &byte, 1) == 0 && !close(fds[0]));
	CHECK(close(fds[0]) == -1 && errno == EBADF);
	CHECK(execl("/nonexistent", "x", (char *)NULL) == -1 && errno == ENOENT);
}

static void
exit_hook(void)
{
	write(STDOUT_FILENO, "hook ", 5);
}

/* atexit functions run before the streams are flushed: the child's output tells the order. */
static void
test_exit(void)
{
	int fds[2], status;
	char buf[32];
	ssize_t n, len = 0;

	CHECK(pipe(fds) == 0);
	fflush(stdout);
	if (fork() == 0) {
		dup2(fds[1], STDOUT_FILENO);
		printf("buffered");
		atexit(exit_hook);
		exit(3);
	}
	close(fds[1]);
	while ((n = read(fds[0], buf + len, sizeof(buf) - (size_t)len)) > 0)
		len += n;
	close(fds[0]);
	CHECK(wait(&status) > 0 && WEXITSTATUS(status) == 3);
	CHECK(len == 13 && memcmp(buf, "hook buffered", 13) == 0);
}

static void
test_paths(void)
{
	char resolved[PATH_MAX], dir[] = "/tmp/libctestXXXXXX", link_path[64], want[64];

	CHECK(realpath("/", resolved) && strcmp(resolved, "/") == 0);
	CHECK(mkdtemp(dir) != NULL);
	snprintf(link_path, sizeof(link_path), "%s/link", dir);
	CHECK(symlink(".", link_path) == 0);
	snprintf(link_path, sizeof(link_path), "%s/./link/../%s", dir, strrchr(dir, '/') + 1);
	CHECK(realpath(link_path, resolved) && strcmp(resolved, dir) == 0);
	snprintf(want, sizeof(want), "%s/none", dir);
	CHECK(!realpath(want, resolved) && errno == ENOENT);
	snprintf(link_path, sizeof(link_path), "%s/link", dir);
	CHECK(unlink(link_path) == 0 && rmdir(dir) == 0);
}

static void
test_break(void)
{
	char *start = sbrk(0), *page;

	CHECK(sbrk(10000) == start && sbrk(0) == start + 10000);
	memset(start, 1, 10000);
	CHECK(sbrk(-10000) == start + 10000 && sbrk(0) == start);
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(page != MAP_FAILED && page[8191] == 0);
	page[0] = 1;
	CHECK(mprotect(page, 4096, PROT_READ) == 0 && munmap(page, 8192) == 0);
	CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{"format_integers", test_format_integers},
	{"format_text", test_format_text},
	{"format_floats", test_format_floats},
	{"numbers", test_numbers},
	{"memory_blocks", test_memory_blocks},
	{"strings", test_strings},
	{"sort", test_sort},
	{"break", test_break},
	{"malloc", test_malloc},
	{"malloc_edges", test_malloc_edges},
	{"environment", test_environment},
	{"options", test_options},
	{"scan", test_scan},
	{"streams", test_streams},
	{"directories", test_directories},
	{"patterns", test_patterns},
	{"time", test_time},
	{"jumps", test_jumps},
	{"signals", test_signals},
	{"processes", test_processes},
	{"exit", test_exit},
	{"paths", test_paths},
};

int
main(int argc, char **argv)
{
	int nr_run = 0;

	mkdir("/tmp", 01777);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		int before = nr_failures;

		if (argc > 1 && strcmp(argv[1], tests[i].name) != 0)
			continue;
		tests[i].run();
		nr_run++;
		if (nr_failures > before)
			printf("libctest: %s: FAILED\n", tests[i].name);
	}
	if (nr_run == 0) {
		fprintf(stderr, "usage: libctest [NAME]\n");
		return 2;
	}
	if (nr_failures == 0)
		printf("libctest: OK (%d tests)\n", nr_run);
	return nr_failures > 0;
}
