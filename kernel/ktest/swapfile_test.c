/*
 * A file becomes swap while somebody stores to a page of it: whoever had the page locked before the file
 * was claimed has marked it dirty when mapping_wait_stores() is over.
 */

#include "core/clock.h"
#include "ktest/instant_file.h"
#include "ktest/ktest.h"
#include "ktest/read_kernel.h"
#include "lib/err.h"
#include "sched/sched.h"
#include "vm/pagecache.h"

#define STORE_NS (20 * NSEC_PER_MSEC)

static struct mapping file;
static struct page *page;
static bool stored;

/* Has found the file to be none of swap, and is a while about it. */
static void
store_main(void *arg)
{
	(void)arg;
	task_sleep_ns(STORE_NS, false);
	WRITE_ONCE(stored, true);
	page_unlock(page);
}

KTEST(swapfile_waits_for_stores)
{
	u8 byte;

	stored = false;
	mapping_init(&file, &file_ops, NULL, 2 * PAGE_SIZE);
	KTEST_CHECK(pagecache_read_kernel(&file, PAGE_SIZE, &byte, 1) == 1);
	page = pagecache_find(&file, 1);
	KTEST_REQUIRE(page);
	page_lock(page);
	KTEST_REQUIRE(!IS_ERR(kthread_start("store", store_main, NULL)));
	mapping_wait_stores(&file);
	KTEST_CHECK(READ_ONCE(stored));
	page_lock(page);
	page_unlock(page);
	page_put(page);
	mapping_destroy(&file);
}
