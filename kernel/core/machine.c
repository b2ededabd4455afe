#include "core/machine.h"

#include "core/printk.h"
#include "lib/cmdline.h"
#include "lib/errno.h"
#include "lib/string.h"

#define NR_KEYS_MAX 64

struct machine machine;

/* What somebody asked for: there are no other boot arguments. The thread that boots alone asks. */
static const char *keys[NR_KEYS_MAX];
static u32 nr_keys;

static bool
is_key(const char *text, size_t len)
{
	for (u32 i = 0; i < nr_keys; i++)
		if (strlen(keys[i]) == len && memcmp(keys[i], text, len) == 0)
			return true;
	return false;
}

static void
key_asked(const char *key)
{
	if (!is_key(key, strlen(key)) && nr_keys < NR_KEYS_MAX)
		keys[nr_keys++] = key;
}

int
bootarg_get(const char *key, char *buf, size_t size)
{
	ssize_t len = cmdline_get(machine.bootargs, key, buf, size);

	key_asked(key);
	return len < 0 ? -1 : (int)len;
}

bool
bootarg_flag(const char *key)
{
	key_asked(key);
	return cmdline_flag(machine.bootargs, key);
}

u64
bootarg_u64(const char *key, u64 fallback)
{
	char text[24] = "";
	u64 value;
	int error = cmdline_get_u64(machine.bootargs, key, &value);

	key_asked(key);
	if (!error)
		return value;
	if (error != -ENOENT) {
		bootarg_get(key, text, sizeof(text));
		pr_warn("%s=%s: not a number that fits (such as 7 or 64M), ignored", key, text);
	}
	return fallback;
}

void
bootargs_tell_unknown(void)
{
	const char *pos = machine.bootargs;
	struct cmdline_word word;

	while (cmdline_next(&pos, &word)) {
		if (word.key_len >= 5 && memcmp(word.key, "init.", 5) == 0)
			continue;
		if (!is_key(word.key, word.key_len))
			pr_warn("unknown boot argument: %.*s", (int)word.key_len, word.key);
	}
}
