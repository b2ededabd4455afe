/* What the kernel writes into a tracer's pipe: kernel/proc/trace.h is the other side. */
#pragma once

#include <stdint.h>

enum record_kind { RECORD_CALL = 1, RECORD_NO_RETURN, RECORD_SIGNAL, RECORD_END };

#define RECORD_MAX 4096

struct record {
	uint32_t bytes, kind;
	int32_t pid, tid;
	uint64_t number, args[6];
	int64_t result;
	uint64_t start_ns, end_ns;
	uint32_t nr_lost, chunk_bytes;
	unsigned char chunks[];
};

/* Did the call fail? */
int record_is_failed(const struct record *record);

/*
 * The bytes behind an argument before or after the call. NULL, and 0, when there are none; a call
 * that failed has written none.
 */
const void *record_chunk(const struct record *record, unsigned arg, int after, unsigned *bytes);
