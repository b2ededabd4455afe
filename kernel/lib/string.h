/* Memory and string functions. The names that libc has mean what they mean there. */
#pragma once

#include "lib/compiler.h"

void *memcpy(void *dst, const void *src, size_t bytes);
void *memmove(void *dst, const void *src, size_t bytes);
void *memset(void *dst, int c, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
void *memchr(const void *s, int c, size_t bytes);

/* One page of 4096 bytes; both addresses are page-aligned and the pages are the same or disjoint. */
void page_copy(void *dst, const void *src);
void page_zero(void *dst);
/* The first byte in `bytes` bytes that is not `c`, or NULL: is this poison, or this page, intact? */
void *memchr_inv(const void *s, int c, size_t bytes);

size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t max);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *needle);
size_t strspn(const char *s, const char *accept);
size_t strcspn(const char *s, const char *reject);

/* Does `s` begin with `prefix`? */
bool str_has_prefix(const char *s, const char *prefix);

/*
 * Copies `src` into `dst[size]`, always terminated (if size > 0), cut if it does not fit.
 * Returns the length copied, or -E2BIG if it was cut or size is 0.
 */
ssize_t strscpy(char *dst, const char *src, size_t size);

/* The same, but returns strlen(src), as BSD does. */
size_t strlcpy(char *dst, const char *src, size_t size);
size_t strlcat(char *dst, const char *src, size_t size);
