/*
 * Caches shrink in proportion: a look at a part of the lists of pages asks each for the same part of what it
 * has. Of a small cache that is less than one object, time and again; so what was not asked for is kept,
 * in parts of an object, for the next time. To ask for one at least would empty it within a few hundred
 * such looks, which is not a second of thrashing, and each `ls` would read its names from the disk again.
 */

#include "vm/shrinker.h"

#include "core/lock_rank.h"
#include "mem/vmstat.h"
#include "sched/rwsem.h"
#include "vm/reclaim.h"

static struct rwsem shrinkers_lock;
static LIST_HEAD(shrinkers);

void
shrinker_register(struct shrinker *shrinker)
{
	rwsem_write_lock(&shrinkers_lock);
	list_add(&shrinker->link, &shrinkers);
	rwsem_write_unlock(&shrinkers_lock);
}

void
shrinker_unregister(struct shrinker *shrinker)
{
	rwsem_write_lock(&shrinkers_lock);
	list_del(&shrinker->link);
	rwsem_write_unlock(&shrinkers_lock);
}

/* How many of its nr objects to ask for now. */
static u64
shrinker_share(struct shrinker *shrinker, u64 nr, unsigned priority)
{
	u64 parts, whole;

	if (priority == 0)
		return nr;
	parts = __atomic_exchange_n(&shrinker->owed, 0, __ATOMIC_RELAXED) +
		(nr << (RECLAIM_PRIORITY - priority));
	whole = parts >> RECLAIM_PRIORITY;
	__atomic_fetch_add(&shrinker->owed, parts - (whole << RECLAIM_PRIORITY), __ATOMIC_RELAXED);
	return MIN(whole, nr);
}

u64
shrinkers_run(gfp_t gfp, unsigned priority)
{
	struct shrinker *shrinker;
	u64 freed = 0;

	if (!rwsem_read_trylock(&shrinkers_lock))
		return 0;
	list_for_each_entry(shrinker, &shrinkers, link) {
		u64 nr = shrinker_share(shrinker, shrinker->count(), priority);

		if (nr == 0)
			continue;
		vmstat_add(SLABS_SCANNED, nr);
		freed += shrinker->scan(nr, gfp);
	}
	rwsem_read_unlock(&shrinkers_lock);
	return freed;
}

void INIT
shrinker_init(void)
{
	rwsem_init(&shrinkers_lock, "shrinkers", RANK_PAGE);
}
