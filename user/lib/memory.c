/*
 * Memory blocks. Words are moved where both sides can be aligned: the kernel and its tests copy
 * pages, and a byte loop would be most of what they measure.
 */
#include <stdint.h>
#include <string.h>

#define WORD sizeof(uint64_t)

typedef uint64_t __attribute__((may_alias)) word_t;

/* Whether a and b reach a word boundary together. */
static int
same_alignment(const void *a, const void *b)
{
	return (((uintptr_t)a ^ (uintptr_t)b) & (WORD - 1)) == 0;
}

void *
memcpy(void *restrict dst, const void *restrict src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	if (same_alignment(d, s)) {
		for (; n > 0 && (uintptr_t)d % WORD != 0; n--)
			*d++ = *s++;
		for (; n >= 4 * WORD; n -= 4 * WORD, d += 4 * WORD, s += 4 * WORD) {
			const word_t *from = (const word_t *)s;
			word_t *to = (word_t *)d;
			word_t w0 = from[0], w1 = from[1], w2 = from[2], w3 = from[3];

			to[0] = w0;
			to[1] = w1;
			to[2] = w2;
			to[3] = w3;
		}
		for (; n >= WORD; n -= WORD, d += WORD, s += WORD)
			*(word_t *)d = *(const word_t *)s;
	}
	for (; n > 0; n--)
		*d++ = *s++;
	return dst;
}

void *
mempcpy(void *restrict dst, const void *restrict src, size_t n)
{
	return (char *)memcpy(dst, src, n) + n;
}

void *
memmove(void *dst, const void *src, size_t n)
{
	unsigned char *d = dst;
	const unsigned char *s = src;

	if (d <= s || d >= s + n) {
		if (d + n <= s || d >= s + n)
			return memcpy(dst, src, n);
		while (n-- > 0)
			*d++ = *s++;
		return dst;
	}
	d += n;
	s += n;
	if (same_alignment(d, s)) {
		for (; n > 0 && (uintptr_t)d % WORD != 0; n--)
			*--d = *--s;
		for (; n >= WORD; n -= WORD) {
			d -= WORD;
			s -= WORD;
			*(word_t *)d = *(const word_t *)s;
		}
	}
	while (n-- > 0)
		*--d = *--s;
	return dst;
}

void *
memset(void *dst, int c, size_t n)
{
	unsigned char *d = dst;
	uint64_t pattern = (unsigned char)c * 0x0101010101010101UL;

	for (; n > 0 && (uintptr_t)d % WORD != 0; n--)
		*d++ = (unsigned char)c;
	for (; n >= WORD; n -= WORD, d += WORD)
		*(word_t *)d = pattern;
	for (; n > 0; n--)
		*d++ = (unsigned char)c;
	return dst;
}

int
memcmp(const void *a, const void *b, size_t n)
{
	const unsigned char *x = a, *y = b;

	if (same_alignment(x, y) && (uintptr_t)x % WORD == 0) {
		while (n >= WORD && *(const word_t *)x == *(const word_t *)y) {
			x += WORD;
			y += WORD;
			n -= WORD;
		}
	}
	for (; n > 0; n--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

void *
memchr(const void *s, int c, size_t n)
{
	const unsigned char *p = s;

	for (; n > 0; n--, p++)
		if (*p == (unsigned char)c)
			return (void *)p;
	return NULL;
}

void *
memrchr(const void *s, int c, size_t n)
{
	const unsigned char *p = (const unsigned char *)s + n;

	while (p > (const unsigned char *)s)
		if (*--p == (unsigned char)c)
			return (void *)p;
	return NULL;
}

void *
memmem(const void *haystack, size_t haystack_len, const void *needle, size_t needle_len)
{
	const char *p = haystack;

	for (; haystack_len >= needle_len; p++, haystack_len--)
		if (memcmp(p, needle, needle_len) == 0)
			return (void *)p;
	return NULL;
}
