#pragma once

/* Block devices in memory. A request is served at once, by copying. */

#include "dev/block.h"

/* The initrd, if there is one, becomes "ram0". Once, at boot. */
void ramdisk_init(void);

/* A zero-filled disk of whole pages, named "ram<n>". => ERR_PTR(-errno), NULL for no memory */
struct block_device *ramdisk_create(u64 bytes);
/* => nobody uses it */
void ramdisk_destroy(struct block_device *bdev);
