#include "vm/shrinker.h"

#include "core/lock_rank.h"
#include "mem/vmstat.h"
#include "sched/rwsem.h"

static struct rwsem shrinkers_lock;
static LIST_HEAD(shrinkers);

void
shrinker_register(struct shrinker *shrinker)
{
	rwsem_write_lock(&shrinkers_lock);
	list_add_tail(&shrinker->link, &shrinkers);
	rwsem_write_unlock(&shrinkers_lock);
}

void
shrinker_unregister(struct shrinker *shrinker)
{
	rwsem_write_lock(&shrinkers_lock);
	list_del(&shrinker->link);
	rwsem_write_unlock(&shrinkers_lock);
}

u64
shrinkers_run(gfp_t gfp, unsigned priority)
{
	struct shrinker *shrinker;
	u64 freed = 0;

	if (!rwsem_read_trylock(&shrinkers_lock))
		return 0;
	list_for_each_entry(shrinker, &shrinkers, link) {
		u64 nr = shrinker->count();

		if (nr == 0)
			continue;
		vmstat_add(SLABS_SCANNED, (nr >> priority) + 1);
		freed += shrinker->scan((nr >> priority) + 1, gfp);
	}
	rwsem_read_unlock(&shrinkers_lock);
	return freed;
}

void INIT
shrinker_init(void)
{
	rwsem_init(&shrinkers_lock, "shrinkers", RANK_PAGE);
}
