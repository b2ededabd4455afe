/* The functions that lib/rename.h renames, for tests. */
#pragma once

#include <stdarg.h>

#include "lib/compiler.h"

void *k_memcpy(void *dst, const void *src, size_t bytes);
void *k_memmove(void *dst, const void *src, size_t bytes);
void *k_memset(void *dst, int c, size_t bytes);
int k_memcmp(const void *a, const void *b, size_t bytes);
void *k_memchr(const void *s, int c, size_t bytes);
size_t k_strlen(const char *s);
size_t k_strnlen(const char *s, size_t max);
int k_strcmp(const char *a, const char *b);
int k_strncmp(const char *a, const char *b, size_t max);
char *k_strchr(const char *s, int c);
char *k_strrchr(const char *s, int c);
char *k_strstr(const char *s, const char *needle);
size_t k_strspn(const char *s, const char *accept);
size_t k_strcspn(const char *s, const char *reject);
size_t k_strlcpy(char *dst, const char *src, size_t size);
size_t k_strlcat(char *dst, const char *src, size_t size);
int k_snprintf(char *buf, size_t size, const char *fmt, ...) PRINTF(3, 4);
int k_vsnprintf(char *buf, size_t size, const char *fmt, va_list args) PRINTF(3, 0);

int k_clzdi2(u64 x);
int k_ctzdi2(u64 x);
int k_ffsdi2(u64 x);
int k_popcountdi2(u64 x);
u32 k_bswapsi2(u32 x);
u64 k_bswapdi2(u64 x);
