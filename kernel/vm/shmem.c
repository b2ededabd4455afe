/*
 * A shared anonymous area is a mapping without a disk. A page of it is there from the first fault on, and
 * dirty even if nobody has stored to it: it leaves for swap alone.
 */

#include "vm/shmem.h"

#include "core/panic.h"
#include "core/refcount.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/slab.h"
#include "mem/vmstat.h"
#include "sched/task.h"
#include "vm/commit.h"
#include "vm/pagecache.h"

struct shmem {
	struct mapping mapping;
	refcount_t refs;
	u64 nr_promised; /* pages that count as committed */
};

static struct kmem_cache *shmem_cache;

static struct shmem *
shmem_of(struct mapping *mapping)
{
	return container_of(mapping, struct shmem, mapping);
}

static bool
shmem_get(struct mapping *mapping)
{
	return refcount_inc_not_zero(&shmem_of(mapping)->refs);
}

static void
shmem_put(struct mapping *mapping)
{
	struct shmem *shmem = shmem_of(mapping);

	if (!refcount_dec_and_test(&shmem->refs))
		return;
	mapping_destroy(mapping);
	vmstat_add(NR_COMMITTED, -(s64)shmem_of(mapping)->nr_promised);
	kmem_cache_free(shmem_cache, shmem);
}

static void
shmem_path(struct mapping *mapping, char *buf, size_t size)
{
	(void)mapping;
	strscpy(buf, "/dev/zero (deleted)", size);
}

static const struct mapping_ops shmem_ops = {
	.get = shmem_get,
	.put = shmem_put,
	.path = shmem_path,
};

struct mapping *
shmem_create(u64 bytes)
{
	struct shmem *shmem = kmem_cache_alloc(shmem_cache, GFP_KERNEL);

	if (!shmem)
		return NULL;
	mapping_init(&shmem->mapping, &shmem_ops, shmem, bytes);
	shmem->mapping.swapbacked = true;
	shmem->nr_promised = 0;
	refcount_set(&shmem->refs, 1);
	return &shmem->mapping;
}

int
shmem_promise(struct mapping *mapping)
{
	u64 nr_pages = DIV_ROUND_UP(mapping_size(mapping), PAGE_SIZE);

	if (!commit_allows(current->mm, nr_pages))
		return -ENOMEM;
	shmem_of(mapping)->nr_promised = nr_pages;
	vmstat_add(NR_COMMITTED, nr_pages);
	return 0;
}

void INIT
shmem_init(void)
{
	shmem_cache = kmem_cache_create("shmem", sizeof(struct shmem), 0, 0, NULL);
	assert(shmem_cache);
}
