/*
 * Texts: the first byte chooses a printf format taken from the input, compared with libc, or boot
 * arguments and numbers, checked for consistency.
 */
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/klib.h"
#include "lib/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC diagnostic ignored "-Wformat-nonliteral"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void
expect(bool cond)
{
	if (!cond)
		abort();
}

/* A conversion: its parts are chosen by the bytes of the text. */
static void
fuzz_format(const char *text, u64 value)
{
	static const char flags[] = "-0+ #", conversions[] = "diuxXo";
	const u8 *choice = (const u8 *)text;
	char fmt[64] = "%", want[512], got[512];
	size_t n = 1, size;

	if (strlen(text) < 5)
		return;
	for (unsigned i = 0; i < 5; i++) {
		if (choice[0] >> i & 1)
			fmt[n++] = flags[i];
	}
	n += (size_t)sprintf(fmt + n, "%u", choice[1] % 100);
	if (choice[2] & 1)
		n += (size_t)sprintf(fmt + n, ".%u", choice[2] % 100);
	fmt[n++] = 'l';
	fmt[n++] = conversions[choice[3] % 6];
	fmt[n] = '\0';
	size = 2 * choice[4];

	int want_len = snprintf(want, size, fmt, value);
	int got_len = k_snprintf(got, size, fmt, value);

	expect(want_len == got_len);
	expect(size == 0 || strcmp(want, got) == 0);
}

/* Formats without a known conversion take no arguments: they must come out whole. */
static void
fuzz_unknown_format(char *text)
{
	char out[8192];

	for (char *p = text; *p; p++) {
		if (strchr("diuxXocspn*", *p))
			*p = 'q';
	}
	k_snprintf(out, sizeof(out), text, NULL);
}

static void
fuzz_cmdline(const char *text)
{
	const char *pos = text, *end = text + strlen(text);
	struct cmdline_word word, found;
	char key[256], buf[16];

	while (cmdline_next(&pos, &word)) {
		expect(pos <= end && word.key >= text && word.key + word.key_len <= end);
		expect(!word.value || (word.value >= text && word.value + word.value_len <= end));
		if (word.key_len >= sizeof(key))
			continue;
		memcpy(key, word.key, word.key_len);
		key[word.key_len] = '\0';
		expect(cmdline_find(text, key, &found));
		expect(found.key >= word.key && found.key_len == word.key_len);

		ssize_t len = cmdline_get(text, key, buf, sizeof(buf));

		expect(found.value ? len == -E2BIG || len == (ssize_t)found.value_len
				   : len == -EINVAL);
		cmdline_flag(text, key);
	}
}

static void
fuzz_number(const char *text)
{
	char *want_end;
	const char *end;
	u64 value, again;

	if (strchr("+- \t\n\v\f\r", text[0]))
		return;

	u64 want = strtoull(text, &want_end, 0);
	int err = parse_u64(text, &end, 0, &value);

	if (err == 0)
		expect(value == want && end == want_end);
	else
		expect(err == -ERANGE || want_end == text);
	if (memparse(text, &end, &again) == 0)
		expect(again >= value && again % MAX(value, 1UL) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char text[1024];
	u64 value = 0;

	if (bytes < 9 || bytes > sizeof(text))
		return 0;
	memcpy(&value, data + 1, sizeof(value));
	memcpy(text, data + 9, bytes - 9);
	text[bytes - 9] = '\0';
	switch (data[0] % 4) {
	case 0:
		fuzz_format(text, value);
		break;
	case 1:
		fuzz_unknown_format(text);
		break;
	case 2:
		fuzz_cmdline(text);
		break;
	case 3:
		fuzz_number(text);
		break;
	}
	return 0;
}
