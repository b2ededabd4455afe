/*
 * The first byte chooses policy and frames, the others are a reference string. FIFO and CLOCK must
 * fault where the textbook's do; each policy keeps its own promises (lru/memory.c).
 */
#include "hosttest.h"
#include "lru/env.h"
#include "vm/reclaim_policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const struct reclaim_policy *const all[] = {&policy_fifo, &policy_clock, &policy_age,
							   &policy_lru};
	struct textbook book = {0};
	unsigned which;

	if (bytes == 0)
		return 0;
	which = data[0] % 4;
	book.nr_frames = 1 + data[0] / 4 % MEMORY_FRAMES_MAX;
	book.clock = which == 1;
	memory_create(all[which], book.nr_frames);
	for (size_t i = 1; i < bytes; i++) {
		unsigned page = data[i] % MEMORY_PAGES;
		bool fault = memory_use(page), expected = textbook_use(&book, page);

		CHECK(which > 1 || fault == expected);
	}
	memory_destroy();
	return 0;
}
