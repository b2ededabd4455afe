/* What swap asks of its disk. */

#include "ktest/ktest.h"
#include "ktest/swap_disk.h"
#include "mem/vmstat.h"
#include "vm/swap.h"

#define NR	 64
#define NR_SLOTS 256 /* of which less than half are used: who reads keeps the slot */
#define SECTORS	 (PAGE_SIZE / SECTOR_SIZE)

/* Read one after the other: soon a request has eight pages. */
KTEST(swap_reads_neighbours_together)
{
	u64 reads, pages;
	struct mm *mm;

	KTEST_REQUIRE(swap_disk_on(NR_SLOTS, 0));
	mm = program_enter(NR);
	KTEST_REQUIRE(mm);
	program_pageout(mm, 0, NR);
	KTEST_CHECK(atomic64_read(&mm->nr_swap) == NR);
	reads = swap_disk.bdev->stats.reads;
	pages = vmstat_get(PSWPIN);
	KTEST_CHECK(program_holds(0, NR));
	KTEST_CHECK(vmstat_get(PSWPIN) - pages == NR);
	KTEST_CHECK(swap_disk.bdev->stats.reads - reads <= NR / 4);
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

/* Read here and there: nothing is read that nobody wants. */
KTEST(swap_reads_strangers_alone)
{
	struct mm *mm;
	u64 pages;

	KTEST_REQUIRE(swap_disk_on(NR_SLOTS, 0));
	mm = program_enter(NR);
	KTEST_REQUIRE(mm);
	program_pageout(mm, 0, NR);
	pages = vmstat_get(PSWPIN);
	for (u64 i = 8; i < NR; i += 8)
		KTEST_CHECK(program_holds(i, 1));
	KTEST_CHECK(vmstat_get(PSWPIN) - pages == NR / 8 - 1);
	program_leave();
	KTEST_CHECK(swap_disk_off());
}

/* => discards of a swapon with these flags */
static unsigned
discards(u32 flags)
{
	unsigned nr = UINT32_MAX;

	if (swap_disk_on(NR_SLOTS, flags)) {
		nr = swap_disk.nr_discards;
		KTEST_CHECK(swap_disk_off());
	}
	return nr;
}

/* All slots but the header, before any is used, if the user wants that. */
KTEST(swap_discards_at_swapon)
{
	KTEST_CHECK(discards(0) == 0);
	KTEST_CHECK(discards(SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_PAGES) == 0);
	KTEST_CHECK(discards(SWAP_FLAG_DISCARD) == 1);
	KTEST_CHECK(discards(SWAP_FLAG_DISCARD | SWAP_FLAG_DISCARD_ONCE) == 1);
	KTEST_CHECK(swap_disk.discard_sector == SECTORS);
	KTEST_CHECK(swap_disk.nr_discard_sectors == (NR_SLOTS - 1) * SECTORS);
}
