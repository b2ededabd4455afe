/* Free pages on the lists of harts go back to the buddy when somebody asks for them. */

#include "ktest/ktest.h"
#include "lib/err.h"
#include "mem/page_alloc.h"
#include "mem/pcp.h"
#include "sched/sched.h"

#define NR_PAGES 32
/* What kernel threads that go about their business may have put there meanwhile. */
#define NR_OTHERS 16
#define NR_DRAINS 20

static u32 nr_begun, nr_ended; /* atomic */

static u64
pages_on_lists(void)
{
	u64 nr = 0;

	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		for (unsigned i = 0; i < NR_ZONES; i++)
			nr += pcp_nr(&zones[i].pcp[cpu]);
	return nr;
}

/* Takes pages and gives them back, when there is a thread for each hart. */
static void
list_fill(void *arg)
{
	struct page *pages[NR_PAGES];

	(void)arg;
	for (unsigned i = 0; i < NR_PAGES; i++)
		pages[i] = page_alloc(GFP_KERNEL);
	__atomic_fetch_add(&nr_begun, 1, __ATOMIC_SEQ_CST);
	while (READ_ONCE(nr_begun) < nr_cpus)
		sched_yield();
	for (unsigned i = 0; i < NR_PAGES; i++)
		if (pages[i])
			page_put(pages[i]);
	__atomic_fetch_add(&nr_ended, 1, __ATOMIC_SEQ_CST);
}

KTEST(pcp_drain_all_empties_every_list)
{
	nr_begun = nr_ended = 0;
	for (u32 cpu = 0; cpu < nr_cpus; cpu++)
		KTEST_REQUIRE(!IS_ERR(kthread_start("list", list_fill, NULL)));
	while (READ_ONCE(nr_ended) < nr_cpus)
		sched_yield();
	KTEST_CHECK(pages_on_lists() > NR_OTHERS);
	/* Threads that end give pages back at any time: one drain of several finds none of that. */
	for (unsigned i = 0; i < NR_DRAINS && pages_on_lists() > NR_OTHERS; i++)
		pcp_drain_all();
	KTEST_CHECK(pages_on_lists() <= NR_OTHERS);
}
