#pragma once

/*
 * Block devices. A request (struct bio) moves whole 512-byte sectors between the disk
 * and up to BIO_MAX_SEGS pages. submit queues it and returns; done() is called when it
 * ended, possibly from an interrupt handler.
 */

#include "lib/list.h"
#include "lib/types.h"
#include "mem/page.h"
#include "sched/wait.h"

#define SECTOR_SIZE  512
#define BIO_MAX_SEGS 64

enum bio_op { BIO_READ, BIO_WRITE, BIO_FLUSH, BIO_DISCARD };

struct bio_seg {
	struct page *page;
	u32 offset, len; /* bytes; multiples of SECTOR_SIZE */
};

struct bio {
	enum bio_op op;
	u64 sector;
	unsigned nr_segs;
	struct bio_seg segs[BIO_MAX_SEGS];
	u64 nr_discard_sectors;	       /* BIO_DISCARD only */
	int status;		       /* valid in done(): 0 or -EIO, -ENOSPC ... */
	void (*done)(struct bio *bio); /* any context, interrupts off */
	void *private;		       /* the submitter's */
	struct list_head link;	       /* the driver's while queued */
	struct block_device *bdev;     /* set by bio_submit() */
	u64 nr_issued;		       /* the driver's: segments (or sectors) given to the device */
	u32 nr_inflight;	       /* the driver's: parts that are not back yet */
	u64 submit_ns;
};

struct block_device;

struct block_device_ops {
	/*
	 * Queue bio, which was checked; never sleeps. When it ended the driver calls bio_end().
	 * => 0 or -errno, then the driver has not kept bio
	 */
	int (*submit)(struct block_device *bdev, struct bio *bio);
	/* Tell the device about everything that was queued. NULL: submit did. */
	void (*commit)(struct block_device *bdev);
};

struct block_stats {
	u64 reads, sectors_read, writes, sectors_written, flushes, discards, errors;
};

struct block_device {
	struct list_head link;
	char name[16];	 /* "vda", "ram0" */
	char serial[21]; /* as the host gave it, or "" */
	u64 nr_sectors;
	bool read_only, has_flush, has_discard;
	const struct block_device_ops *ops;
	void *driver;
	struct block_stats stats; /* atomic adds */
	u32 dev;		  /* device number for stat(2) */
	u32 nr_open;		  /* atomic: mounts, swap areas, open files */
	u32 nr_held;		  /* atomic: mounts and swap areas, which O_EXCL respects */
	bool swaps;		  /* a swap area is on it: nobody writes to it */
};

/* Caches and boot arguments. Once, before any driver. */
void block_init(void);

/* Device numbers as Linux packs them, for small minors. */
#define BLOCK_DEV(major, minor) ((u32)(major) << 8 | (u32)(minor))
#define BLOCK_MAJOR_RAM		1
#define BLOCK_MAJOR_VIRTIO	254

/* name and the rest are filled in; bdev stays until unregistered. => -EEXIST: the name is taken */
int block_register(struct block_device *bdev);
/* => nobody uses it, nothing is in flight */
void block_unregister(struct block_device *bdev);
/* By name ("vda") or by serial ("root"). => NULL when there is none */
struct block_device *block_find(const char *name_or_serial);
struct block_device *block_find_dev(u32 dev);
/* The n-th device. => NULL past the last */
struct block_device *block_get(unsigned n);

struct bio *bio_alloc(gfp_t gfp); /* => NULL when there is no memory; zeroed */
void bio_free(struct bio *bio);
/* => false when bio is full */
bool bio_add(struct bio *bio, struct page *page, u32 offset, u32 len);

/*
 * Check the range, count, hand to the driver. Calls done() exactly once in every case: -EIO past the
 * end of the device, -EROFS, -EOPNOTSUPP, -EINVAL for a bio that is not made of whole sectors.
 */
void bio_submit(struct block_device *bdev, struct bio *bio);

/* For drivers: bio ended. No lock held that done() might take. Any context. */
void bio_end(struct bio *bio, int status);

/*
 * Plugging: between start and finish what the current task submits is collected, and given to the
 * device in one go. Waiting by bio_submit_wait() gives it first; before any other sleep for such a
 * bio call block_plug_flush(). A plug inside another does nothing.
 */
struct block_plug {
	struct list_head bios;
};
void block_plug_start(struct block_plug *plug);
void block_plug_finish(struct block_plug *plug);
void block_plug_flush(void);

/* Submit and sleep until it ended. bio->done and private are used. => 0 or -errno */
int bio_submit_wait(struct block_device *bdev, struct bio *bio);

/* One page or part of one, synchronously. => 0 or -errno */
int block_read(struct block_device *bdev, u64 sector, struct page *page, u32 offset, u32 len);
int block_write(struct block_device *bdev, u64 sector, struct page *page, u32 offset, u32 len);
int block_flush(struct block_device *bdev);
