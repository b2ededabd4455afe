#pragma once

/* Who else can give memory back when it runs out: caches of inodes, of names, of slabs. */

#include "lib/list.h"
#include "mem/gfp.h"

struct shrinker {
	const char *name;
	/* Objects that could be freed. No sleeping. */
	u64 (*count)(void);
	/*
	 * Free nr of them, or all if a part of them makes no sense; called by an allocating thread that
	 * may hold any sleeping lock: so only try locks, and heed gfp. => pages freed, without those
	 * of slabs that are empty now: the slabs' own shrinker tells these
	 */
	u64 (*scan)(u64 nr, gfp_t gfp);
	struct list_head link;
	u64 owed; /* what it was not asked for yet: parts of one object */
};

/* For ever, or until unregistered. Who came last is asked first, so the slabs' own is the first to come. */
void shrinker_register(struct shrinker *shrinker);
void shrinker_unregister(struct shrinker *shrinker);

/* Ask all for 1 / 2^priority of what they have; parts of an object add up. => pages freed */
u64 shrinkers_run(gfp_t gfp, unsigned priority);

/* Once, at boot. */
void shrinker_init(void);
