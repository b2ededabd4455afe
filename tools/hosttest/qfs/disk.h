/*
 * A disk that remembers what it was told, in order, and can be cut off at any point: an image of what
 * may be on it then has all writes up to the last FLUSH, and of those after it any, in part.
 */
#pragma once

#include "dev/block.h"

struct disk {
	struct block_device bdev;
	u8 *data; /* as a reader sees it */
	u32 nr_blocks;
	struct disk_event *events;
	u32 nr_events, room;
	u8 *start;	   /* the image before the first event */
	u32 nr_bad_blocks; /* I/O errors: of reads and writes of these */
	u32 bad_block[8];
	u64 fail_writes_after;		  /* countdown; 0: never */
	u32 bad_write_from, bad_write_to; /* blocks whose writes fail */
};

struct disk_event {
	u32 block; /* of a write */
	bool flush;
	u8 *data;
};

/* A disk with this image, which is copied. */
void disk_init(struct disk *disk, const u8 *image, u32 nr_blocks);
void disk_free(struct disk *disk);

/* Forget the events so far: the contents now are the start. */
void disk_forget_events(struct disk *disk);

/*
 * An image (malloc'ed) of the disk cut off after `nr_events` events: the writes since the last flush
 * are applied or not at random, sectors of one block independently.
 */
u8 *disk_crash_image(const struct disk *disk, u32 nr_events);

/* Let submitted requests end, in random order. => false when there were none */
bool disk_complete_some(void);
