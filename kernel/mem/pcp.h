#pragma once

/* Per-CPU lists of single pages: what page_fast.c needs of mem/pcp.c. Interrupts are off throughout. */

#include "core/cpu.h"
#include "mem/kasan.h"
#include "mem/zone.h"

/* Pages on the hot stack; of another hart: about so many. */
static inline u64
pcp_nr_hot(const struct page_list_cpu *pcp)
{
	s64 nr = (s64)(READ_ONCE(pcp->nr_freed) - READ_ONCE(pcp->nr_allocated)) + pcp->magazine -
		 READ_ONCE(pcp->limit);

	return MAX(nr, 0L);
}

/* Pages in the list now. */
static inline u64
pcp_nr(const struct page_list_cpu *pcp)
{
	return pcp_nr_hot(pcp) + READ_ONCE(pcp->nr_cold);
}

/* This hart's. Signed, for a signed word is an index as it is loaded. */
static ALWAYS_INLINE struct page_list_cpu *
pcp_mine(struct zone *zone)
{
	return &zone->pcp[(s32)cpu_id()];
}

/* => NULL when the hot stack is empty */
static ALWAYS_INLINE struct page *
pcp_pop(struct page_list_cpu *pcp)
{
	struct page *page = pcp->hot;

	if (unlikely(!page))
		return NULL;
	pcp->hot = page->next_free;
	pcp->nr_allocated++;
	return page;
}

/* => false: the hot stack is over its size now, pcp_exchange() is due */
static ALWAYS_INLINE bool
pcp_push(struct page_list_cpu *pcp, struct page *page)
{
	kasan_page_free(page, 0);
	page->flags = 1U << PG_pcp;
	page->next_free = pcp->hot;
	pcp->hot = page;
	pcp->nr_freed++;
	return likely((s64)(pcp->nr_freed - pcp->nr_allocated) <= pcp->limit);
}

/* A free frame, on no list any more, becomes a page with one owner. */
static ALWAYS_INLINE void
page_prepare(struct page *page)
{
	kasan_page_alloc(page, 0);
	page->flags = 0;
	page->refcount = (atomic_t)ATOMIC_INIT(1);
	page->mapcount = (atomic_t)ATOMIC_INIT(0);
	page->owner = 0;
	page->private = 0;
}

/* The hot stack is empty: the cold one, or pages of the zone down to `reserve`. => one page, or NULL */
struct page *pcp_refill(struct zone *zone, u64 reserve);

/* The hot stack is full: it becomes the cold one, which goes back to the buddy. */
void pcp_exchange(struct zone *zone);

/*
 * The sizes of all harts' lists, by that of the zone. Any hart, while others use theirs: each follows
 * when its list is full or empty next.
 */
void pcp_set_sizes(struct zone *zone);

/* Give back what this hart keeps of one zone. Any context. */
void pcp_drain(struct zone *zone);
/* ... what all harts keep of all zones; they are interrupted. => may sleep, no lock is held */
void pcp_drain_all(void);
/* What a hart does when it is interrupted for that. */
void pcp_drain_if_asked(void);

/* Walk this hart's list; panics, naming what is wrong. */
void pcp_check(struct zone *zone);
