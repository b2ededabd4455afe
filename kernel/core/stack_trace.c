#include "core/stack_trace.h"

#include "core/ksyms.h"
#include "core/panic.h"
#include "lib/printf.h"

#define SKIP_MAX  6
#define NAME_SIZE 96

void
stack_trace_save(struct stack_trace *trace, u32 skip)
{
	u64 addresses[STACK_TRACE_MAX + SKIP_MAX];
	u32 nr = backtrace_save(addresses, ARRAY_SIZE(addresses));

	/* The first address lies in this function. */
	skip = MIN(skip, (u32)SKIP_MAX - 1) + 1;
	trace->nr = 0;
	for (u32 i = skip; i < nr && trace->nr < STACK_TRACE_MAX; i++)
		trace->addresses[trace->nr++] = addresses[i];
}

void
stack_trace_name(char *buf, size_t size, u64 return_address)
{
	u64 offset;
	const char *name = ksyms_lookup(return_address - 1, &offset);

	if (name)
		snprintf(buf, size, "[%016lx] %s+%#lx", return_address, name, offset + 1);
	else
		snprintf(buf, size, "[%016lx]", return_address);
}

void
stack_trace_print(enum log_level level, const struct stack_trace *trace)
{
	char name[NAME_SIZE];

	for (u32 i = 0; i < trace->nr; i++) {
		stack_trace_name(name, sizeof(name), trace->addresses[i]);
		printk(level, "  %s", name);
	}
}
