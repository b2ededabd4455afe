#include "core/machine.h"

#include "core/printk.h"
#include "lib/cmdline.h"
#include "lib/errno.h"

struct machine machine;

int
bootarg_get(const char *key, char *buf, size_t size)
{
	ssize_t len = cmdline_get(machine.bootargs, key, buf, size);

	return len < 0 ? -1 : (int)len;
}

bool
bootarg_flag(const char *key)
{
	return cmdline_flag(machine.bootargs, key);
}

u64
bootarg_u64(const char *key, u64 fallback)
{
	char text[24] = "";
	u64 value;
	int error = cmdline_get_u64(machine.bootargs, key, &value);

	if (!error)
		return value;
	if (error != -ENOENT) {
		bootarg_get(key, text, sizeof(text));
		pr_warn("%s=%s: not a number of 64 bits, ignored", key, text);
	}
	return fallback;
}
