/* mkfs and fsck, as functions. */
#pragma once

#include "lib/types.h"

/* A fresh image (malloc'ed) of an empty file system. */
u8 *simfs_mkfs(u32 nr_blocks, u32 nr_inodes);

/* fsck of an image, which is not changed. => problems; prints them if sim_verbose */
u32 image_check(const u8 *image, u32 nr_blocks);
