/*
 * The block layer: a list of devices, and the way of a request from its submitter to a driver.
 *
 *	bio_submit ──> plug of the task ──(finish, flush)──┐
 *	    └──────────────── no plug ─────────────────────┴──> check, count ──> ops->submit
 *	                                                                          ops->commit
 *	done() <── bio_end <── driver, in its interrupt
 *
 * A request is checked here, so a driver sees only whole sectors inside the device. Nothing here
 * sleeps except bio_submit_wait(), so requests may be submitted from done().
 *
 * The sleepers of bio_submit_wait() use wait queues that live for ever, chosen by the bio's
 * address: a queue on the sleeper's stack could be gone while the interrupt handler, which has
 * just made the condition true, still works on it.
 */
#include "dev/block.h"

#include "core/cpu.h"
#include "core/panic.h"
#include "core/printk.h"
#include "dev/block_fail.h"
#include "dev/ratelimit.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "riscv/irqflags.h"

static LIST_HEAD(devices);
static struct spinlock devices_lock = SPINLOCK_INIT("block_devices", RANK_DEVICE);
static struct kmem_cache *bio_cache;

/* Bios for when there is no memory: so that writing pages out, which frees memory, can go on. */
#define BIO_RESERVE 32
static struct spinlock reserve_lock = SPINLOCK_INIT("bio_reserve", RANK_DEVICE);
static LIST_HEAD(reserve);
static unsigned nr_reserve;
static struct wait_queue reserve_wq = WAIT_QUEUE_INIT(reserve_wq); /* bio_alloc_wait() */

#define BIO_WAIT_QUEUES 32
static struct wait_queue bio_wait[BIO_WAIT_QUEUES];

int
block_register(struct block_device *bdev)
{
	if (block_find(bdev->name))
		return -EEXIST;
	spin_lock(&devices_lock);
	list_add_tail(&bdev->link, &devices);
	spin_unlock(&devices_lock);
	pr_info("%s: %lu KiB%s%s%s%s", bdev->name, bdev->nr_sectors / 2,
		bdev->serial[0] ? ", serial " : "", bdev->serial,
		bdev->read_only ? ", read-only" : "", bdev->has_discard ? ", discard" : "");
	return 0;
}

void
block_unregister(struct block_device *bdev)
{
	spin_lock(&devices_lock);
	list_del(&bdev->link);
	spin_unlock(&devices_lock);
}

struct block_device *
block_find(const char *name_or_serial)
{
	struct block_device *bdev, *found = NULL;

	spin_lock(&devices_lock);
	list_for_each_entry(bdev, &devices, link) {
		if (!strcmp(bdev->name, name_or_serial)) {
			found = bdev;
			break;
		}
		if (!found && bdev->serial[0] && !strcmp(bdev->serial, name_or_serial))
			found = bdev;
	}
	spin_unlock(&devices_lock);
	return found;
}

struct block_device *
block_find_dev(u32 dev)
{
	struct block_device *bdev, *found = NULL;

	spin_lock(&devices_lock);
	list_for_each_entry(bdev, &devices, link) {
		if (bdev->dev == dev)
			found = bdev;
	}
	spin_unlock(&devices_lock);
	return found;
}

struct block_device *
block_get(unsigned n)
{
	struct block_device *bdev, *found = NULL;

	spin_lock(&devices_lock);
	list_for_each_entry(bdev, &devices, link) {
		if (n-- == 0) {
			found = bdev;
			break;
		}
	}
	spin_unlock(&devices_lock);
	return found;
}

static struct bio *
bio_take_reserve(void)
{
	struct bio *bio;
	u64 flags = spin_lock_irqsave(&reserve_lock);

	bio = list_first_entry_or_null(&reserve, struct bio, link);
	if (bio) {
		list_del(&bio->link);
		nr_reserve--;
	}
	spin_unlock_irqrestore(&reserve_lock, flags);
	return bio;
}

/* => true when bio went into the reserve */
static bool
bio_give_reserve(struct bio *bio)
{
	bool wanted;
	u64 flags = spin_lock_irqsave(&reserve_lock);

	wanted = nr_reserve < BIO_RESERVE;
	if (wanted) {
		list_add(&bio->link, &reserve);
		nr_reserve++;
	}
	spin_unlock_irqrestore(&reserve_lock, flags);
	if (wanted)
		wake_up_all(&reserve_wq);
	return wanted;
}

/* Everything is zeroed but the segments, which nr_segs says are not there. */
static void
bio_init(struct bio *bio)
{
	size_t after = offsetof(struct bio, segs) + sizeof(bio->segs);

	memset(bio, 0, offsetof(struct bio, segs));
	memset((char *)bio + after, 0, sizeof(*bio) - after);
	list_init(&bio->link);
}

struct bio *
bio_alloc(gfp_t gfp)
{
	struct bio *bio = kmem_cache_alloc(bio_cache, (gfp & ~GFP_ZERO) | GFP_NOWARN);

	if (!bio)
		bio = bio_take_reserve();
	if (bio)
		bio_init(bio);
	return bio;
}

/*
 * Sleeps until there is one: a write that makes room must not fail for want of memory. What others
 * have under way comes back to the reserve; what the caller has plugged goes first.
 */
static struct bio *
bio_alloc_wait(void)
{
	struct bio *bio;

	while (!(bio = bio_alloc(GFP_NOIO))) {
		block_plug_flush();
		wait_event(&reserve_wq, READ_ONCE(nr_reserve) > 0);
	}
	return bio;
}

void
bio_free(struct bio *bio)
{
	if (READ_ONCE(nr_reserve) < BIO_RESERVE && bio_give_reserve(bio))
		return;
	kmem_cache_free(bio_cache, bio);
}

bool
bio_add(struct bio *bio, struct page *page, u32 offset, u32 len)
{
	if (bio->nr_segs == BIO_MAX_SEGS)
		return false;
	bio->segs[bio->nr_segs++] = (struct bio_seg){.page = page, .offset = offset, .len = len};
	return true;
}

/* => sectors that a read or write moves; 0 when it is not made of whole sectors of pages */
static u64
bio_nr_sectors(const struct bio *bio)
{
	u64 bytes = 0;

	for (unsigned i = 0; i < bio->nr_segs; i++) {
		const struct bio_seg *seg = &bio->segs[i];

		if (seg->len == 0 || (seg->offset | seg->len) % SECTOR_SIZE ||
		    (u64)seg->offset + seg->len > PAGE_SIZE)
			return 0;
		bytes += seg->len;
	}
	return bytes / SECTOR_SIZE;
}

static int
bio_check_range(struct block_device *bdev, const struct bio *bio, u64 nr_sectors)
{
	static struct ratelimit limit;

	if (nr_sectors == 0)
		return -EINVAL;
	if (bio->sector < bdev->nr_sectors && nr_sectors <= bdev->nr_sectors - bio->sector)
		return 0;
	if (ratelimit_ok(&limit, bdev->name))
		pr_err("%s: access past the end: sector %lu + %lu of %lu", bdev->name, bio->sector,
		       nr_sectors, bdev->nr_sectors);
	return -EIO;
}

static void
count(u64 *counter, u64 n)
{
	__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

/* Check one request and count it. => 0: for the driver; 1: nothing is left to do; -errno */
static int
bio_check(struct block_device *bdev, struct bio *bio)
{
	struct block_stats *stats = &bdev->stats;
	u64 nr_sectors = bio->op == BIO_DISCARD ? bio->nr_discard_sectors : bio_nr_sectors(bio);

	if (bio->op == BIO_FLUSH) {
		count(&stats->flushes, 1);
		return bdev->has_flush ? 0 : 1;
	}
	if (bio->op != BIO_READ && bdev->read_only)
		return -EROFS;
	if (bio->op == BIO_READ) {
		count(&stats->reads, 1);
		count(&stats->sectors_read, nr_sectors);
	} else if (bio->op == BIO_WRITE) {
		count(&stats->writes, 1);
		count(&stats->sectors_written, nr_sectors);
	} else if (!bdev->has_discard) {
		return -EOPNOTSUPP;
	} else {
		count(&stats->discards, 1);
	}
	return bio_check_range(bdev, bio, nr_sectors);
}

void
bio_end(struct bio *bio, int status)
{
	u64 flags = irq_save();

	bio->status = status;
	if (status < 0)
		count(&bio->bdev->stats.errors, 1);
	bio->done(bio);
	irq_restore(flags);
}

/* Give one request to its driver, which does not tell the device yet. */
static void
bio_dispatch(struct bio *bio)
{
	struct block_device *bdev = bio->bdev;
	int err = bio_check(bdev, bio);

	if (!err && block_fail_now(bdev, bio->op))
		err = -EIO;
	if (!err)
		err = bdev->ops->submit(bdev, bio);
	else if (err > 0)
		return bio_end(bio, 0);
	if (err)
		bio_end(bio, err);
}

static void
block_commit(struct block_device *bdev)
{
	if (bdev->ops->commit)
		bdev->ops->commit(bdev);
}

void
bio_submit(struct block_device *bdev, struct bio *bio)
{
	bio->bdev = bdev;
	bio->submit_ns = clock_now_ns();
	bio->nr_issued = 0;
	bio->nr_inflight = 0;
	if (current->plugged && !in_interrupt()) {
		struct block_plug *plug = current->plugged;

		list_add_tail(&bio->link, &plug->bios);
		return;
	}
	bio_dispatch(bio);
	block_commit(bdev);
}

void
block_plug_start(struct block_plug *plug)
{
	list_init(&plug->bios);
	if (!current->plugged)
		current->plugged = plug;
}

/* Dispatch what the plug holds, and commit each run of requests to one device. */
static void
plug_empty(struct block_plug *plug)
{
	struct block_device *last = NULL;

	while (!list_empty(&plug->bios)) {
		struct bio *bio = list_first_entry(&plug->bios, struct bio, link);
		struct block_device *bdev = bio->bdev;

		list_del(&bio->link);
		if (last && last != bdev)
			block_commit(last);
		last = bdev;
		bio_dispatch(bio);
	}
	if (last)
		block_commit(last);
}

void
block_plug_flush(void)
{
	if (current->plugged)
		plug_empty(current->plugged);
}

void
block_plug_finish(struct block_plug *plug)
{
	if (current->plugged != plug)
		return;
	current->plugged = NULL;
	plug_empty(plug);
}

struct bio_waiter {
	bool ended;
};

static struct wait_queue *
bio_wait_queue(const struct bio *bio)
{
	return &bio_wait[(u64)bio / sizeof(struct bio) % BIO_WAIT_QUEUES];
}

static void
bio_wake_waiter(struct bio *bio)
{
	struct wait_queue *wq = bio_wait_queue(bio);
	struct bio_waiter *waiter = bio->private;

	/* From here on the sleeper may return, and bio and waiter be gone. */
	__atomic_store_n(&waiter->ended, true, __ATOMIC_RELEASE);
	wake_up_all(wq);
}

int
bio_submit_wait(struct block_device *bdev, struct bio *bio)
{
	struct bio_waiter waiter = {.ended = false};

	bio->private = &waiter;
	bio->done = bio_wake_waiter;
	bio_submit(bdev, bio);
	block_plug_flush();
	sched_iowait_begin();
	wait_event(bio_wait_queue(bio), __atomic_load_n(&waiter.ended, __ATOMIC_ACQUIRE));
	sched_iowait_end();
	return bio->status;
}

static int
block_rw(struct block_device *bdev, enum bio_op op, u64 sector, struct page *page, u32 offset,
	 u32 len)
{
	struct bio *bio = bio_alloc_wait();
	int err;

	bio->op = op;
	bio->sector = sector;
	if (page)
		bio_add(bio, page, offset, len);
	err = bio_submit_wait(bdev, bio);
	bio_free(bio);
	return err;
}

int
block_read(struct block_device *bdev, u64 sector, struct page *page, u32 offset, u32 len)
{
	return block_rw(bdev, BIO_READ, sector, page, offset, len);
}

int
block_write(struct block_device *bdev, u64 sector, struct page *page, u32 offset, u32 len)
{
	return block_rw(bdev, BIO_WRITE, sector, page, offset, len);
}

int
block_flush(struct block_device *bdev)
{
	return block_rw(bdev, BIO_FLUSH, 0, NULL, 0, 0);
}

static void
reserve_fill(void)
{
	for (unsigned i = 0; i < BIO_RESERVE; i++) {
		struct bio *bio = kmem_cache_alloc(bio_cache, GFP_KERNEL);

		assert(bio);
		list_init(&bio->link);
		bio_give_reserve(bio);
	}
}

void INIT
block_init(void)
{
	for (unsigned i = 0; i < BIO_WAIT_QUEUES; i++)
		wait_queue_init(&bio_wait[i]);
	bio_cache = kmem_cache_create("bio", sizeof(struct bio), 0, 0, NULL);
	assert(bio_cache);
	reserve_fill();
	block_fail_init();
}
