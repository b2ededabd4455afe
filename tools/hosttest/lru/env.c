#include "lru/env.h"

#include "hosttest.h"
#include "mem/env.h"
#include "mem/tlb_deferred.h"
#include "vm/page_lock.h"
#include "vm/reclaim_policy.h"
#include "vm/rmap.h"

#include <string.h>

bool env_accessed[ENV_NR_PAGES];

void
cond_resched(void)
{
	env_check_idle();
}

void
page_unlock(struct page *page)
{
	CHECK(page_locked(page));
	page_clear(page, PG_locked);
}

bool
page_writeback_pending(struct page *page)
{
	return page_test(page, PG_writeback);
}

/* The I/O is over as soon as somebody waits for it, unless he has no time. */
bool
page_wait_pending(struct page *page, bool (*pending)(struct page *page, void *arg), void *arg,
		  u64 deadline_ns)
{
	env_check_idle();
	if (pending(page, arg) && deadline_ns > 0)
		page_clear(page, PG_writeback);
	env_check_idle();
	return !pending(page, arg);
}

u32
rmap_test_and_clear_accessed(struct page *page, struct tlb_deferred *deferred)
{
	bool *bit = &env_accessed[page_to_pfn(page) - ENV_START];
	bool was = *bit;

	(void)deferred;
	CHECK(page_locked(page));
	*bit = false;
	return was ? RMAP_ACCESSED : 0;
}

void
tlb_deferred_flush(struct tlb_deferred *deferred)
{
	(void)deferred;
	env_check_idle();
}

int
bootarg_get(const char *key, char *value, size_t size)
{
	(void)key;
	(void)value;
	(void)size;
	return -1;
}

void
env_lru_create(void)
{
	env_zones_create(ENV_START, ENV_NR_PAGES, ENV_NORMAL_PFN, ENV_START + ENV_NR_PAGES);
	memset(lrus, 0, sizeof(lrus));
	memset(lru_slots, 0, sizeof(lru_slots));
	memset(env_accessed, 0, sizeof(env_accessed));
	reclaim_policy = &policy_lru;
	lru_init();
}
