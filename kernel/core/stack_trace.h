#pragma once

/* A call chain that is kept, to be told later or somewhere else than in a panic. */

#include "core/printk.h"
#include "lib/types.h"

#define STACK_TRACE_MAX 12

struct stack_trace {
	u32 nr;
	u64 addresses[STACK_TRACE_MAX]; /* return addresses, innermost first */
};

/* The caller's chain, without its first `skip` return addresses. Any context. */
void stack_trace_save(struct stack_trace *trace, u32 skip);

/* One line for each address, at this level. Any context. */
void stack_trace_print(enum log_level level, const struct stack_trace *trace);

/* " name+0x12" of a return address, or the number, into buf[size], terminated. */
void stack_trace_name(char *buf, size_t size, u64 return_address);
