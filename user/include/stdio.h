/*
 * Buffered input and output. Standard output is line buffered on a terminal and fully buffered
 * otherwise; standard error writes each call's text at once.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <sys/types.h>

#define EOF    (-1)
#define BUFSIZ 4096

#ifndef SEEK_SET
#define SEEK_SET  0
#define SEEK_CUR  1
#define SEEK_END  2
#define SEEK_DATA 3
#define SEEK_HOLE 4
#endif

#define _IOFBF 0
#define _IOLBF 1
#define _IONBF 2

typedef struct stdio_file FILE;

extern FILE *stdin;
extern FILE *stdout;
extern FILE *stderr;

FILE *fopen(const char *restrict path, const char *restrict mode);
FILE *fdopen(int fd, const char *mode);
FILE *freopen(const char *restrict path, const char *restrict mode, FILE *restrict file);
int fclose(FILE *file);
int fflush(FILE *file);
int fileno(FILE *file);
int feof(FILE *file);
int ferror(FILE *file);
void clearerr(FILE *file);
int setvbuf(FILE *restrict file, char *restrict buf, int mode, size_t size);
void setbuf(FILE *restrict file, char *restrict buf);
void setlinebuf(FILE *file);
int fseek(FILE *file, long offset, int whence);
int fseeko(FILE *file, off_t offset, int whence);
long ftell(FILE *file);
off_t ftello(FILE *file);
void rewind(FILE *file);

size_t fread(void *restrict buf, size_t size, size_t count, FILE *restrict file);
size_t fwrite(const void *restrict buf, size_t size, size_t count, FILE *restrict file);
int fgetc(FILE *file);
int getc(FILE *file);
int getchar(void);
int ungetc(int c, FILE *file);
char *fgets(char *restrict buf, int size, FILE *restrict file);
ssize_t getline(char **restrict line, size_t *restrict size, FILE *restrict file);
ssize_t getdelim(char **restrict line, size_t *restrict size, int delim, FILE *restrict file);
int fputc(int c, FILE *file);
int putc(int c, FILE *file);
int putchar(int c);
int fputs(const char *restrict s, FILE *restrict file);
int puts(const char *s);

int printf(const char *restrict format, ...) __attribute__((format(printf, 1, 2)));
int fprintf(FILE *restrict file, const char *restrict format, ...)
	__attribute__((format(printf, 2, 3)));
int dprintf(int fd, const char *restrict format, ...) __attribute__((format(printf, 2, 3)));
int sprintf(char *restrict buf, const char *restrict format, ...)
	__attribute__((format(printf, 2, 3)));
int snprintf(char *restrict buf, size_t size, const char *restrict format, ...)
	__attribute__((format(printf, 3, 4)));
int asprintf(char **restrict out, const char *restrict format, ...)
	__attribute__((format(printf, 2, 3)));
int vprintf(const char *restrict format, va_list args) __attribute__((format(printf, 1, 0)));
int vfprintf(FILE *restrict file, const char *restrict format, va_list args)
	__attribute__((format(printf, 2, 0)));
int vdprintf(int fd, const char *restrict format, va_list args)
	__attribute__((format(printf, 2, 0)));
int vsprintf(char *restrict buf, const char *restrict format, va_list args)
	__attribute__((format(printf, 2, 0)));
int vsnprintf(char *restrict buf, size_t size, const char *restrict format, va_list args)
	__attribute__((format(printf, 3, 0)));
int vasprintf(char **restrict out, const char *restrict format, va_list args)
	__attribute__((format(printf, 2, 0)));
int sscanf(const char *restrict s, const char *restrict format, ...)
	__attribute__((format(scanf, 2, 3)));
int vsscanf(const char *restrict s, const char *restrict format, va_list args)
	__attribute__((format(scanf, 2, 0)));

void perror(const char *prefix);
int remove(const char *path);
int rename(const char *oldpath, const char *newpath);
int renameat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath);
