#include "mem/slab_env.h"

#include <string.h>

#include "core/cpu.h"
#include "core/ksyms.h"
#include "core/machine.h"
#include "core/panic.h"
#include "mem/env.h"
#include "mem/kmemleak.h"
#include "mem/slab.h"

const char *env_slab_debug;

int
bootarg_get(const char *key, char *buf, size_t size)
{
	if (strcmp(key, "slab_debug") != 0 || !env_slab_debug || strlen(env_slab_debug) >= size)
		return -1;
	strcpy(buf, env_slab_debug);
	return (int)strlen(buf);
}

bool
bootarg_flag(const char *key)
{
	(void)key;
	return false;
}

/* It looks for pointers in memory that a host does not have. */
void
kmemleak_init(void)
{
}

/* The kernel's own has another name here (lib/rename.h), and not every C library has one. */
size_t k_strlcpy(char *dst, const char *src, size_t size);
size_t strlcpy(char *dst, const char *src, size_t size);

size_t
strlcpy(char *dst, const char *src, size_t size)
{
	return k_strlcpy(dst, src, size);
}

unsigned
backtrace_save(u64 *addresses, unsigned max)
{
	for (unsigned i = 0; i < max; i++)
		addresses[i] = 0x1000 + i;
	return max;
}

const char *
ksyms_lookup(u64 address, u64 *offset)
{
	(void)address;
	*offset = 0;
	return "function";
}

static void
take_ipi(void)
{
	host_irq_enabled = false;
	slab_ipi();
	host_irq_enabled = true;
}

void
slab_env_init(void)
{
	env_ipi_handler = take_ipi;
}
