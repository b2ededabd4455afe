#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/parse.h"
#include "lib/string.h"

/* Longer than any number with a prefix and a suffix. */
#define NUMBER_MAX 32

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of the word that begins at s: white space outside quotes, or the end of the text. */
static const char *
word_end(const char *s)
{
	bool quoted = false;

	for (; *s && (quoted || !is_space(*s)); s++) {
		if (*s == '"')
			quoted = !quoted;
	}
	return s;
}

/* Takes one pair of quotes (or an unfinished one) off the stretch first..end. */
static void
strip_quotes(const char **first, const char **end)
{
	if (*first < *end && **first == '"') {
		++*first;
		if (*first < *end && (*end)[-1] == '"')
			--*end;
	}
}

bool
cmdline_next(const char **pos, struct cmdline_word *word)
{
	const char *first = *pos;

	while (is_space(*first))
		first++;
	if (!*first)
		return false;

	const char *end = word_end(first);

	*pos = end;
	strip_quotes(&first, &end);

	const char *equals = memchr(first, '=', end - first);

	*word = (struct cmdline_word){.key = first, .key_len = (equals ? equals : end) - first};
	if (equals) {
		const char *value = equals + 1;

		strip_quotes(&value, &end);
		word->value = value;
		word->value_len = end - value;
	}
	return true;
}

bool
cmdline_find(const char *text, const char *key, struct cmdline_word *word)
{
	size_t len = strlen(key);
	struct cmdline_word next;
	bool found = false;

	while (cmdline_next(&text, &next)) {
		if (next.key_len == len && memcmp(next.key, key, len) == 0) {
			*word = next;
			found = true;
		}
	}
	return found;
}

bool
cmdline_flag(const char *text, const char *key)
{
	static const char *const negative[] = {"0", "n", "no", "off", "false"};
	struct cmdline_word word;

	if (!cmdline_find(text, key, &word))
		return false;
	for (size_t i = 0; word.value && i < ARRAY_SIZE(negative); i++) {
		if (strlen(negative[i]) == word.value_len &&
		    memcmp(negative[i], word.value, word.value_len) == 0)
			return false;
	}
	return true;
}

ssize_t
cmdline_get(const char *text, const char *key, char *buf, size_t size)
{
	struct cmdline_word word;

	if (!cmdline_find(text, key, &word))
		return -ENOENT;
	if (!word.value)
		return -EINVAL;
	if (size == 0)
		return -E2BIG;

	size_t len = MIN(word.value_len, size - 1);

	memcpy(buf, word.value, len);
	buf[len] = '\0';
	return len == word.value_len ? (ssize_t)len : -E2BIG;
}

int
cmdline_get_u64(const char *text, const char *key, u64 *value)
{
	char buf[NUMBER_MAX];
	ssize_t len = cmdline_get(text, key, buf, sizeof(buf));
	const char *end;
	u64 number;

	if (len < 0)
		return len == -E2BIG ? -EINVAL : (int)len;

	int err = memparse(buf, &end, &number);

	if (err)
		return err;
	if (*end)
		return -EINVAL;
	*value = number;
	return 0;
}
