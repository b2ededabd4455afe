/*
 * The C API of xv6-riscv's programs, on Quire's own library. What means something else in POSIX
 * (kill with one argument, wait's plain status, sleep in ticks ...) is linked to a function
 * xv6_..., so a program sees one world or the other: do not include unistd.h and the like as well.
 * Each call returns -1 on an error. A tick is 100 ms.
 */
#pragma once

#include "kernel/types.h"

/* Course programs are written for -Wall, not for -Wextra. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Winfinite-recursion"

#define XV6(name) __asm__("xv6_" #name)

/* The compiler knows other functions of these names. */
#define printf	xv6_printf
#define fprintf xv6_fprintf

struct stat;

int fork(void);
void exit(int status) __attribute__((noreturn));

/* The status is what the child gave exit; -1 when it was killed. */
int wait(int *status) XV6(wait);
int pipe(int *fds);
int write(int fd, const void *buf, int n);

/* From a directory: as many struct dirent of kernel/fs.h as fit. */
int read(int fd, void *buf, int n) XV6(read);
int close(int fd);
int kill(int pid) XV6(kill);

/* The path as it is; if it is not found, the name in /bin. */
int exec(const char *path, char **argv) XV6(exec);
int open(const char *path, int flags) XV6(open);
int mknod(const char *path, short major, short minor) XV6(mknod);

/* Also removes an empty directory. */
int unlink(const char *path) XV6(unlink);
int fstat(int fd, struct stat *st) XV6(fstat);
int link(const char *oldpath, const char *newpath);
int mkdir(const char *path) XV6(mkdir);
int chdir(const char *path);
int dup(int fd);
int getpid(void);
char *sbrk(int bytes);
char *sbrklazy(int bytes) XV6(sbrklazy);
int sleep(int ticks) XV6(sleep);
int pause(int ticks) XV6(sleep);
int uptime(void) XV6(uptime);

int stat(const char *path, struct stat *st) XV6(stat);
char *strcpy(char *dst, const char *src);
void *memmove(void *dst, const void *src, unsigned long n);
char *strchr(const char *s, int c);
int strcmp(const char *a, const char *b);
void fprintf(int fd, const char *format, ...);
void printf(const char *format, ...);

/* A line with its newline, or what there is before the end of input: then buf is empty. */
char *gets(char *buf, int max) XV6(gets);
unsigned long strlen(const char *s);
void *memset(void *dst, int c, unsigned long n);
void *malloc(unsigned long bytes);
void free(void *block);
int atoi(const char *s);
int memcmp(const void *a, const void *b, unsigned long n);
void *memcpy(void *dst, const void *src, unsigned long n);

void *mmap(void *addr, unsigned long length, int prot, int flags, int fd, long offset);
int munmap(void *addr, unsigned long length);
int mprotect(void *addr, unsigned long length, int prot);
int madvise(void *addr, unsigned long length, int advice);
