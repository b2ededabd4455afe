#include "ktest/swap_disk.h"

#include "dev/ramdisk.h"
#include "ktest/ktest.h"
#include "lib/err.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"
#include "sched/sched.h"
#include "vm/lru.h"
#include "vm/mmap.h"
#include "vm/pageout.h"
#include "vm/pte_state.h"
#include "vm/swap.h"
#include "vm/swap_header.h"
#include "vm/usercopy.h"

#define SECTORS_PER_PAGE (PAGE_SIZE / SECTOR_SIZE)
#define VM_RW		 (VM_READ | VM_WRITE | VM_MAYALL)

struct swap_disk swap_disk;

static const struct block_device_ops *ram_ops;

static struct spinlock held_lock = SPINLOCK_INIT("swap_disk", RANK_DEVICE);

/* How many slots of a discard that is held does it write? */
static unsigned
overwritten_locked(const struct bio *bio)
{
	unsigned nr = 0;
	struct bio *held;

	list_for_each_entry(held, &swap_disk.held, link) {
		for (unsigned i = 0; held->op == BIO_DISCARD && i < bio->nr_segs; i++)
			nr += bio->sector + i * SECTORS_PER_PAGE - held->sector <
			      held->nr_discard_sectors;
	}
	return nr;
}

/* => true: the request waits for swap_disk_go_on() */
static bool
hold(struct bio *bio)
{
	bool held;

	spin_lock(&held_lock);
	held = (bio->op == BIO_WRITE && swap_disk.holds_writes) ||
	       (bio->op == BIO_DISCARD && swap_disk.holds_discards);
	if (bio->op == BIO_WRITE)
		swap_disk.nr_overwritten += overwritten_locked(bio);
	if (held)
		list_add_tail(&bio->link, &swap_disk.held);
	swap_disk.nr_held += held;
	spin_unlock(&held_lock);
	return held;
}

/* A RAM disk has nothing to discard, but it may be asked. */
static void
discard(struct bio *bio)
{
	swap_disk.nr_discards++;
	swap_disk.discard_sector = bio->sector;
	swap_disk.nr_discard_sectors = bio->nr_discard_sectors;
	bio_end(bio, 0);
}

static bool
is_bad(const struct bio *bio)
{
	u64 first = bio->sector / SECTORS_PER_PAGE;

	return bio->op == BIO_READ && swap_disk.bad_slot >= first &&
	       swap_disk.bad_slot < first + bio->nr_segs && swap_disk.bad_slot > 0;
}

static int
submit(struct block_device *bdev, struct bio *bio)
{
	if (hold(bio))
		return 0;
	if (is_bad(bio)) {
		bio_end(bio, -EIO);
		return 0;
	}
	if (bio->op != BIO_DISCARD)
		return ram_ops->submit(bdev, bio);
	discard(bio);
	return 0;
}

static const struct block_device_ops ops = {.submit = submit};

static int
header_write(u64 nr_slots)
{
	struct swap_header header = {.version = SWAP_VERSION, .last_page = nr_slots - 1};
	struct page *page = page_alloc(GFP_KERNEL | GFP_ZERO);
	int error = -ENOMEM;
	u8 *kva;

	if (page) {
		kva = page_to_kva(page);
		memcpy(kva + SWAP_HEADER_OFFSET, &header, sizeof(header));
		memcpy(kva + SWAP_MAGIC_OFFSET, SWAP_MAGIC, SWAP_MAGIC_BYTES);
		error = block_write(swap_disk.bdev, 0, page, 0, PAGE_SIZE);
		page_put(page);
	}
	return error;
}

/* The disk goes when the test has looked at it. */
static void
release(void *owner)
{
	(void)owner;
}

static int
area_on(u64 nr_slots, u32 flags)
{
	struct swap_source source = {
		.bdev = swap_disk.bdev,
		.extents = kzalloc(sizeof(struct swap_extent), GFP_KERNEL),
		.nr_extents = 1,
		.nr_pages = nr_slots,
		.path = kstrdup("ktest", GFP_KERNEL),
		.identity = swap_disk.bdev,
		.release = release,
	};
	int error = source.extents && source.path ? swap_on(&source, flags) : -ENOMEM;

	if (error) {
		kfree(source.extents);
		kfree(source.path);
	}
	return error;
}

bool
swap_disk_on(u64 nr_slots, u32 flags)
{
	struct block_device *bdev = ramdisk_create(nr_slots * PAGE_SIZE);

	if (IS_ERR_OR_NULL(bdev))
		return false;
	swap_disk = (struct swap_disk){.bdev = bdev};
	list_init(&swap_disk.held);
	ram_ops = bdev->ops;
	bdev->ops = &ops;
	bdev->has_discard = true;
	if (header_write(nr_slots) == 0 && area_on(nr_slots, flags) == 0)
		return true;
	ramdisk_destroy(bdev);
	return false;
}

bool
swap_disk_off(void)
{
	if (swap_off(swap_disk.bdev) != 0)
		return false;
	ramdisk_destroy(swap_disk.bdev);
	return true;
}

/* => NULL: no more */
static struct bio *
held_next(void)
{
	struct bio *bio = NULL;

	spin_lock(&held_lock);
	if (!list_empty(&swap_disk.held)) {
		bio = list_first_entry(&swap_disk.held, struct bio, link);
		list_del(&bio->link);
		swap_disk.nr_held--;
	}
	swap_disk.holds_writes = swap_disk.holds_discards = false;
	spin_unlock(&held_lock);
	return bio;
}

void
swap_disk_go_on(void)
{
	struct bio *bio;

	while ((bio = held_next()))
		submit(swap_disk.bdev, bio);
}

struct mm *
program_enter(u64 nr)
{
	struct mm *mm = mm_create();

	if (!mm)
		return NULL;
	mm_switch(mm);
	KTEST_CHECK(vma_map(mm, PROGRAM_BASE, nr * PAGE_SIZE, VM_RW, NULL, 0, MAP_PLACE_FIXED) ==
		    PROGRAM_BASE);
	for (u64 i = 0; i < nr; i++)
		KTEST_CHECK(put_user_u32(program_uva(i), i + 1) == 0);
	return mm;
}

void
program_leave(void)
{
	mm_put(mm_switch(NULL));
}

bool
program_holds(u64 first, u64 nr)
{
	u32 word;

	for (u64 i = first; i < first + nr; i++)
		if (get_user_u32(&word, program_uva(i)) < 0 || word != i + 1)
			return false;
	return true;
}

struct page *
program_page(struct mm *mm, u64 index)
{
	struct page *page = NULL;
	pte_t *ptep;

	spin_lock(&mm->pgt.lock);
	ptep = pgtable_lookup(&mm->pgt, program_uva(index));
	if (ptep && pte_has_page(pte_read(ptep))) {
		page = pte_page(pte_read(ptep));
		page_get(page);
	}
	spin_unlock(&mm->pgt.lock);
	return page;
}

void
program_pageout(struct mm *mm, u64 first, u64 nr)
{
	u64 isolated = lru_nr_isolated(LRU_ANON);

	rwsem_read_lock(&mm->lock);
	vma_pageout(mm, program_uva(first), program_uva(first + nr));
	rwsem_read_unlock(&mm->lock);
	for (unsigned i = 0; i < PATIENCE && lru_nr_isolated(LRU_ANON) > isolated; i++)
		task_sleep_ns(NSEC_PER_MSEC, false);
}
