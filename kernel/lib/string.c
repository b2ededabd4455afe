/*
 * Memory and string functions.
 *
 * Copying pages is the most frequent thing a memory manager does with memory, so the bulk loops move
 * eight words per round: 8 loads, 8 stores and 4 instructions of loop for 64 bytes.
 * A copy has three phases: single bytes until dst is word-aligned, words, single bytes. If dst and
 * src do not agree modulo the word size, the middle phase reads aligned words and shifts two of them
 * together, for a misaligned load may trap to the firmware on real machines. It never reads a word
 * that holds no byte of the source.
 *
 * This file is compiled with -fno-tree-loop-distribute-patterns (see the Makefile), or the compiler
 * would turn the loops below into calls of the functions that they implement.
 */
#include "lib/string.h"
#include "lib/errno.h"

typedef u64 MAY_ALIAS word_t;

#define WORD_BYTES  sizeof(word_t)
#define WORD_MASK   (WORD_BYTES - 1)
#define BLOCK_WORDS 8
#define BLOCK_BYTES (BLOCK_WORDS * WORD_BYTES)
#define PAGE_BYTES  4096
/* Below this many bytes the set-up of the word loops costs more than it saves. */
#define SMALL_BYTES 16

#define BYTES_01 0x0101010101010101UL

static ALWAYS_INLINE void
block_copy(word_t *d, const word_t *s)
{
	word_t a = s[0], b = s[1], c = s[2], e = s[3], f = s[4], g = s[5], h = s[6], i = s[7];

	d[0] = a;
	d[1] = b;
	d[2] = c;
	d[3] = e;
	d[4] = f;
	d[5] = g;
	d[6] = h;
	d[7] = i;
}

static ALWAYS_INLINE void
block_set(word_t *d, word_t w)
{
	d[0] = w;
	d[1] = w;
	d[2] = w;
	d[3] = w;
	d[4] = w;
	d[5] = w;
	d[6] = w;
	d[7] = w;
}

static ALWAYS_INLINE void
four_blocks_copy(word_t *d, const word_t *s)
{
	block_copy(d, s);
	block_copy(d + BLOCK_WORDS, s + BLOCK_WORDS);
	block_copy(d + 2 * BLOCK_WORDS, s + 2 * BLOCK_WORDS);
	block_copy(d + 3 * BLOCK_WORDS, s + 3 * BLOCK_WORDS);
}

void
page_copy(void *dst, const void *src)
{
	word_t *d = dst;
	const word_t *s = src;
	const word_t *end = s + PAGE_BYTES / WORD_BYTES;

	do {
		four_blocks_copy(d, s);
		four_blocks_copy(d + 4 * BLOCK_WORDS, s + 4 * BLOCK_WORDS);
		four_blocks_copy(d + 8 * BLOCK_WORDS, s + 8 * BLOCK_WORDS);
		four_blocks_copy(d + 12 * BLOCK_WORDS, s + 12 * BLOCK_WORDS);
		d += 16 * BLOCK_WORDS;
		s += 16 * BLOCK_WORDS;
	} while (s != end);
}

void
page_zero(void *dst)
{
	word_t *d = dst;
	word_t *end = d + PAGE_BYTES / WORD_BYTES;

	do {
		block_set(d, 0);
		block_set(d + BLOCK_WORDS, 0);
		block_set(d + 2 * BLOCK_WORDS, 0);
		block_set(d + 3 * BLOCK_WORDS, 0);
		d += 4 * BLOCK_WORDS;
	} while (d != end);
}

/* Copies upwards where d and s agree modulo the word size. */
static ALWAYS_INLINE void
copy_up_aligned(u8 *d, const u8 *s, size_t bytes)
{
	for (; bytes != 0 && ((uintptr_t)d & WORD_MASK) != 0; bytes--)
		*d++ = *s++;
	for (; bytes >= BLOCK_BYTES; bytes -= BLOCK_BYTES) {
		block_copy((word_t *)d, (const word_t *)s);
		d += BLOCK_BYTES;
		s += BLOCK_BYTES;
	}
	for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES) {
		*(word_t *)d = *(const word_t *)s;
		d += WORD_BYTES;
		s += WORD_BYTES;
	}
	while (bytes-- != 0)
		*d++ = *s++;
}

/*
 * The same where they do not: each word stored is the upper part of one aligned word of the source
 * and the lower part of the next (little-endian). Returns dst.
 */
static NOINLINE void *
copy_up_shifted(void *dst, const u8 *s, size_t bytes)
{
	u8 *d = dst;

	if (bytes >= SMALL_BYTES) {
		for (; ((uintptr_t)d & WORD_MASK) != 0; bytes--)
			*d++ = *s++;

		unsigned right = ((uintptr_t)s & WORD_MASK) * 8;
		unsigned left = 64 - right;
		const word_t *w = (const word_t *)((uintptr_t)s & ~WORD_MASK);
		word_t w0 = *w++;

		for (; bytes >= 4 * WORD_BYTES; bytes -= 4 * WORD_BYTES) {
			word_t w1 = w[0], w2 = w[1], w3 = w[2], w4 = w[3];
			word_t *out = (word_t *)d;

			out[0] = w0 >> right | w1 << left;
			out[1] = w1 >> right | w2 << left;
			out[2] = w2 >> right | w3 << left;
			out[3] = w3 >> right | w4 << left;
			w0 = w4;
			d += 4 * WORD_BYTES;
			s += 4 * WORD_BYTES;
			w += 4;
		}
	}
	while (bytes-- != 0)
		*d++ = *s++;
	return dst;
}

/* Copies upwards: right for disjoint areas and for dst below src. Returns dst. */
static ALWAYS_INLINE void *
copy_up(void *dst, const void *src, size_t bytes)
{
	if ((((uintptr_t)dst ^ (uintptr_t)src) & WORD_MASK) != 0)
		return copy_up_shifted(dst, src, bytes);
	copy_up_aligned(dst, src, bytes);
	return dst;
}

/* Copies downwards: right for dst above src. Words only where both agree modulo the word size. */
static void
copy_down(u8 *d, const u8 *s, size_t bytes)
{
	d += bytes;
	s += bytes;
	if ((((uintptr_t)d ^ (uintptr_t)s) & WORD_MASK) == 0) {
		for (; bytes != 0 && ((uintptr_t)d & WORD_MASK) != 0; bytes--)
			*--d = *--s;
		for (; bytes >= BLOCK_BYTES; bytes -= BLOCK_BYTES) {
			d -= BLOCK_BYTES;
			s -= BLOCK_BYTES;
			block_copy((word_t *)d, (const word_t *)s);
		}
		for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES) {
			d -= WORD_BYTES;
			s -= WORD_BYTES;
			*(word_t *)d = *(const word_t *)s;
		}
	}
	while (bytes-- != 0)
		*--d = *--s;
}

void *
memcpy(void *dst, const void *src, size_t bytes)
{
	return copy_up(dst, src, bytes);
}

void *
memmove(void *dst, const void *src, size_t bytes)
{
	/* One comparison: true also for dst below src, where the difference wraps around. */
	if ((uintptr_t)dst - (uintptr_t)src >= bytes)
		return copy_up(dst, src, bytes);
	copy_down(dst, src, bytes);
	return dst;
}

void *
memset(void *dst, int c, size_t bytes)
{
	u8 *d = dst;

	if (bytes >= SMALL_BYTES) {
		word_t w = (u8)c * BYTES_01;

		for (; ((uintptr_t)d & WORD_MASK) != 0; bytes--)
			*d++ = (u8)c;
		for (; bytes >= BLOCK_BYTES; bytes -= BLOCK_BYTES) {
			block_set((word_t *)d, w);
			d += BLOCK_BYTES;
		}
		for (; bytes >= WORD_BYTES; bytes -= WORD_BYTES) {
			*(word_t *)d = w;
			d += WORD_BYTES;
		}
	}
	while (bytes-- != 0)
		*d++ = (u8)c;
	return dst;
}

int
memcmp(const void *a, const void *b, size_t bytes)
{
	const u8 *p = a, *q = b;

	if ((((uintptr_t)p | (uintptr_t)q) & WORD_MASK) == 0) {
		while (bytes >= WORD_BYTES && *(const word_t *)p == *(const word_t *)q) {
			p += WORD_BYTES;
			q += WORD_BYTES;
			bytes -= WORD_BYTES;
		}
	}
	for (; bytes != 0; bytes--, p++, q++) {
		if (*p != *q)
			return *p - *q;
	}
	return 0;
}

void *
memchr(const void *s, int c, size_t bytes)
{
	for (const u8 *p = s; bytes != 0; bytes--, p++) {
		if (*p == (u8)c)
			return (void *)p;
	}
	return NULL;
}

void *
memchr_inv(const void *s, int c, size_t bytes)
{
	const u8 *p = s;

	for (; bytes != 0 && ((uintptr_t)p & WORD_MASK) != 0; bytes--, p++) {
		if (*p != (u8)c)
			return (void *)p;
	}
	while (bytes >= WORD_BYTES && *(const word_t *)p == (u8)c * BYTES_01) {
		p += WORD_BYTES;
		bytes -= WORD_BYTES;
	}
	for (; bytes != 0; bytes--, p++) {
		if (*p != (u8)c)
			return (void *)p;
	}
	return NULL;
}

size_t
strlen(const char *s)
{
	const char *p = s;

	while (*p)
		p++;
	return p - s;
}

size_t
strnlen(const char *s, size_t max)
{
	size_t n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

int
strcmp(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return (u8)*a - (u8)*b;
}

int
strncmp(const char *a, const char *b, size_t max)
{
	for (; max != 0; max--, a++, b++) {
		if (*a != *b || !*a)
			return (u8)*a - (u8)*b;
	}
	return 0;
}

char *
strchr(const char *s, int c)
{
	for (; *s != (char)c; s++) {
		if (!*s)
			return NULL;
	}
	return (char *)s;
}

char *
strrchr(const char *s, int c)
{
	const char *last = NULL;

	do {
		if (*s == (char)c)
			last = s;
	} while (*s++);
	return (char *)last;
}

char *
strstr(const char *s, const char *needle)
{
	size_t len = strlen(needle);

	for (;; s++) {
		if (strncmp(s, needle, len) == 0)
			return (char *)s;
		if (!*s)
			return NULL;
	}
}

size_t
strspn(const char *s, const char *accept)
{
	size_t n = 0;

	while (s[n] && strchr(accept, s[n]))
		n++;
	return n;
}

size_t
strcspn(const char *s, const char *reject)
{
	size_t n = 0;

	while (s[n] && !strchr(reject, s[n]))
		n++;
	return n;
}

bool
str_has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

ssize_t
strscpy(char *dst, const char *src, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		dst[i] = src[i];
		if (!src[i])
			return (ssize_t)i;
	}
	if (size != 0)
		dst[size - 1] = '\0';
	return -E2BIG;
}

size_t
strlcpy(char *dst, const char *src, size_t size)
{
	size_t len = strlen(src);

	if (size != 0) {
		size_t n = len < size ? len : size - 1;

		memcpy(dst, src, n);
		dst[n] = '\0';
	}
	return len;
}

size_t
strlcat(char *dst, const char *src, size_t size)
{
	size_t len = strnlen(dst, size);

	return len + strlcpy(dst + len, src, size - len);
}
