/*
 * Disks over virtio (VIRTIO 1.1, 5.2).
 *
 *	bio ──> waiting ──(request free, descriptors free)──> device ──> interrupt ──> done
 *
 * A bio waits in a list until it fits, so none is ever refused or dropped. Usually it becomes one
 * request. If the device takes fewer segments at a time than it has, or fewer sectors to discard,
 * it goes in parts: it stays first in the list until the last part was issued, and it ends when no
 * part is in flight any more, with the first error there was (which also cancels what was not yet
 * issued).
 *
 * A device that does not answer is waited for without end, but every 30 seconds the kernel says for
 * what: disk->watch looks at the oldest request while there are any.
 *
 * A device that returns nonsense or asks for a reset is reset and not used again: what was in
 * flight, and all that comes later, fails with -EIO.
 *
 * disk->lock covers the queue and both lists. done() runs without it. The notification, which in
 * QEMU starts the I/O before it returns, is sent without it, too.
 */
#include "dev/virtio_blk.h"

#include "core/clock.h"
#include "core/printk.h"
#include "core/spinlock.h"
#include "dev/block.h"
#include "dev/plic.h"
#include "dev/ratelimit.h"
#include "lib/errno.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "sched/timer.h"

/* Feature bits and configuration: 5.2.3, 5.2.4. */
#define BLK_F_SEG_MAX 2
#define BLK_F_RO      5
#define BLK_F_FLUSH   9
#define BLK_F_DISCARD 13

#define BLK_CFG_CAPACITY	    0
#define BLK_CFG_SEG_MAX		    12
#define BLK_CFG_MAX_DISCARD_SECTORS 36

/* Request types and status: 5.2.6. */
#define BLK_T_IN      0
#define BLK_T_OUT     1
#define BLK_T_FLUSH   4
#define BLK_T_GET_ID  8
#define BLK_T_DISCARD 11

#define BLK_S_OK     0
#define BLK_S_IOERR  1
#define BLK_S_UNSUPP 2
#define BLK_S_NONE   0xff /* ours: the device has not written the status */

#define BLK_SERIAL_BYTES 20

/* So long no disk takes, not one that spins up or goes over a network. */
#define BLK_STUCK_NS (30 * NSEC_PER_SEC)

/* At depth 16 QEMU is near its best; more lets several writers batch. */
#define BLK_REQUESTS	64
#define BLK_QUEUE_SIZE	256
#define BLK_BUFFERS_MAX (BIO_MAX_SEGS + 2) /* and header, status */

struct blk_header {
	u32 type;
	u32 reserved;
	u64 sector;
};

struct blk_discard {
	u64 sector;
	u32 nr_sectors;
	u32 flags;
};

/* In the direct map, for the device reads and writes it. */
struct blk_request {
	struct blk_header header;
	struct blk_discard discard;
	u8 status;
	u64 nr_units; /* segments, or sectors to discard, of this part */
	struct bio *bio;
	struct list_head link; /* free or busy list */
	u8 table[BLK_BUFFERS_MAX * VIRTIO_DESC_BYTES] ALIGNED(16);
};

struct virtio_disk {
	struct block_device bdev;
	struct virtio_device *vdev;
	struct spinlock lock;
	struct virtqueue vq;
	struct list_head waiting;    /* bios not wholly issued */
	struct list_head free, busy; /* requests; the oldest first */
	struct timer watch;	     /* armed while the first of busy may be stuck */
	u32 segs_max;		     /* of one request */
	u32 discard_max;	     /* sectors of one request */
	struct virtio_buffer buffers[BLK_BUFFERS_MAX]; /* of the request being made */
	bool dead;
	struct ratelimit error_limit;
};

static struct kmem_cache *request_cache;
static u32 nr_disks;

static const char *
op_name(enum bio_op op)
{
	static const char *const names[] = {"read", "write", "flush", "discard"};

	return names[op];
}

/* How many units a bio has in all. A flush is one. */
static u64
bio_nr_units(const struct bio *bio)
{
	if (bio->op == BIO_DISCARD)
		return bio->nr_discard_sectors;
	return bio->op == BIO_FLUSH ? 1 : bio->nr_segs;
}

/* The sector where the next part of a read or write begins. */
static u64
bio_next_sector(const struct bio *bio)
{
	u64 bytes = 0;

	for (u64 i = 0; i < bio->nr_issued; i++)
		bytes += bio->segs[i].len;
	return bio->sector + bytes / SECTOR_SIZE;
}

static struct virtio_buffer
request_buffer(const void *part, u32 len, bool device_writes)
{
	return (struct virtio_buffer){kva_to_pa(part), len, device_writes};
}

/* Buffers of the next part of a read or write. => how many */
static unsigned
request_fill_rw(struct virtio_disk *disk, struct blk_request *req, struct virtio_buffer *buffers)
{
	const struct bio *bio = req->bio;
	bool read = bio->op == BIO_READ;
	unsigned nr = 0;

	req->header.type = read ? BLK_T_IN : BLK_T_OUT;
	req->header.sector = bio_next_sector(bio);
	req->nr_units = MIN(bio->nr_segs - bio->nr_issued, (u64)disk->segs_max);
	for (u64 i = 0; i < req->nr_units; i++) {
		const struct bio_seg *seg = &bio->segs[bio->nr_issued + i];

		buffers[nr++] =
			(struct virtio_buffer){page_to_pa(seg->page) + seg->offset, seg->len, read};
	}
	return nr;
}

static unsigned
request_fill_discard(struct virtio_disk *disk, struct blk_request *req,
		     struct virtio_buffer *buffers)
{
	const struct bio *bio = req->bio;

	req->nr_units = MIN(bio->nr_discard_sectors - bio->nr_issued, (u64)disk->discard_max);
	req->header.type = BLK_T_DISCARD;
	req->discard = (struct blk_discard){
		.sector = bio->sector + bio->nr_issued,
		.nr_sectors = req->nr_units,
	};
	buffers[0] = request_buffer(&req->discard, sizeof(req->discard), false);
	return 1;
}

/* Hand header, nr data buffers (from buffers[1] on) and status to the device. */
static int
request_add(struct virtio_disk *disk, struct blk_request *req, struct virtio_buffer *buffers,
	    unsigned nr)
{
	struct virtio_indirect indirect = {req->table, kva_to_pa(req->table)};

	req->status = BLK_S_NONE;
	buffers[0] = request_buffer(&req->header, sizeof(req->header), false);
	buffers[nr + 1] = request_buffer(&req->status, sizeof(req->status), true);
	if (virtio_has(disk->vdev, VIRTIO_F_INDIRECT_DESC))
		return virtqueue_add_indirect(&disk->vq, buffers, nr + 2, indirect, req);
	return virtqueue_add(&disk->vq, buffers, nr + 2, req);
}

/* Issue the next part of bio. => -ENOSPC: no descriptors; -EIO: the queue is broken */
static int
issue_part_locked(struct virtio_disk *disk, struct blk_request *req, struct bio *bio)
{
	struct virtio_buffer *buffers = disk->buffers;
	unsigned nr = 0;
	int err;

	req->bio = bio;
	req->header = (struct blk_header){.type = BLK_T_FLUSH};
	req->nr_units = 1;
	if (bio->op == BIO_DISCARD)
		nr = request_fill_discard(disk, req, buffers + 1);
	else if (bio->op != BIO_FLUSH)
		nr = request_fill_rw(disk, req, buffers + 1);
	err = request_add(disk, req, buffers, nr);
	if (err)
		return err;
	bio->nr_issued += req->nr_units;
	bio->nr_inflight++;
	list_move_tail(&req->link, &disk->busy);
	if (!READ_ONCE(disk->watch.armed))
		timer_arm(&disk->watch, clock_now_ns() + BLK_STUCK_NS);
	return 0;
}

/* The clock's interrupt, every 30 seconds at most. */
static void
disk_watch(struct timer *timer)
{
	struct virtio_disk *disk = container_of(timer, struct virtio_disk, watch);
	u64 now = clock_now_ns(), flags = spin_lock_irqsave(&disk->lock);
	const struct blk_request *req =
		list_first_entry_or_null(&disk->busy, struct blk_request, link);

	if (req) {
		u64 age_ns = now - req->bio->submit_ns;

		if (age_ns >= BLK_STUCK_NS)
			pr_err("%s: %s at sector %lu: no answer for %lu s", disk->bdev.name,
			       op_name(req->bio->op), req->header.sector, age_ns / NSEC_PER_SEC);
		timer_arm(timer,
			  now + (age_ns >= BLK_STUCK_NS ? BLK_STUCK_NS : BLK_STUCK_NS - age_ns));
	}
	spin_unlock_irqrestore(&disk->lock, flags);
}

/* Issue all that fits. */
static void
issue_locked(struct virtio_disk *disk)
{
	while (!list_empty(&disk->waiting) && !list_empty(&disk->free)) {
		struct bio *bio = list_first_entry(&disk->waiting, struct bio, link);
		struct blk_request *req = list_first_entry(&disk->free, struct blk_request, link);

		if (issue_part_locked(disk, req, bio))
			return;
		if (bio->nr_issued == bio_nr_units(bio))
			list_del(&bio->link);
	}
}

static int
disk_submit(struct block_device *bdev, struct bio *bio)
{
	struct virtio_disk *disk = bdev->driver;
	u64 flags = spin_lock_irqsave(&disk->lock);
	int err = disk->dead ? -EIO : 0;

	if (!err) {
		bio->status = 0;
		list_add_tail(&bio->link, &disk->waiting);
		issue_locked(disk);
	}
	spin_unlock_irqrestore(&disk->lock, flags);
	return err;
}

static void
disk_commit(struct block_device *bdev)
{
	struct virtio_disk *disk = bdev->driver;
	u64 flags = spin_lock_irqsave(&disk->lock);
	bool notify = virtqueue_publish(&disk->vq);

	irq_follow(disk->vdev->irq);
	spin_unlock_irqrestore(&disk->lock, flags);
	if (notify)
		virtqueue_notify(&disk->vq);
}

static const struct block_device_ops disk_ops = {.submit = disk_submit, .commit = disk_commit};

static int
request_error(struct virtio_disk *disk, const struct blk_request *req)
{
	if (req->status == BLK_S_OK)
		return 0;
	if (ratelimit_ok(&disk->error_limit, disk->bdev.name))
		pr_err("%s: %s error at sector %lu, device status %u", disk->bdev.name,
		       op_name(req->bio->op), req->header.sector, req->status);
	return req->status == BLK_S_UNSUPP ? -EOPNOTSUPP : -EIO;
}

/* A part of req->bio came back. A bio of which nothing is left moves to `done`. */
static void
request_end_locked(struct virtio_disk *disk, struct blk_request *req, int err,
		   struct list_head *done)
{
	struct bio *bio = req->bio;

	list_move(&req->link, &disk->free);
	bio->nr_inflight--;
	if (err && !bio->status) {
		bio->status = err;
		list_del(&bio->link);
	}
	if (bio->nr_inflight == 0 && !list_is_linked(&bio->link))
		list_add_tail(&bio->link, done);
}

/* The device is out of its mind: stop it and give everything up. */
static void
disk_kill_locked(struct virtio_disk *disk, struct list_head *done)
{
	struct blk_request *req;

	pr_err("%s: the device is broken; all I/O fails from now on", disk->bdev.name);
	disk->dead = true;
	virtio_reset(disk->vdev);
	while ((req = virtqueue_detach(&disk->vq)))
		request_end_locked(disk, req, -EIO, done);
	while (!list_empty(&disk->waiting)) {
		struct bio *bio = list_first_entry(&disk->waiting, struct bio, link);

		bio->status = -EIO;
		list_move_tail(&bio->link, done);
	}
}

static void
bios_end(struct list_head *done)
{
	while (!list_empty(done)) {
		struct bio *bio = list_first_entry(done, struct bio, link);

		list_del(&bio->link);
		bio_end(bio, bio->status);
	}
}

/* Take back what the device has finished. */
static void
disk_reap_locked(struct virtio_disk *disk, struct list_head *done)
{
	struct blk_request *req;
	u32 len;

	do {
		while ((req = virtqueue_get(&disk->vq, &len)))
			request_end_locked(disk, req, request_error(disk, req), done);
	} while (virtqueue_arm(&disk->vq));
}

static void
disk_interrupt(void *arg)
{
	struct virtio_disk *disk = arg;
	u32 why = virtio_ack_interrupt(disk->vdev);
	bool lost = (why & VIRTIO_INTERRUPT_CONFIG) && virtio_needs_reset(disk->vdev);
	bool notify = false;
	LIST_HEAD(done);

	spin_lock(&disk->lock);
	if (!disk->dead) {
		disk_reap_locked(disk, &done);
		if (lost || disk->vq.broken)
			disk_kill_locked(disk, &done);
		issue_locked(disk);
		notify = virtqueue_publish(&disk->vq);
	}
	spin_unlock(&disk->lock);
	if (notify)
		virtqueue_notify(&disk->vq);
	bios_end(&done);
}

/* The serial number, by polling: interrupts are not on yet. An empty one if there is none. */
static void
disk_read_serial(struct virtio_disk *disk)
{
	struct blk_request *req = list_first_entry(&disk->free, struct blk_request, link);
	u64 deadline_ns = clock_now_ns() + NSEC_PER_SEC;
	struct virtio_buffer buffers[3];
	u32 len;

	memset(req->table, 0, BLK_SERIAL_BYTES);
	req->header = (struct blk_header){.type = BLK_T_GET_ID};
	req->status = BLK_S_NONE;
	buffers[0] = request_buffer(&req->header, sizeof(req->header), false);
	buffers[1] = request_buffer(req->table, BLK_SERIAL_BYTES, true);
	buffers[2] = request_buffer(&req->status, sizeof(req->status), true);
	virtqueue_add(&disk->vq, buffers, 3, req);
	if (virtqueue_publish(&disk->vq))
		virtqueue_notify(&disk->vq);
	while (!virtqueue_get(&disk->vq, &len)) {
		if (clock_now_ns() > deadline_ns || disk->vq.broken) {
			disk->dead = true;
			return;
		}
	}
	if (req->status == BLK_S_OK)
		memcpy(disk->bdev.serial, req->table, BLK_SERIAL_BYTES);
}

static int
disk_alloc_requests(struct virtio_disk *disk)
{
	if (!request_cache)
		request_cache = kmem_cache_create("virtio_blk_request", sizeof(struct blk_request),
						  16, 0, NULL);
	if (!request_cache)
		return -ENOMEM;
	for (unsigned i = 0; i < BLK_REQUESTS; i++) {
		struct blk_request *req = kmem_cache_alloc(request_cache, GFP_KERNEL);

		if (!req)
			return -ENOMEM;
		list_add(&req->link, &disk->free);
	}
	return 0;
}

/* What the device can do. */
static void
disk_read_config(struct virtio_disk *disk)
{
	struct virtio_device *vdev = disk->vdev;
	struct block_device *bdev = &disk->bdev;

	bdev->nr_sectors = virtio_config_read64(vdev, BLK_CFG_CAPACITY);
	bdev->read_only = virtio_has(vdev, BLK_F_RO);
	bdev->has_flush = virtio_has(vdev, BLK_F_FLUSH);
	/* A chain must not be longer than the queue. */
	disk->segs_max = MIN((u32)BIO_MAX_SEGS, disk->vq.size - 2);
	if (virtio_has(vdev, BLK_F_SEG_MAX))
		disk->segs_max =
			CLAMP(virtio_config_read32(vdev, BLK_CFG_SEG_MAX), 1U, disk->segs_max);
	if (virtio_has(vdev, BLK_F_DISCARD))
		disk->discard_max = virtio_config_read32(vdev, BLK_CFG_MAX_DISCARD_SECTORS);
	bdev->has_discard = disk->discard_max != 0;
}

static int
disk_start(struct virtio_disk *disk)
{
	struct virtio_device *vdev = disk->vdev;
	u64 wanted = BIT(BLK_F_SEG_MAX) | BIT(BLK_F_RO) | BIT(BLK_F_FLUSH) | BIT(BLK_F_DISCARD) |
		     BIT(VIRTIO_F_INDIRECT_DESC) | BIT(VIRTIO_F_EVENT_IDX);
	int err = virtio_negotiate(vdev, wanted);

	if (!err)
		err = virtqueue_init(&disk->vq, vdev, 0, BLK_QUEUE_SIZE);
	if (!err && disk->vq.size < 4)
		err = -ENODEV;
	if (!err)
		err = disk_alloc_requests(disk);
	if (err)
		return err;
	disk_read_config(disk);
	virtio_start(vdev);
	disk_read_serial(disk);
	virtqueue_arm(&disk->vq);
	if (disk->dead)
		return -EIO;
	return irq_register(vdev->irq, vdev->name, disk_interrupt, disk);
}

static void
disk_discard_instance(struct virtio_disk *disk)
{
	virtio_reset(disk->vdev);
	virtqueue_destroy(&disk->vq);
	while (!list_empty(&disk->free)) {
		struct blk_request *req = list_first_entry(&disk->free, struct blk_request, link);

		list_del(&req->link);
		kmem_cache_free(request_cache, req);
	}
	kfree(disk);
}

int
virtio_blk_probe(struct virtio_device *vdev)
{
	struct virtio_disk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);
	int err;

	if (!disk)
		return -ENOMEM;
	disk->vdev = vdev;
	spin_init(&disk->lock, "virtio_disk", RANK_DEVICE);
	list_init(&disk->waiting);
	list_init(&disk->free);
	list_init(&disk->busy);
	timer_init(&disk->watch, disk_watch);
	err = disk_start(disk);
	if (err) {
		disk_discard_instance(disk);
		return err;
	}
	snprintf(disk->bdev.name, sizeof(disk->bdev.name), "vd%c", 'a' + nr_disks);
	disk->bdev.dev = BLOCK_DEV(BLOCK_MAJOR_VIRTIO, nr_disks * 16);
	disk->bdev.ops = &disk_ops;
	disk->bdev.driver = disk;
	nr_disks++;
	return block_register(&disk->bdev);
}
