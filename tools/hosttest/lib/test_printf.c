#include "hosttest.h"
#include "lib/klib.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

int scnprintf(char *buf, size_t size, const char *fmt, ...);

/* The formats are made at run time, and libc is the judge. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat"

static void
random_spec(char *fmt, const char *lengths, const char *conversion)
{
	size_t n = 0;

	fmt[n++] = '[';
	fmt[n++] = '%';
	while (rnd_one_in(2))
		fmt[n++] = "-0+ #"[rnd_below(5)];
	if (rnd_one_in(2))
		n += (size_t)sprintf(fmt + n, "%u", (unsigned)rnd_below(30));
	if (rnd_one_in(2))
		n += (size_t)sprintf(fmt + n, rnd_one_in(4) ? "." : ".%u", (unsigned)rnd_below(30));
	for (; *lengths; lengths++)
		fmt[n++] = *lengths;
	fmt[n++] = conversion[rnd_below(strlen(conversion))];
	fmt[n++] = ']';
	fmt[n] = '\0';
	CHECK(n < 40);
}

static void
compare(const char *fmt, const char *want, int want_len, const char *got, int got_len)
{
	CHECK_MSG(strcmp(want, got) == 0, "format %s gives \"%s\", not \"%s\"", fmt, got, want);
	CHECK_MSG(want_len == got_len, "format %s returns %d, not %d", fmt, got_len, want_len);
}

static u64
interesting(void)
{
	switch (rnd_below(6)) {
	case 0:
		return 0;
	case 1:
		return BIT(rnd_below(64)) - rnd_below(2);
	case 2:
		return -rnd_below(300);
	default:
		return rnd_scaled();
	}
}

HOSTTEST(printf_integers_like_libc)
{
	static const char *const lengths[] = {"", "h", "hh", "l", "ll", "z", "t", "j"};

	for (int i = 0; i < 300000; i++) {
		const char *length = lengths[rnd_below(ARRAY_SIZE(lengths))];
		u64 value = interesting();
		char fmt[64], want[256], got[256];
		int want_len, got_len;

		random_spec(fmt, length, "diuxXo");
		if (*length == '\0' || *length == 'h') {
			want_len = snprintf(want, sizeof(want), fmt, (int)value);
			got_len = k_snprintf(got, sizeof(got), fmt, (int)value);
		} else {
			want_len = snprintf(want, sizeof(want), fmt, value);
			got_len = k_snprintf(got, sizeof(got), fmt, value);
		}
		compare(fmt, want, want_len, got, got_len);
	}
}

HOSTTEST(printf_text_like_libc)
{
	for (int i = 0; i < 50000; i++) {
		char fmt[64], want[256], got[256];
		int want_len, got_len;

		random_spec(fmt, "", "s");
		want_len = snprintf(want, sizeof(want), fmt, "some text");
		got_len = k_snprintf(got, sizeof(got), fmt, "some text");
		compare(fmt, want, want_len, got, got_len);
		random_spec(fmt, "", "c");
		want_len = snprintf(want, sizeof(want), fmt, 'x');
		got_len = k_snprintf(got, sizeof(got), fmt, 'x');
		compare(fmt, want, want_len, got, got_len);
	}
}

HOSTTEST(printf_star)
{
	for (int i = 0; i < 50000; i++) {
		int width = (int)rnd_below(60) - 30, precision = (int)rnd_below(60) - 30;
		char want[256], got[256];
		int want_len = snprintf(want, sizeof(want), "%*.*d|%-*s|%.*s", width, precision, i,
					width, "abc", precision, "a long text");
		int got_len = k_snprintf(got, sizeof(got), "%*.*d|%-*s|%.*s", width, precision, i,
					 width, "abc", precision, "a long text");

		compare("with stars", want, want_len, got, got_len);
	}
}

/* A precision bounds what is read: the string need not be terminated. */
HOSTTEST(printf_precision_bounds_read)
{
	char *unterminated = guarded_alloc(5, true);
	char got[32];

	memcpy(unterminated, "12345", 5);
	CHECK_EQ(k_snprintf(got, sizeof(got), "%.5s", unterminated), 5);
	CHECK_STR(got, "12345");
}

HOSTTEST(printf_own_rules)
{
	char buf[128];

	k_snprintf(buf, sizeof(buf), "%p", (void *)0x80200000);
	CHECK_STR(buf, "0x0000000080200000");
	k_snprintf(buf, sizeof(buf), "%p", NULL);
	CHECK_STR(buf, "0x0000000000000000");
	const char *volatile none = NULL;

	k_snprintf(buf, sizeof(buf), "%s", none);
	CHECK_STR(buf, "(null)");
	k_snprintf(buf, sizeof(buf), "100%% %q %");
	CHECK_STR(buf, "100% %q %");
	k_snprintf(buf, sizeof(buf), "%08lx:%5d:%-5d:%+d", 0xbeefUL, 42, 42, 42);
	CHECK_STR(buf, "0000beef:   42:42   :+42");
}

HOSTTEST(printf_sizes)
{
	char buf[16];

	for (size_t size = 0; size <= sizeof(buf); size++) {
		char want[16], got[16];

		memset(want, 'x', sizeof(want));
		memset(got, 'x', sizeof(got));
		CHECK_EQ(k_snprintf(got, size, "%s %d", "text", 1234),
			 snprintf(want, size, "%s %d", "text", 1234));
		CHECK(memcmp(want, got, sizeof(got)) == 0);
		memset(got, 'x', sizeof(got));
		CHECK_EQ(scnprintf(got, size, "%s %d", "text", 1234),
			 size == 0 ? 0 : MIN(size - 1, (size_t)9));
		CHECK(memcmp(want, got, sizeof(got)) == 0);
	}
	CHECK_EQ(k_snprintf(NULL, 0, "%d", 12345), 5);
}
