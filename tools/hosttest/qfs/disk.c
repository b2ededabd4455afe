#include "disk.h"

#include <stdlib.h>
#include <string.h>

#include "hosttest.h"
#include "lib/errno.h"
#include "mem/slab.h"

#define BLOCK_BYTES	  4096u
#define SECTORS_PER_BLOCK 8u

/* Submitted and not ended. */
static struct bio *queue[4096];
static u32 nr_queued;

static struct disk *
disk_of(struct block_device *bdev)
{
	return container_of(bdev, struct disk, bdev);
}

void
disk_init(struct disk *disk, const u8 *image, u32 nr_blocks)
{
	size_t bytes = (size_t)nr_blocks * BLOCK_BYTES;

	memset(disk, 0, sizeof(*disk));
	disk->nr_blocks = nr_blocks;
	disk->data = malloc(bytes);
	disk->start = malloc(bytes);
	memcpy(disk->data, image, bytes);
	memcpy(disk->start, image, bytes);
	strcpy(disk->bdev.name, "sim");
	disk->bdev.nr_sectors = (u64)nr_blocks * SECTORS_PER_BLOCK;
	disk->bdev.has_flush = true;
}

void
disk_forget_events(struct disk *disk)
{
	for (u32 i = 0; i < disk->nr_events; i++)
		free(disk->events[i].data);
	disk->nr_events = 0;
	memcpy(disk->start, disk->data, (size_t)disk->nr_blocks * BLOCK_BYTES);
}

void
disk_free(struct disk *disk)
{
	disk_forget_events(disk);
	free(disk->events);
	free(disk->data);
	free(disk->start);
}

static void
add_event(struct disk *disk, u32 block, bool flush)
{
	struct disk_event *event;

	if (disk->nr_events == disk->room) {
		disk->room = disk->room ? 2 * disk->room : 1024;
		disk->events = realloc(disk->events, disk->room * sizeof(disk->events[0]));
	}
	event = &disk->events[disk->nr_events++];
	*event = (struct disk_event){.block = block, .flush = flush};
	if (flush)
		return;
	event->data = malloc(BLOCK_BYTES);
	memcpy(event->data, disk->data + (size_t)block * BLOCK_BYTES, BLOCK_BYTES);
}

static int
transfer(struct disk *disk, enum bio_op op, u32 block, struct page *page)
{
	u8 *place = disk->data + (size_t)block * BLOCK_BYTES;

	if (block >= disk->nr_blocks)
		return -EIO;
	for (u32 i = 0; i < disk->nr_bad_blocks; i++)
		if (disk->bad_block[i] == block)
			return -EIO;
	if (op == BIO_READ) {
		memcpy(page_to_kva(page), place, BLOCK_BYTES);
		return 0;
	}
	if (block >= disk->bad_write_from && block < disk->bad_write_to)
		return -EIO;
	if (disk->fail_writes_after && --disk->fail_writes_after == 0) {
		disk->fail_writes_after = 1;
		return -EIO;
	}
	memcpy(place, page_to_kva(page), BLOCK_BYTES);
	add_event(disk, block, false);
	return 0;
}

u8 *
disk_crash_image(const struct disk *disk, u32 nr_events)
{
	size_t bytes = (size_t)disk->nr_blocks * BLOCK_BYTES;
	u8 *image = malloc(bytes);
	u32 last_flush = 0;
	u32 odds = 1 + rnd_below(4);

	memcpy(image, disk->start, bytes);
	for (u32 i = 0; i < nr_events; i++)
		if (disk->events[i].flush)
			last_flush = i;
	for (u32 i = 0; i < nr_events; i++) {
		const struct disk_event *event = &disk->events[i];
		bool tear = i >= last_flush && rnd_one_in(8);

		if (event->flush || (i >= last_flush && !tear && rnd_one_in(odds)))
			continue;
		for (u32 s = 0; s < SECTORS_PER_BLOCK; s++)
			if (!tear || rnd_one_in(2))
				memcpy(image + (size_t)event->block * BLOCK_BYTES + s * 512,
				       event->data + s * 512, 512);
	}
	return image;
}

/* --- the block layer's interface ---------------------------------------------------------------- */

struct bio *
bio_alloc(gfp_t gfp)
{
	struct bio *bio = kmalloc(sizeof(*bio), gfp | GFP_ZERO);

	return bio;
}

void
bio_free(struct bio *bio)
{
	kfree(bio);
}

bool
bio_add(struct bio *bio, struct page *page, u32 offset, u32 len)
{
	if (bio->nr_segs == BIO_MAX_SEGS)
		return false;
	CHECK_EQ(offset, 0);
	CHECK_EQ(len, BLOCK_BYTES);
	bio->segs[bio->nr_segs++] = (struct bio_seg){page, offset, len};
	return true;
}

static void
bio_run(struct bio *bio)
{
	struct disk *disk = disk_of(bio->bdev);

	bio->status = 0;
	for (u32 i = 0; i < bio->nr_segs; i++) {
		int err = transfer(disk, bio->op, bio->sector / SECTORS_PER_BLOCK + i,
				   bio->segs[i].page);

		bio->status = bio->status ? bio->status : err;
	}
	bio->done(bio);
}

void
bio_submit(struct block_device *bdev, struct bio *bio)
{
	bio->bdev = bdev;
	if (bio->op == BIO_READ || nr_queued == ARRAY_SIZE(queue))
		bio_run(bio);
	else
		queue[nr_queued++] = bio;
}

bool
disk_complete_some(void)
{
	bool any = nr_queued > 0;

	while (nr_queued) {
		u32 i = rnd_below(nr_queued);
		struct bio *bio = queue[i];

		queue[i] = queue[--nr_queued];
		bio_run(bio);
	}
	return any;
}

int
block_read(struct block_device *bdev, u64 sector, struct page *page, u32 offset, u32 len)
{
	CHECK_EQ(offset + len, BLOCK_BYTES);
	return transfer(disk_of(bdev), BIO_READ, sector / SECTORS_PER_BLOCK, page);
}

int
block_write(struct block_device *bdev, u64 sector, struct page *page, u32 offset, u32 len)
{
	CHECK_EQ(offset + len, BLOCK_BYTES);
	return transfer(disk_of(bdev), BIO_WRITE, sector / SECTORS_PER_BLOCK, page);
}

int
block_flush(struct block_device *bdev)
{
	if (disk_of(bdev)->fail_writes_after == 1)
		return -EIO;
	add_event(disk_of(bdev), 0, true);
	return 0;
}

void
block_plug_start(struct block_plug *plug)
{
	(void)plug;
}

void
block_plug_finish(struct block_plug *plug)
{
	(void)plug;
}
