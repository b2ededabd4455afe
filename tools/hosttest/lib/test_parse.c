#include "hosttest.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/parse.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

HOSTTEST(parse_u64_like_strtoull)
{
	for (int i = 0; i < 200000; i++) {
		static const char digits[] = "0123456789abcdefABCDEFxX g";
		char text[32];
		size_t len = rnd_below(rnd_one_in(3) ? 26 : 6);
		unsigned base = (unsigned[]){0, 8, 10, 16}[rnd_below(4)];
		const char *end = NULL;
		char *want_end;
		u64 value = 0;

		for (size_t j = 0; j < len; j++)
			text[j] = digits[rnd_below(j == 1 ? 24 : rnd_one_in(6) ? 26 : 10)];
		text[len] = '\0';
		if (text[0] == ' ')
			continue;
		errno = 0;

		u64 want = strtoull(text, &want_end, (int)base);
		int err = parse_u64(text, &end, base, &value);

		if (want_end == text)
			CHECK_MSG(err == -EINVAL, "\"%s\" base %u", text, base);
		else if (errno == ERANGE)
			CHECK_MSG(err == -ERANGE, "\"%s\" base %u", text, base);
		else
			CHECK_MSG(err == 0 && value == want && end == want_end, "\"%s\" base %u",
				  text, base);
	}
}

HOSTTEST(kstrto)
{
	u64 u = 77;
	s64 s;

	CHECK_EQ(kstrtou64("123\n", 0, &u), 0);
	CHECK_EQ(u, 123);
	CHECK_EQ(kstrtou64("0x1F", 0, &u), 0);
	CHECK_EQ(u, 31);
	CHECK_EQ(kstrtou64("", 0, &u), -EINVAL);
	CHECK_EQ(kstrtou64("12 ", 0, &u), -EINVAL);
	CHECK_EQ(kstrtou64("-1", 0, &u), -EINVAL);
	CHECK_EQ(kstrtou64("99999999999999999999", 10, &u), -ERANGE);
	CHECK_EQ(kstrtou64("18446744073709551616", 10, &u), -ERANGE);
	CHECK_EQ(u, 31);
	CHECK_EQ(kstrtou64("18446744073709551615", 10, &u), 0);
	CHECK(u == UINT64_MAX);
	CHECK_EQ(kstrtos64("-9223372036854775808", 10, &s), 0);
	CHECK(s == INT64_MIN);
	CHECK_EQ(kstrtos64("-9223372036854775809", 10, &s), -ERANGE);
	CHECK_EQ(kstrtos64("9223372036854775808", 10, &s), -ERANGE);
	CHECK_EQ(kstrtos64("+7", 10, &s), 0);
	CHECK_EQ(s, 7);
	CHECK_EQ(kstrtos64("--7", 10, &s), -EINVAL);
}

HOSTTEST(memparse_suffixes)
{
	const char *end;
	u64 bytes = 0;

	CHECK_EQ(memparse("128M", &end, &bytes), 0);
	CHECK_EQ(bytes, 128UL << 20);
	CHECK_STR(end, "");
	CHECK_EQ(memparse("0x10k,rest", &end, &bytes), 0);
	CHECK_EQ(bytes, 16384);
	CHECK_STR(end, ",rest");
	CHECK_EQ(memparse("3g", NULL, &bytes), 0);
	CHECK_EQ(bytes, 3UL << 30);
	CHECK_EQ(memparse("1T", NULL, &bytes), 0);
	CHECK_EQ(bytes, 1UL << 40);
	CHECK_EQ(memparse("12b", &end, &bytes), 0);
	CHECK_EQ(bytes, 12);
	CHECK_STR(end, "b");
	CHECK_EQ(memparse("16777216T", &end, &bytes), -ERANGE);
	CHECK_EQ(memparse("K", &end, &bytes), -EINVAL);
}

static const char boot_args[] =
	" quiet  root=/dev/vda init=\"/bin/sh -c x\" \"two words=3 4\" mem=64M empty= mem=32M\t"
	"off=0 no=\"off\" yes=1 eq=a=b q=\"open end";

HOSTTEST(cmdline_get)
{
	char buf[32];

	CHECK_EQ(cmdline_get(boot_args, "root", buf, sizeof(buf)), 8);
	CHECK_STR(buf, "/dev/vda");
	CHECK_EQ(cmdline_get(boot_args, "init", buf, sizeof(buf)), 12);
	CHECK_STR(buf, "/bin/sh -c x");
	CHECK_EQ(cmdline_get(boot_args, "two words", buf, sizeof(buf)), 3);
	CHECK_STR(buf, "3 4");
	CHECK_EQ(cmdline_get(boot_args, "mem", buf, sizeof(buf)), 3);
	CHECK_STR(buf, "32M");
	CHECK_EQ(cmdline_get(boot_args, "empty", buf, sizeof(buf)), 0);
	CHECK_STR(buf, "");
	CHECK_EQ(cmdline_get(boot_args, "eq", buf, sizeof(buf)), 3);
	CHECK_STR(buf, "a=b");
	CHECK_EQ(cmdline_get(boot_args, "q", buf, sizeof(buf)), 8);
	CHECK_STR(buf, "open end");
	CHECK_EQ(cmdline_get(boot_args, "quiet", buf, sizeof(buf)), -EINVAL);
	CHECK_EQ(cmdline_get(boot_args, "roo", buf, sizeof(buf)), -ENOENT);
	CHECK_EQ(cmdline_get(boot_args, "/dev/vda", buf, sizeof(buf)), -ENOENT);
	CHECK_EQ(cmdline_get(boot_args, "root", buf, 5), -E2BIG);
	CHECK_STR(buf, "/dev");
	CHECK_EQ(cmdline_get(boot_args, "root", buf, 9), 8);
	CHECK_EQ(cmdline_get(boot_args, "root", buf, 0), -E2BIG);
}

HOSTTEST(cmdline_flags_and_numbers)
{
	u64 value = 0;

	CHECK(cmdline_flag(boot_args, "quiet") && cmdline_flag(boot_args, "yes"));
	CHECK(cmdline_flag(boot_args, "root") && cmdline_flag(boot_args, "empty"));
	CHECK(!cmdline_flag(boot_args, "off") && !cmdline_flag(boot_args, "no"));
	CHECK(!cmdline_flag(boot_args, "absent") && !cmdline_flag("", "x"));
	CHECK_EQ(cmdline_get_u64(boot_args, "mem", &value), 0);
	CHECK_EQ(value, 32 << 20);
	CHECK_EQ(cmdline_get_u64(boot_args, "root", &value), -EINVAL);
	CHECK_EQ(cmdline_get_u64(boot_args, "empty", &value), -EINVAL);
	CHECK_EQ(cmdline_get_u64(boot_args, "absent", &value), -ENOENT);
	CHECK_EQ(cmdline_get_u64("x=12monkeys", "x", &value), -EINVAL);
	CHECK_EQ(cmdline_get_u64("x=99999999999999999999", "x", &value), -ERANGE);
	CHECK_EQ(cmdline_get_u64("x=00000000000000000000000000000000000001", "x", &value), -EINVAL);
	CHECK_EQ(value, 32 << 20);
}

HOSTTEST(cmdline_words)
{
	static const char *const want[] = {"quiet",	    "root=/dev/vda", "init=/bin/sh -c x",
					   "two words=3 4", "mem=64M",	     "empty=",
					   "mem=32M",	    "off=0",	     "no=off",
					   "yes=1",	    "eq=a=b",	     "q=open end"};
	const char *pos = boot_args;
	struct cmdline_word word;
	size_t n = 0;

	while (cmdline_next(&pos, &word)) {
		char text[64];

		snprintf(text, sizeof(text), "%.*s%s%.*s", (int)word.key_len, word.key,
			 word.value ? "=" : "", (int)word.value_len, word.value ? word.value : "");
		CHECK(n < ARRAY_SIZE(want));
		CHECK_STR(text, want[n++]);
	}
	CHECK_EQ(n, ARRAY_SIZE(want));
}
