/* What tests and fuzz targets call. */
#include "hosttest.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t rnd_state;

_Noreturn void
hosttest_fail(const char *file, int line, const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: failed: ", file, line);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

void
hosttest_check_str(const char *file, int line, const char *text, const char *a, const char *b)
{
	if (!a || !b || strcmp(a, b) != 0)
		hosttest_fail(file, line, "%s is \"%s\", not \"%s\"", text, a ? a : "(null)",
			      b ? b : "(null)");
}

void
rnd_seed(uint64_t seed)
{
	rnd_state = seed;
}

/* splitmix64 */
uint64_t
rnd(void)
{
	uint64_t z = rnd_state += 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return z ^ z >> 31;
}

uint64_t
rnd_below(uint64_t limit)
{
	return rnd() % limit;
}

bool
rnd_one_in(uint64_t n)
{
	return rnd_below(n) == 0;
}

uint64_t
rnd_scaled(void)
{
	return rnd() >> rnd_below(64);
}

void *
guarded_alloc(size_t bytes, bool at_end)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t body = (bytes + page - 1) / page * page;
	char *area = mmap(NULL, body + 2 * page, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED || mprotect(area, page, PROT_NONE) != 0 ||
	    mprotect(area + page + body, page, PROT_NONE) != 0)
		hosttest_fail(__FILE__, __LINE__, "no memory for a guarded area");
	return at_end ? area + page + body - bytes : area + page;
}

char *
file_read(const char *path, size_t *bytes)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		return NULL;
	fseek(file, 0, SEEK_END);

	long size = ftell(file);
	char *data = size >= 0 ? calloc(1, (size_t)size + 1) : NULL;

	rewind(file);
	if (data && fread(data, 1, (size_t)size, file) != (size_t)size) {
		free(data);
		data = NULL;
	}
	fclose(file);
	*bytes = data ? (size_t)size : 0;
	return data;
}
