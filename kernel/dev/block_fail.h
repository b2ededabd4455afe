#pragma once

/*
 * Fault injection: requests that fail though nothing is wrong. Also by the boot argument
 * blk_fail=DISK:INTERVAL[:COUNT], DISK a name or a serial.
 */

#include "dev/block.h"

/*
 * Every interval-th request to the disk fails with -EIO, nr_times in all. An interval of 0 turns
 * it off.
 */
void block_fail_set(const char *disk, u64 interval, u64 nr_times);

/* => true: fail this request */
bool block_fail_now(const struct block_device *bdev);

/* Read the boot argument. */
void block_fail_init(void);
