/*
 * Real disks. The tests use what the machine has and pass when it has nothing for them: they write
 * only to a disk with the serial "scratch", and expect the disk with the serial "bad" to fail reads
 * of sector 0 (QEMU's blkdebug), and no others.
 */
#include "dev/block.h"

#include "ktest/ktest.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "sched/sched.h"

#define SECTORS_PER_PAGE (PAGE_SIZE / SECTOR_SIZE)
#define NR_WORKERS	 8
#define WORKER_PAGES	 256 /* of the disk, for each */
#define ROUNDS		 24

struct worker {
	struct block_device *disk;
	u64 first_page; /* of its part of the disk */
	u64 seed;
	u32 nr_errors;
	u32 done; /* atomic */
	struct page *pages[BIO_MAX_SEGS];
};

static struct wait_queue workers_wq = WAIT_QUEUE_INIT(workers_wq);

static u64
next_random(u64 *seed)
{
	*seed = *seed * 6364136223846793005UL + 1442695040888963407UL;
	return *seed >> 33;
}

static void
fill(struct page *page, u64 disk_page, u64 round)
{
	u64 *words = page_to_kva(page);

	for (unsigned i = 0; i < PAGE_SIZE / sizeof(u64); i++)
		words[i] = disk_page << 32 | round << 16 | i;
}

static bool
is_filled(struct page *page, u64 disk_page, u64 round)
{
	u64 *words = page_to_kva(page);

	for (unsigned i = 0; i < PAGE_SIZE / sizeof(u64); i++) {
		if (words[i] != (disk_page << 32 | round << 16 | i))
			return false;
	}
	return true;
}

static int
worker_transfer(struct worker *worker, enum bio_op op, u64 disk_page, u32 nr)
{
	struct bio *bio = bio_alloc(GFP_KERNEL);
	int err;

	if (!bio)
		return -ENOMEM;
	bio->op = op;
	bio->sector = disk_page * SECTORS_PER_PAGE;
	for (u32 i = 0; i < nr; i++)
		bio_add(bio, worker->pages[i], 0, PAGE_SIZE);
	err = bio_submit_wait(worker->disk, bio);
	bio_free(bio);
	return err;
}

/* Write a run of pages, read it back, compare. */
static void
worker_round(struct worker *worker, u64 round)
{
	u32 nr = 1 + next_random(&worker->seed) % BIO_MAX_SEGS;
	u64 at = worker->first_page + next_random(&worker->seed) % (WORKER_PAGES - nr + 1);

	for (u32 i = 0; i < nr; i++)
		fill(worker->pages[i], at + i, round);
	worker->nr_errors += worker_transfer(worker, BIO_WRITE, at, nr) != 0;
	for (u32 i = 0; i < nr; i++)
		memset(page_to_kva(worker->pages[i]), 0xee, PAGE_SIZE);
	worker->nr_errors += worker_transfer(worker, BIO_READ, at, nr) != 0;
	for (u32 i = 0; i < nr; i++)
		worker->nr_errors += !is_filled(worker->pages[i], at + i, round);
}

static void
worker_run(void *arg)
{
	struct worker *worker = arg;

	for (u64 round = 1; round <= ROUNDS; round++)
		worker_round(worker, round);
	__atomic_store_n(&worker->done, 1, __ATOMIC_RELEASE);
	wake_up(&workers_wq);
}

static struct worker *
worker_new(struct block_device *disk, unsigned n)
{
	struct worker *worker = kzalloc(sizeof(*worker), GFP_KERNEL);

	if (!worker)
		return NULL;
	worker->disk = disk;
	worker->first_page = (u64)n * WORKER_PAGES;
	worker->seed = n + 1;
	for (unsigned i = 0; i < BIO_MAX_SEGS; i++) {
		worker->pages[i] = page_alloc(GFP_KERNEL);
		if (!worker->pages[i])
			return NULL;
	}
	return worker;
}

static void
worker_free(struct worker *worker)
{
	for (unsigned i = 0; i < BIO_MAX_SEGS; i++)
		page_put(worker->pages[i]);
	kfree(worker);
}

static void
hammer(struct block_device *disk)
{
	struct worker *workers[NR_WORKERS];

	for (unsigned n = 0; n < NR_WORKERS; n++) {
		workers[n] = worker_new(disk, n);
		KTEST_REQUIRE(workers[n]);
		KTEST_REQUIRE(!IS_ERR(kthread_start("ktest-disk", worker_run, workers[n])));
	}
	for (unsigned n = 0; n < NR_WORKERS; n++) {
		wait_event(&workers_wq, __atomic_load_n(&workers[n]->done, __ATOMIC_ACQUIRE));
		KTEST_CHECK(workers[n]->nr_errors == 0);
		worker_free(workers[n]);
	}
}

static bool
too_small(const struct block_device *disk)
{
	return disk->nr_sectors < NR_WORKERS * WORKER_PAGES * SECTORS_PER_PAGE;
}

KTEST(disk_parallel_io)
{
	struct block_device *disk = block_find("scratch");

	KTEST_NEEDS(disk && !too_small(disk));
	hammer(disk);
	KTEST_CHECK(disk->stats.errors == 0);
	KTEST_CHECK(block_flush(disk) == 0);
}

#define NR_ASYNC 300

static u32 nr_async_left, nr_async_errors;

static void
async_done(struct bio *bio)
{
	if (bio->status)
		__atomic_fetch_add(&nr_async_errors, 1, __ATOMIC_RELAXED);
	bio_free(bio);
	__atomic_fetch_sub(&nr_async_left, 1, __ATOMIC_RELEASE);
	wake_up(&workers_wq);
}

static void
submit_async(struct block_device *disk, struct page *page, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++) {
		struct bio *bio = bio_alloc(GFP_KERNEL);

		KTEST_REQUIRE(bio);
		bio->op = BIO_READ;
		bio->sector = i % (disk->nr_sectors / SECTORS_PER_PAGE) * SECTORS_PER_PAGE;
		bio->done = async_done;
		for (unsigned s = 0; s <= i % SECTORS_PER_PAGE; s++)
			bio_add(bio, page, s * SECTOR_SIZE, SECTOR_SIZE);
		bio_submit(disk, bio);
	}
}

/* More requests at once than the queue has places: all come back. With a plug and without. */
KTEST(disk_queue_overflows)
{
	struct block_device *disk = block_find("scratch");
	struct page *page = page_alloc(GFP_KERNEL);
	struct block_plug plug;

	for (int plugged = 0; disk && plugged < 2; plugged++) {
		nr_async_left = NR_ASYNC;
		nr_async_errors = 0;
		if (plugged)
			block_plug_start(&plug);
		submit_async(disk, page, NR_ASYNC);
		if (plugged)
			block_plug_finish(&plug);
		wait_event(&workers_wq, __atomic_load_n(&nr_async_left, __ATOMIC_ACQUIRE) == 0);
		KTEST_CHECK(nr_async_errors == 0);
	}
	page_put(page);
}

KTEST(disk_discards)
{
	struct block_device *disk = block_find("scratch");
	struct bio *bio;

	KTEST_NEEDS(disk && disk->has_discard);
	bio = bio_alloc(GFP_KERNEL);
	KTEST_REQUIRE(bio);
	bio->op = BIO_DISCARD;
	bio->nr_discard_sectors = disk->nr_sectors;
	KTEST_CHECK(bio_submit_wait(disk, bio) == 0);
	bio_free(bio);
}

/* A medium error is an errno, and the disk goes on. */
KTEST(disk_reports_errors)
{
	struct block_device *disk = block_find("bad");
	struct page *page = page_alloc(GFP_KERNEL);

	for (int i = 0; disk && i < 20; i++) {
		KTEST_CHECK(block_read(disk, 0, page, 0, PAGE_SIZE) == -EIO);
		KTEST_CHECK(block_read(disk, 64, page, 0, PAGE_SIZE) == 0);
	}
	page_put(page);
}

KTEST(disk_read_only)
{
	struct block_device *disk = block_find("readonly");
	struct page *page = page_alloc(GFP_KERNEL);

	if (disk) {
		KTEST_CHECK(disk->read_only);
		KTEST_CHECK(block_read(disk, 0, page, 0, PAGE_SIZE) == 0);
		KTEST_CHECK(block_write(disk, 0, page, 0, PAGE_SIZE) == -EROFS);
	}
	page_put(page);
}
