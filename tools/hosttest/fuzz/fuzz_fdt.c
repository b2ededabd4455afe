/*
 * Any bytes as a device tree: opened or refused, never a wild access. The magic number and the version
 * are put right and the total size made to fit, or most inputs would end there.
 */
#include "lib/fdt_walk.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 40

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const u8 magic[] = {0xd0, 0x0d, 0xfe, 0xed}, versions[] = {0, 0, 0, 17, 0, 0, 0, 16};
	struct fdt fdt;

	if (bytes < HEADER_BYTES || bytes > 1 << 20)
		return 0;

	u8 *blob = malloc(bytes);
	const u8 size[] = {0, bytes >> 16, bytes >> 8, bytes};

	memcpy(blob, data, bytes);
	memcpy(blob, magic, sizeof(magic));
	memcpy(blob + 4, size, sizeof(size));
	memcpy(blob + 20, versions, sizeof(versions));
	if (fdt_open(&fdt, blob, bytes) == 0)
		fdt_walk_all(&fdt);
	free(blob);
	return 0;
}
