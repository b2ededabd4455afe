/* Input from streams. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stdio_file.h"

/* Reads the next part of the file into the empty buffer: 0, or EOF at the end or on an error. */
static int
file_fill(FILE *file)
{
	ssize_t n;

	if (!(file->flags & FILE_READABLE)) {
		errno = EBADF;
		file->flags |= FILE_ERROR;
		return EOF;
	}
	if (file->flags & FILE_WRITING) {
		fflush(file);
		file->flags &= ~FILE_WRITING;
	}
	if (stdout->flags & FILE_LINE)
		fflush(stdout);
	file->pos = file->end = 0;
	n = read(file->fd, file->buf, file->flags & FILE_UNBUFFERED ? 1 : file->capacity);
	if (n > 0) {
		file->end = (size_t)n;
		return 0;
	}
	file->flags |= n == 0 ? FILE_EOF : FILE_ERROR;
	return EOF;
}

/* Whether there is a byte at buf[pos], filling the buffer if need be. */
static int
file_has_byte(FILE *file)
{
	return (!(file->flags & FILE_WRITING) && file->pos < file->end) || file_fill(file) == 0;
}

int
fgetc(FILE *file)
{
	return file_has_byte(file) ? file->buf[file->pos++] : EOF;
}

int
getc(FILE *file)
{
	return fgetc(file);
}

int
getchar(void)
{
	return fgetc(stdin);
}

/* One character may be pushed back: there is a byte of room before the buffer. */
int
ungetc(int c, FILE *file)
{
	if (c == EOF || file->flags & FILE_WRITING || (file->pos == 0 && file->end > 0))
		return EOF;
	if (file->pos == 0 && file->end == 0) {
		file->end = file->pos = 1;
	}
	file->buf[--file->pos] = (unsigned char)c;
	file->flags &= ~FILE_EOF;
	return (unsigned char)c;
}

size_t
fread(void *restrict buf, size_t size, size_t count, FILE *restrict file)
{
	size_t wanted = size * count, done = 0;

	while (done < wanted && file_has_byte(file)) {
		size_t part = file->end - file->pos;

		if (part > wanted - done)
			part = wanted - done;
		memcpy((char *)buf + done, file->buf + file->pos, part);
		file->pos += part;
		done += part;
	}
	return size ? done / size : 0;
}

char *
fgets(char *restrict buf, int size, FILE *restrict file)
{
	size_t len = 0;

	if (size <= 0)
		return NULL;
	while (len + 1 < (size_t)size && file_has_byte(file)) {
		buf[len] = (char)file->buf[file->pos++];
		if (buf[len++] == '\n')
			break;
	}
	if (len == 0 && size > 1)
		return NULL;
	buf[len] = '\0';
	return buf;
}

ssize_t
getdelim(char **restrict line, size_t *restrict size, int delim, FILE *restrict file)
{
	size_t len = 0;

	if (!*line)
		*size = 0;
	while (file_has_byte(file)) {
		unsigned char *start = file->buf + file->pos;
		unsigned char *found = memchr(start, delim, file->end - file->pos);
		size_t part = found ? (size_t)(found - start) + 1 : file->end - file->pos;

		if (len + part + 1 > *size) {
			size_t larger = (len + part + 1) * 2 < 128 ? 128 : (len + part + 1) * 2;
			char *grown = realloc(*line, larger);

			if (!grown)
				return -1;
			*line = grown;
			*size = larger;
		}
		memcpy(*line + len, start, part);
		file->pos += part;
		len += part;
		if (found)
			break;
	}
	if (len == 0)
		return -1;
	(*line)[len] = '\0';
	return (ssize_t)len;
}

ssize_t
getline(char **restrict line, size_t *restrict size, FILE *restrict file)
{
	return getdelim(line, size, '\n', file);
}
