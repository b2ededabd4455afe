/*
 * The page cache over a disk that is an array: what is read, what is written back, and what
 * programs that map the file see of both.
 */

#include "ktest/ktest.h"
#include "ktest/read_kernel.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/page_alloc.h"
#include "mem/vmalloc.h"
#include "sched/task.h"
#include "vm/drop_caches.h"
#include "vm/fault.h"
#include "vm/lru.h"
#include "vm/mmap.h"
#include "vm/pagecache.h"
#include "vm/uio.h"
#include "vm/usercopy.h"

#define NR_BLOCKS 64
#define BASE	  0x20000000UL
#define VM_RW	  (VM_READ | VM_WRITE | VM_MAYALL)

struct disk {
	struct mapping mapping;
	u8 *blocks;
	unsigned nr_reads, nr_read_calls, nr_writes, nr_write_calls;
	int error;
};

static void
disk_read_pages(struct mapping *mapping, struct page **pages, unsigned nr)
{
	struct disk *disk = mapping->host;

	disk->nr_read_calls++;
	for (unsigned i = 0; i < nr; i++) {
		void *kva = kmap_local_page(pages[i]);

		disk->nr_reads++;
		if (disk->blocks)
			memcpy(kva, disk->blocks + pages[i]->index * PAGE_SIZE, PAGE_SIZE);
		else
			memset(kva, (u8)pages[i]->index, PAGE_SIZE);
		kunmap_local(kva);
		page_read_done(pages[i], disk->error);
	}
}

static void
disk_write_pages(struct mapping *mapping, struct page **pages, unsigned nr)
{
	struct disk *disk = mapping->host;

	disk->nr_write_calls++;
	for (unsigned i = 0; i < nr; i++) {
		void *kva = kmap_local_page(pages[i]);

		disk->nr_writes++;
		if (disk->blocks && !disk->error)
			memcpy(disk->blocks + pages[i]->index * PAGE_SIZE, kva, PAGE_SIZE);
		kunmap_local(kva);
		page_end_writeback(pages[i], disk->error);
	}
}

static const struct mapping_ops disk_ops = {
	.read_pages = disk_read_pages,
	.write_pages = disk_write_pages,
};

static bool
disk_open(struct disk *disk, u64 size)
{
	*disk = (struct disk){.blocks = vmalloc(NR_BLOCKS * PAGE_SIZE, GFP_KERNEL)};
	if (!disk->blocks)
		return false;
	for (u64 i = 0; i < NR_BLOCKS * PAGE_SIZE; i++)
		disk->blocks[i] = i / PAGE_SIZE + i % 251;
	mapping_init(&disk->mapping, &disk_ops, disk, size);
	return true;
}

static void
disk_close(struct disk *disk)
{
	mapping_destroy(&disk->mapping);
	vfree(disk->blocks);
}

static struct disk disk;
static u8 buf[4 * PAGE_SIZE];

KTEST(pagecache_reads_to_the_end)
{
	u64 size = 5 * PAGE_SIZE + 100;

	KTEST_REQUIRE(disk_open(&disk, size));
	KTEST_CHECK(pagecache_read_kernel(&disk.mapping, 10, buf, sizeof(buf)) == sizeof(buf));
	KTEST_CHECK(memcmp(buf, disk.blocks + 10, sizeof(buf)) == 0);
	KTEST_CHECK(pagecache_read_kernel(&disk.mapping, size - 7, buf, sizeof(buf)) == 7);
	KTEST_CHECK(pagecache_read_kernel(&disk.mapping, size, buf, sizeof(buf)) == 0);
	disk_close(&disk);
}

KTEST(pagecache_reads_ahead)
{
	struct readahead ra = {0};
	struct uio uio;
	u64 pos = 0;

	KTEST_REQUIRE(disk_open(&disk, NR_BLOCKS * PAGE_SIZE));
	for (int i = 0; i < NR_BLOCKS; i++) {
		uio_init_kernel(&uio, UIO_TO_MEMORY, buf, PAGE_SIZE);
		KTEST_CHECK(pagecache_read(&disk.mapping, &pos, &uio, &ra) == PAGE_SIZE);
		KTEST_CHECK(memcmp(buf, disk.blocks + i * PAGE_SIZE, PAGE_SIZE) == 0);
	}
	KTEST_CHECK(disk.nr_reads == NR_BLOCKS && disk.nr_read_calls <= 6);
	disk_close(&disk);

	KTEST_REQUIRE(disk_open(&disk, NR_BLOCKS * PAGE_SIZE));
	ra = (struct readahead){0};
	for (int i = 0; i < 8; i++) {
		pos = (61 - 7 * i) * PAGE_SIZE;
		uio_init_kernel(&uio, UIO_TO_MEMORY, buf, PAGE_SIZE);
		KTEST_CHECK(pagecache_read(&disk.mapping, &pos, &uio, &ra) == PAGE_SIZE);
	}
	KTEST_CHECK(disk.nr_reads == 8);
	disk_close(&disk);
}

KTEST(pagecache_reports_read_errors_and_recovers)
{
	KTEST_REQUIRE(disk_open(&disk, NR_BLOCKS * PAGE_SIZE));
	disk.error = -EIO;
	KTEST_CHECK(pagecache_read_kernel(&disk.mapping, 0, buf, 10) == -EIO);
	KTEST_CHECK(PTR_ERR(pagecache_get_for_write(&disk.mapping, 0, false)) == -EIO);
	disk.error = 0;
	KTEST_CHECK(pagecache_read_kernel(&disk.mapping, 0, buf, 10) == 10);
	disk_close(&disk);
}

static void
page_fill(struct mapping *mapping, u64 index, u8 byte)
{
	struct page *page = pagecache_get_for_write(mapping, index, true);
	u8 *kva;

	KTEST_REQUIRE(!IS_ERR_OR_NULL(page));
	kva = kmap_local_page(page);
	memset(kva, byte, PAGE_SIZE);
	kunmap_local(kva);
	page_set_uptodate(page);
	page_mark_dirty(page);
	page_unlock(page);
	page_put(page);
}

KTEST(pagecache_writes_runs_back)
{
	u64 before = nr_dirty_pages();

	KTEST_REQUIRE(disk_open(&disk, NR_BLOCKS * PAGE_SIZE));
	for (u64 i = 10; i < 20; i++)
		page_fill(&disk.mapping, i, i);
	page_fill(&disk.mapping, 20, 40);
	KTEST_CHECK(nr_dirty_pages() == before + 11);
	KTEST_CHECK(mapping_writeback(&disk.mapping, 0, 20 * PAGE_SIZE, true) == 0);
	KTEST_CHECK(disk.nr_writes == 10 && disk.nr_write_calls == 1);
	KTEST_CHECK(!memchr_inv(disk.blocks + 13 * PAGE_SIZE, 13, PAGE_SIZE));
	KTEST_CHECK(disk.blocks[20 * PAGE_SIZE] != 40);
	disk.error = -ENOSPC;
	KTEST_CHECK(mapping_writeback(&disk.mapping, 0, UINT64_MAX, true) == -ENOSPC);
	KTEST_CHECK(disk.nr_writes == 11 && nr_dirty_pages() == before);
	disk_close(&disk);
}

static struct mm *
map_disk(u32 vm_flags, u64 nr_pages)
{
	struct mm *mm = mm_create();

	if (!mm)
		return NULL;
	mm_switch(mm);
	if (vma_map(mm, BASE, nr_pages * PAGE_SIZE, vm_flags, &disk.mapping, 0, MAP_PLACE_FIXED) <
	    0)
		return NULL;
	return mm;
}

KTEST(pagecache_private_mapping_does_not_reach_the_file)
{
	struct mm *mm;
	u32 word;

	KTEST_REQUIRE(disk_open(&disk, NR_BLOCKS * PAGE_SIZE));
	mm = map_disk(VM_RW, NR_BLOCKS);
	KTEST_REQUIRE(mm);
	KTEST_CHECK(get_user_u32(&word, BASE + PAGE_SIZE) == 0);
	KTEST_CHECK(memcmp(&word, disk.blocks + PAGE_SIZE, 4) == 0);
	/* Of 16 pages one waits for the reader, to read on. */
	KTEST_CHECK(atomic64_read(&mm->rss_file) == 15);
	KTEST_CHECK(put_user_u32(BASE + PAGE_SIZE, 77) == 0);
	KTEST_CHECK(put_user_u32(BASE + 40 * PAGE_SIZE, 78) == 0);
	KTEST_CHECK(get_user_u32(&word, BASE + PAGE_SIZE) == 0 && word == 77);
	KTEST_CHECK(atomic64_read(&mm->rss_file) == 14 && atomic64_read(&mm->rss_anon) == 2);
	KTEST_CHECK(pagecache_read_kernel(&disk.mapping, PAGE_SIZE, &word, 4) == 4 && word != 77);
	KTEST_CHECK(disk.mapping.nr_dirty == 0);
	mm_put(mm_switch(NULL));
	disk_close(&disk);
}

/* A file of so many pages, each full of the low byte of its index, mapped. => its mm, or NULL */
static struct mm *
map_counted(u32 vm_flags, u64 nr_pages)
{
	disk = (struct disk){.blocks = NULL};
	mapping_init(&disk.mapping, &disk_ops, &disk, nr_pages * PAGE_SIZE);
	return map_disk(vm_flags, nr_pages);
}

static void
unmap_counted(void)
{
	mm_put(mm_switch(NULL));
	mapping_truncate(&disk.mapping, 0);
	mapping_destroy(&disk.mapping);
}

static void
load_page(u64 index)
{
	u8 byte;

	KTEST_CHECK(copy_from_user(&byte, BASE + index * PAGE_SIZE, 1) == 0 && byte == (u8)index);
}

/* Pages first .. last - 1, in order. => the faults that had to wait for the disk */
static u64
load_each(u64 first, u64 last)
{
	u64 before = current->maj_flt;

	for (u64 i = first; i < last; i++)
		load_page(i);
	return current->maj_flt - before;
}

KTEST(pagecache_mapped_reader_is_read_ahead)
{
	const u64 nr = 1024, middle = 403;

	KTEST_REQUIRE(map_counted(VM_RW, nr));
	KTEST_CHECK(load_each(0, nr) == 1);
	KTEST_CHECK(disk.nr_reads == nr && disk.nr_read_calls <= nr / 32 + 4);
	unmap_counted();
	KTEST_REQUIRE(map_counted(VM_RW | VM_SHARED, nr));
	KTEST_CHECK(load_each(middle, nr) <= 2);
	KTEST_CHECK(disk.nr_read_calls <= (nr - middle) / 32 + 5);
	unmap_counted();
	KTEST_REQUIRE(map_counted(VM_RW | VM_SEQ_READ, nr));
	KTEST_CHECK(load_each(middle, nr) == 1);
	KTEST_CHECK(disk.nr_reads == nr - middle && disk.nr_read_calls <= (nr - middle) / 16 + 1);
	unmap_counted();
}

KTEST(pagecache_mapped_writer_is_read_ahead)
{
	const u64 nr = 1024;
	u64 before;

	for (u32 shared = 0; shared <= VM_SHARED; shared += VM_SHARED) {
		KTEST_REQUIRE(map_counted(VM_RW | shared, nr));
		before = current->maj_flt;
		for (u64 i = 0; i < nr; i++)
			KTEST_CHECK(put_user_u32(BASE + i * PAGE_SIZE, i) == 0);
		KTEST_CHECK(current->maj_flt - before == 1);
		KTEST_CHECK(disk.nr_reads == nr && disk.nr_read_calls <= nr / 32 + 4);
		unmap_counted();
	}
}

/* Pages anywhere in the file. => in how many of its runs of 16 pages */
static unsigned
load_anywhere(u64 nr, unsigned nr_jumps)
{
	static bool met[256];
	unsigned nr_met = 0;
	u32 seed = 1;

	memset(met, 0, sizeof(met));
	for (unsigned i = 0; i < nr_jumps; i++) {
		u64 index = (seed = seed * 1103515245 + 12345) >> 16 & (nr - 1);

		load_page(index);
		nr_met += !met[index / 16];
		met[index / 16] = true;
	}
	return nr_met;
}

/* Who jumps gets the 16 pages around, with all that is read ahead of those who do not; or one alone. */
KTEST(pagecache_mapped_reader_that_jumps)
{
	const u64 nr = 4096, nr_jumps = 256;
	unsigned nr_met;

	KTEST_REQUIRE(map_counted(VM_RW, nr));
	nr_met = load_anywhere(nr, nr_jumps);
	KTEST_CHECK(disk.nr_reads <= 16 * nr_met && disk.nr_read_calls <= nr_met + nr_met / 32);
	unmap_counted();
	KTEST_REQUIRE(map_counted(VM_RW | VM_RAND_READ, nr));
	load_anywhere(nr, nr_jumps);
	KTEST_CHECK(disk.nr_reads <= nr_jumps && disk.nr_reads == disk.nr_read_calls);
	unmap_counted();
}

KTEST(pagecache_shared_mapping_is_written_back)
{
	struct mm *mm;
	u32 word;

	KTEST_REQUIRE(disk_open(&disk, NR_BLOCKS * PAGE_SIZE));
	mm = map_disk(VM_RW | VM_SHARED, NR_BLOCKS);
	KTEST_REQUIRE(mm);
	KTEST_CHECK(put_user_u32(BASE + 3 * PAGE_SIZE, 5) == 0);
	KTEST_CHECK(pagecache_read_kernel(&disk.mapping, 3 * PAGE_SIZE, &word, 4) == 4 &&
		    word == 5);
	KTEST_CHECK(disk.mapping.nr_dirty == 1);
	KTEST_CHECK(mapping_writeback(&disk.mapping, 0, UINT64_MAX, true) == 0);
	KTEST_CHECK(*(u32 *)(disk.blocks + 3 * PAGE_SIZE) == 5 && disk.mapping.nr_dirty == 0);
	KTEST_CHECK(put_user_u32(BASE + 3 * PAGE_SIZE, 6) == 0);
	KTEST_CHECK(disk.mapping.nr_dirty == 1);
	mm_put(mm_switch(NULL));
	KTEST_CHECK(mapping_writeback(&disk.mapping, 0, UINT64_MAX, true) == 0);
	KTEST_CHECK(*(u32 *)(disk.blocks + 3 * PAGE_SIZE) == 6);
	disk_close(&disk);
}

/* The page is cleaned between pin and copy. */
KTEST(pagecache_read_into_shared_mapping_is_written_back)
{
	struct mm *mm;
	struct uio uio;
	u32 word = 7;

	KTEST_REQUIRE(disk_open(&disk, NR_BLOCKS * PAGE_SIZE));
	mm = map_disk(VM_RW | VM_SHARED, NR_BLOCKS);
	KTEST_REQUIRE(mm);
	uio_init_user(&uio, UIO_TO_MEMORY, BASE + 3 * PAGE_SIZE, sizeof(word));
	KTEST_CHECK(uio_pin(&uio, sizeof(word)) == sizeof(word));
	KTEST_CHECK(mapping_writeback(&disk.mapping, 0, UINT64_MAX, true) == 0);
	KTEST_CHECK(disk.mapping.nr_dirty == 0);
	uio_copy_to(&uio, &word, sizeof(word));
	uio_unpin(&uio);
	KTEST_CHECK(disk.mapping.nr_dirty == 1);
	mm_put(mm_switch(NULL));
	KTEST_CHECK(mapping_writeback(&disk.mapping, 0, UINT64_MAX, true) == 0);
	KTEST_CHECK(*(u32 *)(disk.blocks + 3 * PAGE_SIZE) == 7);
	disk_close(&disk);
}

/* As when the last owner has given up the page, and has yet to take it off its list: that stays his. */
KTEST(pagecache_reclaim_leaves_a_dying_page_alone)
{
	struct page *page = page_alloc(GFP_KERNEL);

	KTEST_REQUIRE(page);
	lru_add(page);
	atomic_dec(&page->refcount);
	drop_pagecache();
	KTEST_CHECK(page_refcount(page) == 0 && page_test(page, PG_lru));
	atomic_inc(&page->refcount);
	page_put(page);
	KTEST_CHECK(!page_test(page, PG_lru));
}

KTEST(pagecache_truncation_unmaps)
{
	struct mm *mm;
	u32 word;

	KTEST_REQUIRE(disk_open(&disk, 8 * PAGE_SIZE));
	mm = map_disk(VM_RW, NR_BLOCKS);
	KTEST_REQUIRE(mm);
	KTEST_CHECK(get_user_u32(&word, BASE + 7 * PAGE_SIZE) == 0);
	KTEST_CHECK(put_user_u32(BASE + 6 * PAGE_SIZE, 1) == 0);
	KTEST_CHECK(get_user_u32(&word, BASE + 8 * PAGE_SIZE) == -EFAULT);
	KTEST_CHECK(fault_handle(mm, BASE + 8 * PAGE_SIZE, FAULT_READ) == FAULT_BUS);
	mapping_truncate(&disk.mapping, 4 * PAGE_SIZE + 10);
	KTEST_CHECK(disk.mapping.nr_pages == 5 && mm_rss_pages(mm) == 5);
	KTEST_CHECK(get_user_u32(&word, BASE + 6 * PAGE_SIZE) == -EFAULT);
	KTEST_CHECK(get_user_u32(&word, BASE + 4 * PAGE_SIZE + 8) == 0);
	KTEST_CHECK(word >> 16 == 0 && word != 0);
	mapping_truncate(&disk.mapping, 8 * PAGE_SIZE);
	KTEST_CHECK(get_user_u32(&word, BASE + 6 * PAGE_SIZE) == 0);
	mm_put(mm_switch(NULL));
	mapping_truncate(&disk.mapping, 0);
	KTEST_CHECK(disk.mapping.nr_pages == 0 && disk.mapping.nr_dirty == 0);
	disk_close(&disk);
}

KTEST(pagecache_larger_than_memory_is_reclaimed)
{
	u64 nr_pages = nr_total_pages() + nr_total_pages() / 8;
	u8 byte;

	disk = (struct disk){.blocks = NULL};
	mapping_init(&disk.mapping, &disk_ops, &disk, nr_pages * PAGE_SIZE);
	for (u64 i = 0; i < nr_pages; i++) {
		byte = i + 1;
		if (pagecache_read_kernel(&disk.mapping, i * PAGE_SIZE, &byte, 1) != 1 ||
		    byte != (u8)i) {
			KTEST_CHECK(!"read failed");
			break;
		}
	}
	KTEST_CHECK(disk.mapping.nr_pages < nr_total_pages());
	mapping_destroy(&disk.mapping);
}
