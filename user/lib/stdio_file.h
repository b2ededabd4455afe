/* The inside of FILE, shared by the files that make up stdio. */
#pragma once

#include <stdio.h>

enum {
	FILE_READABLE = 1,
	FILE_WRITABLE = 2,
	FILE_EOF = 4,
	FILE_ERROR = 8,
	FILE_LINE = 16,	      /* flush at each newline */
	FILE_UNBUFFERED = 32, /* flush after each call */
	FILE_WRITING = 64,    /* the buffer holds text still to be written */
	FILE_OWN_BUFFER = 128,
	FILE_MODE_KNOWN = 256, /* the buffering was chosen, or isatty was asked */
	FILE_STATIC = 512,     /* not to be freed */
};

/*
 * Reading: buf[pos, end) is read ahead. Writing (FILE_WRITING): buf[0, pos) is pending. A
 * character pushed back goes before pos, where a byte of room is kept.
 */
struct stdio_file {
	int fd;
	unsigned int flags;
	unsigned char *buf;
	size_t capacity;
	size_t pos;
	size_t end;
	struct stdio_file *next;
};

/* Makes the stream ready to take output: 0, or EOF with errno set. */
int file_begin_write(FILE *file);

/* Appends text, flushing as the buffer fills, and at the end as the buffering mode says. */
int file_write(FILE *file, const void *text, size_t n);

/* Like file_write, but never flushes because of the mode: for printf, which flushes once. */
int file_append(FILE *file, const void *text, size_t n);

/* Flushes if the mode asks for it: unbuffered, or line buffered and text contains a newline. */
int file_settle(FILE *file);
