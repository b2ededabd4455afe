#pragma once

/*
 * The lock bit of a page-cache page, and waiting for I/O on it.
 *
 * PG_locked protects what a page is: its place in a mapping, whether its contents are valid, and
 * its truncation. It may be taken by one thread and given back by the interrupt that ends a read.
 * Rank PAGE; several pages are locked in the order of their index. PG_writeback is set while a page
 * is being written; nobody holds the page lock for that long.
 */

#include "mem/page.h"

static inline bool
page_trylock(struct page *page)
{
	return page_test_and_set(page, PG_locked);
}

/* Sleeps. => the caller has a reference */
void page_lock(struct page *page);
/* Any context. */
void page_unlock(struct page *page);

/* Sleep until the page is not locked (but take no lock). => the caller has a reference */
void page_wait_unlocked(struct page *page);
/* Sleep until the page is not being written. => the caller has a reference */
void page_wait_writeback(struct page *page);

/*
 * Sleep until pending(page, arg) is false. Without a reference: it is for `pending` to find out whether the
 * page is still there, with a lock that keeps it there, and to ask page_writeback_pending() then.
 * => false: deadline_ns (clock_now_ns) passed before
 */
bool page_wait_pending(struct page *page, bool (*pending)(struct page *page, void *arg), void *arg,
		       u64 deadline_ns);
/* => true: it is being written, and the end of that will wake page_wait_pending(). The page is there. */
bool page_writeback_pending(struct page *page);

/*
 * For whoever does the I/O of a mapping (the done() of a bio); any context; exactly once per page.
 * The page may be gone when they return. error: 0 or -errno.
 */
void page_read_done(struct page *page, int error);     /* makes it valid, or not; unlocks it */
void page_end_writeback(struct page *page, int error); /* error is kept in the mapping */
void page_writeback_done(struct page *page);	       /* the same for a page without a mapping */

static inline bool
page_locked(const struct page *page)
{
	return page_test(page, PG_locked);
}

static inline bool
page_uptodate(const struct page *page)
{
	return page_test(page, PG_uptodate);
}

/* Contents are valid from now on. Orders them before the flag. => page locked */
void page_set_uptodate(struct page *page);

void page_lock_init(void);
