/* Each four bytes are one operation on an address space; all areas are compared with an array after it. */
#include "vma/env.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	env_reset();
	for (size_t i = 0; i + 4 <= bytes; i += 4)
		env_step(data[i], data[i + 1], data[i + 2], data[i + 3]);
	env_destroy();
	return 0;
}
