/* Two bytes are one operation on the lists of reclaim; after each they are compared with arrays. */
#include "lru/env.h"

#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	lists_create();
	for (size_t i = 0; i + 1 < bytes; i += 2)
		lists_step(data[i], data[i + 1]);
	lists_destroy();
	return 0;
}
