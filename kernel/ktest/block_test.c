/* The block layer and RAM disks. */
#include "dev/block.h"

#include "dev/block_fail.h"
#include "dev/ramdisk.h"
#include "ktest/ktest.h"
#include "lib/err.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/page_alloc.h"

#define DISK_PAGES   16
#define DISK_SECTORS (DISK_PAGES * PAGE_SIZE / SECTOR_SIZE)

static int
transfer(struct block_device *bdev, enum bio_op op, u64 sector, struct page *page, u32 offset,
	 u32 len)
{
	struct bio *bio = bio_alloc(GFP_KERNEL);
	int err;

	bio->op = op;
	bio->sector = sector;
	if (op == BIO_DISCARD)
		bio->nr_discard_sectors = len / SECTOR_SIZE;
	else if (len)
		bio_add(bio, page, offset, len);
	err = bio_submit_wait(bdev, bio);
	bio_free(bio);
	return err;
}

KTEST(block_checks_requests)
{
	struct block_device *disk = ramdisk_create(DISK_PAGES * PAGE_SIZE);
	struct page *page = page_alloc(GFP_KERNEL);

	KTEST_REQUIRE(!IS_ERR_OR_NULL(disk) && page);
	KTEST_CHECK(disk->nr_sectors == DISK_SECTORS);
	KTEST_CHECK(transfer(disk, BIO_READ, DISK_SECTORS - 1, page, 0, 512) == 0);
	KTEST_CHECK(transfer(disk, BIO_READ, DISK_SECTORS - 1, page, 0, 1024) == -EIO);
	KTEST_CHECK(transfer(disk, BIO_READ, DISK_SECTORS, page, 0, 512) == -EIO);
	KTEST_CHECK(transfer(disk, BIO_WRITE, UINT64_MAX, page, 0, 512) == -EIO);
	KTEST_CHECK(transfer(disk, BIO_READ, 0, page, 0, 0) == -EINVAL);
	KTEST_CHECK(transfer(disk, BIO_READ, 0, page, 0, 100) == -EINVAL);
	KTEST_CHECK(transfer(disk, BIO_READ, 0, page, 7, 512) == -EINVAL);
	KTEST_CHECK(transfer(disk, BIO_READ, 0, page, 4096 - 512, 1024) == -EINVAL);
	KTEST_CHECK(transfer(disk, BIO_FLUSH, 0, NULL, 0, 0) == 0);
	KTEST_CHECK(transfer(disk, BIO_DISCARD, 0, NULL, 0, 4096) == -EOPNOTSUPP);
	disk->read_only = true;
	KTEST_CHECK(transfer(disk, BIO_WRITE, 0, page, 0, 512) == -EROFS);
	KTEST_CHECK(transfer(disk, BIO_READ, 0, page, 0, 512) == 0);
	page_put(page);
	ramdisk_destroy(disk);
}

KTEST(block_finds_devices)
{
	struct block_device *disk = ramdisk_create(PAGE_SIZE), *other;
	bool seen = false;

	KTEST_REQUIRE(!IS_ERR_OR_NULL(disk));
	strscpy(disk->serial, "ktest-serial", sizeof(disk->serial));
	KTEST_CHECK(block_find(disk->name) == disk);
	KTEST_CHECK(block_find("ktest-serial") == disk);
	KTEST_CHECK(block_find_dev(disk->dev) == disk);
	KTEST_CHECK(block_find("") == NULL);
	for (unsigned n = 0; (other = block_get(n)); n++)
		seen |= other == disk;
	KTEST_CHECK(seen);
	ramdisk_destroy(disk);
	KTEST_CHECK(block_find("ktest-serial") == NULL);
}

/* A part of a page goes to an odd sector, across two pages of the disk, and comes back. */
KTEST(block_moves_sectors)
{
	struct block_device *disk = ramdisk_create(DISK_PAGES * PAGE_SIZE);
	struct page *out = page_alloc(GFP_KERNEL), *in = page_alloc(GFP_KERNEL | GFP_ZERO);
	char *from, *to;

	KTEST_REQUIRE(!IS_ERR_OR_NULL(disk) && out && in);
	from = page_to_kva(out);
	to = page_to_kva(in);
	for (int i = 0; i < PAGE_SIZE; i++)
		from[i] = i * 7 + i / 256;
	KTEST_CHECK(block_write(disk, 5, out, 512, 3072) == 0);
	KTEST_CHECK(block_read(disk, 5, in, 1024, 3072) == 0);
	KTEST_CHECK(memcmp(from + 512, to + 1024, 3072) == 0);
	KTEST_CHECK(block_read(disk, 4, in, 0, 512) == 0);
	KTEST_CHECK(!memchr_inv(to, 0, 512));
	KTEST_CHECK(disk->stats.reads == 2 && disk->stats.sectors_written == 6);
	page_put(in);
	page_put(out);
	ramdisk_destroy(disk);
}

KTEST(block_injects_faults)
{
	struct block_device *disk = ramdisk_create(DISK_PAGES * PAGE_SIZE);
	struct page *page = page_alloc(GFP_KERNEL);
	int nr_errors = 0;

	KTEST_REQUIRE(!IS_ERR_OR_NULL(disk) && page);
	block_fail_set(disk->name, 3, 2);
	for (int i = 0; i < 30; i++)
		nr_errors += block_read(disk, i, page, 0, 512) == -EIO;
	KTEST_CHECK(nr_errors == 2);
	KTEST_CHECK(disk->stats.errors == 2);
	block_fail_set("", 0, 0);
	page_put(page);
	ramdisk_destroy(disk);
}

static int nr_ended;

static void
count_ended(struct bio *bio)
{
	nr_ended++;
	bio_free(bio);
}

/* Nothing happens before the plug goes, everything after. */
KTEST(block_plug_collects)
{
	struct block_device *disk = ramdisk_create(DISK_PAGES * PAGE_SIZE);
	struct page *page = page_alloc(GFP_KERNEL);
	struct block_plug plug, inner;

	KTEST_REQUIRE(!IS_ERR_OR_NULL(disk) && page);
	nr_ended = 0;
	block_plug_start(&plug);
	block_plug_start(&inner);
	for (int i = 0; i < 5; i++) {
		struct bio *bio = bio_alloc(GFP_KERNEL);

		bio->op = BIO_READ;
		bio->sector = i;
		bio->done = count_ended;
		bio_add(bio, page, 0, 512);
		bio_submit(disk, bio);
	}
	block_plug_finish(&inner);
	KTEST_CHECK(nr_ended == 0);
	block_plug_flush();
	KTEST_CHECK(nr_ended == 5);
	KTEST_CHECK(block_read(disk, 0, page, 0, 512) == 0);
	block_plug_finish(&plug);
	page_put(page);
	ramdisk_destroy(disk);
}
