#pragma once

/*
 * Fault injection: requests that fail though nothing is wrong. By the boot argument blk_fail=, and
 * while the machine runs by a file of debugfs, with the same text:
 *
 *	DISK[/read|/write]:INTERVAL[:COUNT]
 *
 * DISK is a name or a serial. Every INTERVAL-th request to it, or every INTERVAL-th that reads or
 * writes, fails with -EIO, COUNT of them in all. INTERVAL 0 turns it off.
 */

#include "dev/block.h"

/* From now on all of nr_times fails, of requests in either direction. */
void block_fail_set(const char *disk, u64 interval, u64 nr_times);

/* The same from a text as above. => 0, -EINVAL */
int block_fail_configure(const char *text);

/* How many requests were failed since it was last set. */
u64 block_fail_count(void);

/* => true: fail this request */
bool block_fail_now(const struct block_device *bdev, enum bio_op op);

/* Read the boot argument. */
void block_fail_init(void);
