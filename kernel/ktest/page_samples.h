#pragma once

/* Pages of the kinds that programs have, for tests of the compressor in the kernel and on the host. */

#include "lib/types.h"

enum page_sample {
	SAMPLE_TEXT,	 /* English words */
	SAMPLE_POINTERS, /* small structures that point to each other */
	SAMPLE_SPARSE,	 /* zeros, and a number here and there */
	SAMPLE_RANDOM,
	NR_PAGE_SAMPLES,
};

extern const char *const page_sample_names[NR_PAGE_SAMPLES];

/* The contents of a page, aligned to 8, of that kind; another page for each seed. */
void page_sample_fill(void *page, enum page_sample kind, u64 seed);
