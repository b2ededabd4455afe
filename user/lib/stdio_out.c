/* Output on streams. */
#include <errno.h>
#include <string.h>

#include "lib.h"
#include "stdio_file.h"

size_t
fwrite(const void *restrict buf, size_t size, size_t count, FILE *restrict file)
{
	if (size == 0 || count == 0)
		return 0;
	return file_write(file, buf, size * count) < 0 ? 0 : count;
}

int
fputc(int c, FILE *file)
{
	unsigned char byte = (unsigned char)c;

	if (file->flags & FILE_WRITING && !(file->flags & (FILE_LINE | FILE_UNBUFFERED)) &&
	    file->pos + 1 < file->capacity) {
		file->buf[file->pos++] = byte;
		return byte;
	}
	return file_write(file, &byte, 1) < 0 ? EOF : byte;
}

int
putc(int c, FILE *file)
{
	return fputc(c, file);
}

int
putchar(int c)
{
	return fputc(c, stdout);
}

int
fputs(const char *restrict s, FILE *restrict file)
{
	return file_write(file, s, strlen(s)) < 0 ? EOF : 1;
}

int
puts(const char *s)
{
	if (file_begin_write(stdout) < 0 || file_append(stdout, s, strlen(s)) < 0)
		return EOF;
	return file_write(stdout, "\n", 1) < 0 ? EOF : 1;
}

static void
file_sink(void *context, const char *text, size_t n)
{
	file_append(context, text, n);
}

int
vfprintf(FILE *restrict file, const char *restrict format, va_list args)
{
	int len;

	if (file_begin_write(file) < 0)
		return -1;
	len = format_text(file_sink, file, format, args);
	return file_settle(file) < 0 || file->flags & FILE_ERROR ? -1 : len;
}

int
fprintf(FILE *restrict file, const char *restrict format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vfprintf(file, format, args);
	va_end(args);
	return len;
}

int
vprintf(const char *restrict format, va_list args)
{
	return vfprintf(stdout, format, args);
}

int
printf(const char *restrict format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vfprintf(stdout, format, args);
	va_end(args);
	return len;
}

void
perror(const char *prefix)
{
	int error = errno;

	if (prefix && *prefix)
		fprintf(stderr, "%s: %s\n", prefix, strerror(error));
	else
		fprintf(stderr, "%s\n", strerror(error));
}
