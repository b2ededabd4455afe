/*
 * Streams: the buffer and its two directions, opening and closing, position. The three standard
 * streams have static buffers, so that a program that only prints needs no allocator.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib.h"
#include "stdio_file.h"

#define STDERR_BUFFER 512
#define UNGET_ROOM    1

static unsigned char stdin_buffer[BUFSIZ + UNGET_ROOM];
static unsigned char stdout_buffer[BUFSIZ + UNGET_ROOM];
static unsigned char stderr_buffer[STDERR_BUFFER + UNGET_ROOM];

static FILE stdin_file = {
	.fd = STDIN_FILENO,
	.flags = FILE_READABLE | FILE_STATIC | FILE_MODE_KNOWN,
	.buf = stdin_buffer + UNGET_ROOM,
	.capacity = BUFSIZ,
};

static FILE stderr_file = {
	.fd = STDERR_FILENO,
	.flags = FILE_WRITABLE | FILE_STATIC | FILE_UNBUFFERED | FILE_MODE_KNOWN,
	.buf = stderr_buffer + UNGET_ROOM,
	.capacity = STDERR_BUFFER,
	.next = &stdin_file,
};

static FILE stdout_file = {
	.fd = STDOUT_FILENO,
	.flags = FILE_WRITABLE | FILE_STATIC,
	.buf = stdout_buffer + UNGET_ROOM,
	.capacity = BUFSIZ,
	.next = &stderr_file,
};

FILE *stdin = &stdin_file;
FILE *stdout = &stdout_file;
FILE *stderr = &stderr_file;

static FILE *all_files = &stdout_file;

/* Writes the pending bytes out; on error they are dropped, as they could not be tried for ever. */
static int
file_drain(FILE *file)
{
	size_t done = 0;

	while (done < file->pos) {
		ssize_t n = write(file->fd, file->buf + done, file->pos - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			file->flags |= FILE_ERROR;
			file->pos = 0;
			return EOF;
		}
		done += (size_t)n;
	}
	file->pos = 0;
	return 0;
}

/* Gives back what was read ahead, so that the descriptor stands where the reader is. */
static void
file_drop_readahead(FILE *file)
{
	if (file->end > file->pos)
		lseek(file->fd, -(off_t)(file->end - file->pos), SEEK_CUR);
	file->pos = file->end = 0;
}

int
fflush(FILE *file)
{
	int result = 0;

	if (!file) {
		for (file = all_files; file; file = file->next)
			if (file->flags & FILE_WRITING)
				result |= file_drain(file);
		return result;
	}
	if (file->flags & FILE_WRITING)
		return file_drain(file);
	file_drop_readahead(file);
	return 0;
}

void
stdio_flush_all(void)
{
	fflush(NULL);
	if (!(stdin->flags & FILE_WRITING))
		file_drop_readahead(stdin);
}

int
file_begin_write(FILE *file)
{
	if (!(file->flags & FILE_WRITABLE)) {
		errno = EBADF;
		file->flags |= FILE_ERROR;
		return EOF;
	}
	if (!(file->flags & FILE_MODE_KNOWN)) {
		int error = errno;

		if (isatty(file->fd))
			file->flags |= FILE_LINE;
		file->flags |= FILE_MODE_KNOWN;
		errno = error;
	}
	if (!(file->flags & FILE_WRITING)) {
		file_drop_readahead(file);
		file->flags |= FILE_WRITING;
	}
	return 0;
}

int
file_append(FILE *file, const void *text, size_t n)
{
	while (n > 0) {
		size_t room = file->capacity - file->pos;
		size_t part = n < room ? n : room;

		memcpy(file->buf + file->pos, text, part);
		file->pos += part;
		text = (const char *)text + part;
		n -= part;
		if (file->pos == file->capacity && file_drain(file) < 0)
			return EOF;
	}
	return 0;
}

int
file_settle(FILE *file)
{
	if (file->flags & FILE_UNBUFFERED)
		return file_drain(file);
	if (file->flags & FILE_LINE && memchr(file->buf, '\n', file->pos))
		return file_drain(file);
	return 0;
}

int
file_write(FILE *file, const void *text, size_t n)
{
	if (file_begin_write(file) < 0 || file_append(file, text, n) < 0)
		return EOF;
	return file_settle(file);
}

/* The open(2) flags and FILE_ flags of a mode string; -1 when it is not one. */
static int
mode_parse(const char *mode, unsigned int *file_flags)
{
	int plus = strchr(mode, '+') != NULL;
	int flags;

	switch (mode[0]) {
	case 'r':
		flags = 0;
		*file_flags = FILE_READABLE;
		break;
	case 'w':
		flags = O_CREAT | O_TRUNC;
		*file_flags = FILE_WRITABLE;
		break;
	case 'a':
		flags = O_CREAT | O_APPEND;
		*file_flags = FILE_WRITABLE;
		break;
	default:
		errno = EINVAL;
		return -1;
	}
	if (plus)
		*file_flags = FILE_READABLE | FILE_WRITABLE;
	flags |= plus ? O_RDWR : mode[0] == 'r' ? O_RDONLY : O_WRONLY;
	if (strchr(mode, 'x'))
		flags |= O_EXCL;
	if (strchr(mode, 'e'))
		flags |= O_CLOEXEC;
	return flags;
}

FILE *
fdopen(int fd, const char *mode)
{
	unsigned int file_flags;
	FILE *file;

	if (mode_parse(mode, &file_flags) < 0)
		return NULL;
	file = malloc(sizeof(*file) + UNGET_ROOM + BUFSIZ);
	if (!file)
		return NULL;
	*file = (FILE){
		.fd = fd,
		.flags = file_flags,
		.buf = (unsigned char *)(file + 1) + UNGET_ROOM,
		.capacity = BUFSIZ,
		.next = all_files,
	};
	all_files = file;
	return file;
}

FILE *
fopen(const char *restrict path, const char *restrict mode)
{
	unsigned int file_flags;
	int flags = mode_parse(mode, &file_flags);
	FILE *file;
	int fd;

	if (flags < 0)
		return NULL;
	fd = open(path, flags, 0666);
	if (fd < 0)
		return NULL;
	file = fdopen(fd, mode);
	if (!file)
		close(fd);
	return file;
}

FILE *
freopen(const char *restrict path, const char *restrict mode, FILE *restrict file)
{
	unsigned int file_flags;
	int flags = mode_parse(mode, &file_flags);
	int fd, moved;

	if (flags < 0)
		return NULL;
	fflush(file);
	fd = open(path, flags, 0666);
	if (fd < 0)
		return NULL;
	moved = dup2(fd, file->fd);
	if (fd != file->fd)
		close(fd);
	if (moved < 0)
		return NULL;
	file->flags =
		file_flags | (file->flags & (FILE_STATIC | FILE_OWN_BUFFER | FILE_UNBUFFERED));
	file->pos = file->end = 0;
	return file;
}

int
fclose(FILE *file)
{
	FILE **link = &all_files;
	int result = fflush(file);

	while (*link && *link != file)
		link = &(*link)->next;
	if (*link)
		*link = file->next;
	if (close(file->fd) < 0)
		result = EOF;
	if (file->flags & FILE_OWN_BUFFER)
		free(file->buf - UNGET_ROOM);
	if (!(file->flags & FILE_STATIC))
		free(file);
	return result;
}

/* The caller's buffer is not used: one of the asked size is allocated when that is larger. */
int
setvbuf(FILE *restrict file, char *restrict buf, int mode, size_t size)
{
	(void)buf;
	file->flags &= ~(FILE_LINE | FILE_UNBUFFERED);
	file->flags |= FILE_MODE_KNOWN;
	if (mode == _IOLBF)
		file->flags |= FILE_LINE;
	if (mode == _IONBF)
		file->flags |= FILE_UNBUFFERED;
	if (size > file->capacity && file->pos == 0 && file->end == 0) {
		unsigned char *larger = malloc(size + UNGET_ROOM);

		if (!larger)
			return -1;
		if (file->flags & FILE_OWN_BUFFER)
			free(file->buf - UNGET_ROOM);
		file->flags |= FILE_OWN_BUFFER;
		file->buf = larger + UNGET_ROOM;
		file->capacity = size;
	}
	return 0;
}

void
setbuf(FILE *restrict file, char *restrict buf)
{
	setvbuf(file, buf, buf ? _IOFBF : _IONBF, BUFSIZ);
}

void
setlinebuf(FILE *file)
{
	setvbuf(file, NULL, _IOLBF, 0);
}

int
fseeko(FILE *file, off_t offset, int whence)
{
	if (fflush(file) < 0 || lseek(file->fd, offset, whence) < 0)
		return -1;
	file->pos = file->end = 0;
	file->flags &= ~(FILE_EOF | FILE_WRITING);
	return 0;
}

int
fseek(FILE *file, long offset, int whence)
{
	return fseeko(file, offset, whence);
}

off_t
ftello(FILE *file)
{
	off_t offset = lseek(file->fd, 0, SEEK_CUR);

	if (offset < 0)
		return -1;
	if (file->flags & FILE_WRITING)
		return offset + (off_t)file->pos;
	return offset - (off_t)(file->end - file->pos);
}

long
ftell(FILE *file)
{
	return ftello(file);
}

void
rewind(FILE *file)
{
	fseeko(file, 0, SEEK_SET);
	file->flags &= ~FILE_ERROR;
}

int
fileno(FILE *file)
{
	return file->fd;
}

int
feof(FILE *file)
{
	return (file->flags & FILE_EOF) != 0;
}

int
ferror(FILE *file)
{
	return (file->flags & FILE_ERROR) != 0;
}

void
clearerr(FILE *file)
{
	file->flags &= ~(FILE_EOF | FILE_ERROR);
}
