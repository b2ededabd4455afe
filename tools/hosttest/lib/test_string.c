#include "hosttest.h"
#include "lib/klib.h"
#include "lib/string.h"
#include "lib/errno.h"

#include <string.h>

#define MAX_BYTES  200
#define ALIGNMENTS 16
#define MARGIN	   16

static void
fill_random(u8 *p, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (u8)rnd();
}

HOSTTEST(memcpy_all_alignments)
{
	u8 src[MAX_BYTES + ALIGNMENTS], dst[MAX_BYTES + ALIGNMENTS + 2 * MARGIN], want[sizeof(dst)];

	fill_random(src, sizeof(src));
	for (size_t bytes = 0; bytes <= MAX_BYTES; bytes++) {
		for (size_t s = 0; s < ALIGNMENTS; s++) {
			for (size_t d = 0; d < ALIGNMENTS; d++) {
				memset(dst, 0x5a, sizeof(dst));
				memset(want, 0x5a, sizeof(want));
				memcpy(want + MARGIN + d, src + s, bytes);
				CHECK(k_memcpy(dst + MARGIN + d, src + s, bytes) ==
				      dst + MARGIN + d);
				CHECK_MSG(memcmp(dst, want, sizeof(dst)) == 0,
					  "%zu bytes from %zu to %zu", bytes, s, d);
			}
		}
	}
}

HOSTTEST(memcpy_large)
{
	static u8 src[70000], dst[sizeof(src)], want[sizeof(src)];

	fill_random(src, sizeof(src));
	for (int i = 0; i < 300; i++) {
		size_t s = rnd_below(64), d = rnd_below(64);
		size_t bytes = rnd_below(sizeof(src) - 64);

		memset(dst, i, sizeof(dst));
		memset(want, i, sizeof(want));
		memcpy(want + d, src + s, bytes);
		k_memcpy(dst + d, src + s, bytes);
		CHECK(memcmp(dst, want, sizeof(dst)) == 0);
	}
}

/* A copy may touch nothing beyond the aligned words that hold its bytes: the next page is not there. */
HOSTTEST(memcpy_stays_in_page)
{
	for (size_t bytes = 0; bytes <= MAX_BYTES; bytes++) {
		u8 *src_end = guarded_alloc(MAX_BYTES, true),
		   *src = guarded_alloc(MAX_BYTES, false);
		u8 *dst_end = guarded_alloc(MAX_BYTES, true),
		   *dst = guarded_alloc(MAX_BYTES, false);

		fill_random(src, MAX_BYTES);
		fill_random(src_end, MAX_BYTES);
		k_memcpy(dst_end + MAX_BYTES - bytes, src, bytes);
		CHECK(memcmp(dst_end + MAX_BYTES - bytes, src, bytes) == 0);
		k_memcpy(dst, src_end + MAX_BYTES - bytes, bytes);
		CHECK(memcmp(dst, src_end + MAX_BYTES - bytes, bytes) == 0);
		k_memcpy(dst_end + MAX_BYTES - bytes, src_end + MAX_BYTES - bytes, bytes);
		for (size_t odd = 1; odd < 8; odd++)
			k_memcpy(dst + odd, src_end + MAX_BYTES - bytes, bytes);
		k_memmove(dst, src_end + MAX_BYTES - bytes, bytes);
		k_memset(dst_end + MAX_BYTES - bytes, 7, bytes);
		CHECK_EQ(k_memcmp(src_end + MAX_BYTES - bytes, src_end + MAX_BYTES - bytes, bytes),
			 0);
		CHECK(!memchr_inv(dst_end + MAX_BYTES - bytes, 7, bytes));
	}
}

HOSTTEST(memmove_overlapping)
{
	u8 buf[400], want[sizeof(buf)];

	for (size_t bytes = 0; bytes <= MAX_BYTES; bytes++) {
		for (size_t s = 80; s < 88; s++) {
			for (size_t d = 0; d < 180; d += 1 + rnd_below(3)) {
				fill_random(buf, sizeof(buf));
				memcpy(want, buf, sizeof(buf));
				memmove(want + d, want + s, bytes);
				CHECK(k_memmove(buf + d, buf + s, bytes) == buf + d);
				CHECK_MSG(memcmp(buf, want, sizeof(buf)) == 0,
					  "%zu bytes from %zu to %zu", bytes, s, d);
			}
		}
	}
}

HOSTTEST(memset_all_alignments)
{
	u8 dst[MAX_BYTES + ALIGNMENTS + 2 * MARGIN], want[sizeof(dst)];

	for (size_t bytes = 0; bytes <= MAX_BYTES; bytes++) {
		for (size_t d = 0; d < ALIGNMENTS; d++) {
			int c = (int)rnd();

			memset(dst, 0x5a, sizeof(dst));
			memset(want, 0x5a, sizeof(want));
			memset(want + MARGIN + d, c, bytes);
			CHECK(k_memset(dst + MARGIN + d, c, bytes) == dst + MARGIN + d);
			CHECK_MSG(memcmp(dst, want, sizeof(dst)) == 0, "%zu bytes at %zu", bytes,
				  d);
		}
	}
}

HOSTTEST(page_copy_and_zero)
{
	u8 *src = guarded_alloc(4096, false), *dst = guarded_alloc(4096, false);

	fill_random(src, 4096);
	fill_random(dst, 4096);
	page_copy(dst, src);
	CHECK(memcmp(dst, src, 4096) == 0);
	page_copy(dst, dst);
	CHECK(memcmp(dst, src, 4096) == 0);
	page_zero(dst);
	CHECK(!memchr_inv(dst, 0, 4096));
}

static int
sign(int x)
{
	return (x > 0) - (x < 0);
}

HOSTTEST(memcmp_like_libc)
{
	u8 a[MAX_BYTES + 8], b[MAX_BYTES + 8];

	fill_random(a, sizeof(a));
	for (size_t bytes = 0; bytes <= MAX_BYTES; bytes++) {
		for (size_t off = 0; off < 8; off++) {
			memcpy(b + off, a + (off & 4), bytes);
			CHECK_EQ(k_memcmp(a + (off & 4), b + off, bytes), 0);
			for (int i = 0; i < 3 && bytes != 0; i++) {
				b[off + rnd_below(bytes)] = (u8)rnd();
				CHECK_EQ(sign(k_memcmp(a + (off & 4), b + off, bytes)),
					 sign(memcmp(a + (off & 4), b + off, bytes)));
			}
		}
	}
}

HOSTTEST(memchr_and_inverse)
{
	u8 a[MAX_BYTES + 8];

	for (size_t bytes = 0; bytes <= MAX_BYTES; bytes++) {
		for (size_t off = 0; off < 8; off++) {
			memset(a, 0x11, sizeof(a));
			CHECK(!k_memchr(a + off, 0x22, bytes));
			CHECK(!memchr_inv(a + off, 0x11, bytes));
			a[off + bytes] = 0x22;
			CHECK(!k_memchr(a + off, 0x22, bytes));
			CHECK(!memchr_inv(a + off, 0x11, bytes));
			if (bytes == 0)
				continue;

			size_t at = off + rnd_below(bytes);

			a[at] = 0x22;
			CHECK(k_memchr(a + off, 0x122, bytes) == a + at);
			CHECK(memchr_inv(a + off, 0x11, bytes) == a + at);
		}
	}
}

/* A short string of few different characters, so that things are found. */
static void
random_text(char *s, size_t max)
{
	size_t len = rnd_below(max);

	for (size_t i = 0; i < len; i++)
		s[i] = (char)("ab\xff"
			      "c"[rnd_below(4)]);
	s[len] = '\0';
}

HOSTTEST(str_functions_like_libc)
{
	char a[20], b[20];

	for (int i = 0; i < 200000; i++) {
		size_t n = rnd_below(24);
		int c = "abc\xffz"[rnd_below(6)];

		random_text(a, sizeof(a));
		random_text(b, rnd_one_in(2) ? 4 : sizeof(b));
		CHECK_EQ(k_strlen(a), strlen(a));
		CHECK_EQ(k_strnlen(a, n), strnlen(a, n));
		CHECK_EQ(sign(k_strcmp(a, b)), sign(strcmp(a, b)));
		CHECK_EQ(sign(k_strncmp(a, b, n)), sign(strncmp(a, b, n)));
		CHECK(k_strchr(a, c) == strchr(a, c));
		CHECK(k_strrchr(a, c) == strrchr(a, c));
		CHECK(k_strstr(a, b) == strstr(a, b));
		CHECK_EQ(k_strspn(a, b), strspn(a, b));
		CHECK_EQ(k_strcspn(a, b), strcspn(a, b));
		CHECK(str_has_prefix(a, b) == (strncmp(a, b, strlen(b)) == 0));
	}
}

HOSTTEST(strscpy_cuts)
{
	char buf[8] = "xxxxxxx";

	CHECK_EQ(strscpy(buf, "hello", sizeof(buf)), 5);
	CHECK_STR(buf, "hello");
	CHECK_EQ(strscpy(buf, "1234567", sizeof(buf)), 7);
	CHECK_STR(buf, "1234567");
	CHECK_EQ(strscpy(buf, "12345678", sizeof(buf)), -E2BIG);
	CHECK_STR(buf, "1234567");
	CHECK_EQ(strscpy(buf, "abc", 1), -E2BIG);
	CHECK_STR(buf, "");
	buf[0] = '#';
	CHECK_EQ(strscpy(buf, "", 0), -E2BIG);
	CHECK_EQ(buf[0], '#');
}

HOSTTEST(strlcpy_and_strlcat)
{
	char buf[8];

	CHECK_EQ(k_strlcpy(buf, "hello", sizeof(buf)), 5);
	CHECK_EQ(k_strlcat(buf, "ab", sizeof(buf)), 7);
	CHECK_STR(buf, "helloab");
	CHECK_EQ(k_strlcat(buf, "cd", sizeof(buf)), 9);
	CHECK_STR(buf, "helloab");
	CHECK_EQ(k_strlcpy(buf, "123456789", sizeof(buf)), 9);
	CHECK_STR(buf, "1234567");
	CHECK_EQ(k_strlcpy(buf, "abc", 0), 3);
	CHECK_STR(buf, "1234567");
	memset(buf, 'x', sizeof(buf));
	CHECK_EQ(k_strlcat(buf, "abc", sizeof(buf)), sizeof(buf) + 3);
}
