/* printf into memory. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib.h"

struct string_out {
	char *pos;
	char *end; /* where the final null byte must go at the latest */
};

static void
string_sink(void *context, const char *text, size_t n)
{
	struct string_out *out = context;
	size_t room = (size_t)(out->end - out->pos);

	if (n > room)
		n = room;
	memcpy(out->pos, text, n);
	out->pos += n;
}

int
vsnprintf(char *restrict buf, size_t size, const char *restrict format, va_list args)
{
	char nowhere;
	struct string_out out = {buf, buf + size - 1};
	int len;

	if (size == 0)
		out.pos = out.end = &nowhere;
	len = format_text(string_sink, &out, format, args);
	*out.pos = '\0';
	return len;
}

int
snprintf(char *restrict buf, size_t size, const char *restrict format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buf, size, format, args);
	va_end(args);
	return len;
}

int
vsprintf(char *restrict buf, const char *restrict format, va_list args)
{
	return vsnprintf(buf, INT_MAX, format, args);
}

int
sprintf(char *restrict buf, const char *restrict format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsprintf(buf, format, args);
	va_end(args);
	return len;
}

int
vasprintf(char **restrict out, const char *restrict format, va_list args)
{
	int len = vsnprintf(NULL, 0, format, args);

	*out = malloc((size_t)len + 1);
	if (!*out)
		return -1;
	return vsnprintf(*out, (size_t)len + 1, format, args);
}

int
asprintf(char **restrict out, const char *restrict format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(out, format, args);
	va_end(args);
	return len;
}
