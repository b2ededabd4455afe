/* Caches are asked for as much of what they have as the step of reclaim looks at, however little it is. */

#include "ktest/ktest.h"
#include "vm/reclaim.h"
#include "vm/shrinker.h"

#define NR_OBJECTS 1000UL
#define PART_LOG2  3 /* as many small steps as ask for an eighth */

static u64 nr_asked, nr_calls;

static u64
objects_count(void)
{
	return NR_OBJECTS;
}

/* They stay: so each step sees as many. */
static u64
objects_scan(u64 nr, gfp_t gfp)
{
	(void)gfp;
	nr_asked += nr;
	nr_calls++;
	return 0;
}

static struct shrinker shrinker = {.name = "ktest", .count = objects_count, .scan = objects_scan};

static void
steps_take(unsigned nr, unsigned priority)
{
	nr_asked = nr_calls = 0;
	for (unsigned i = 0; i < nr; i++)
		shrinkers_run(GFP_KERNEL, priority);
}

KTEST(shrinkers_in_proportion)
{
	u64 part = NR_OBJECTS >> PART_LOG2;

	shrinker_register(&shrinker);
	steps_take(1 << (RECLAIM_PRIORITY - PART_LOG2), RECLAIM_PRIORITY);
	/* Somebody else's reclaim may ask meanwhile. */
	KTEST_CHECK(nr_asked >= part && nr_asked <= part + part / 10);
	steps_take(1, 1);
	KTEST_CHECK(nr_asked >= NR_OBJECTS / 2 && nr_asked <= NR_OBJECTS / 2 + part / 10);
	steps_take(1, 0);
	KTEST_CHECK(nr_asked >= NR_OBJECTS);
	shrinker_unregister(&shrinker);
}
