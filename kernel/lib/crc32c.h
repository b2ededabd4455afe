/* CRC-32C (Castagnoli, reflected polynomial 0x82f63b78), the checksum of the file system and its log. */
#pragma once

#include "lib/compiler.h"

/*
 * The checksum of a piece of data, continued from `crc`: 0 for the first piece. So
 * crc32c(crc32c(0, a), b) is the checksum of a followed by b. "123456789" gives 0xe3069283.
 */
u32 crc32c(u32 crc, const void *data, size_t bytes);
