/*
 * Magazines and the depot of the slab allocator; the picture is in mem/slab/slab.c.
 *
 * A hart's second magazine, `previous`, is why a program that allocates and frees one object at the
 * border of a magazine does not go to the depot each time. When the depot has no full magazine, half
 * a one is filled from the slabs under one lock.
 *
 * A magazine is made when an object is freed and there is no room; when there is no memory for one the
 * object goes straight to its slab. Caches of magazines have none themselves.
 */

#include "mem/slab/slab.h"

/* Full magazines that the depot keeps; the objects of further ones go to their slabs. */
#define DEPOT_FULL_MAX 16

struct magazine no_magazine;

/* With its head of two words a magazine is 64, 128 or 256 bytes. */
static struct {
	u32 size, max_object;
	const char *name;
	struct kmem_cache *cache;
} kinds[] = {
	{30, 256, "magazine-30", NULL},
	{14, 1024, "magazine-14", NULL},
	{6, 1U << 31, "magazine-6", NULL},
};

u32
magazine_size_for(const struct kmem_cache *cache)
{
	/* The caches that come before the magazines. */
	if (!kinds[ARRAY_SIZE(kinds) - 1].cache)
		return 0;
	for (unsigned i = 0;; i++)
		if (cache->slot_size <= kinds[i].max_object)
			return kinds[i].size;
}

void INIT
magazine_init(void)
{
	for (unsigned i = 0; i < ARRAY_SIZE(kinds); i++)
		kinds[i].cache = kmem_cache_create(
			kinds[i].name, sizeof(struct magazine) + kinds[i].size * sizeof(void *), 0,
			SLAB_PANIC | SLAB_NO_DEBUG | SLAB_NOLEAKTRACE, NULL);
}

static struct kmem_cache *
cache_of_magazines(u32 size)
{
	unsigned i = 0;

	while (kinds[i].size != size)
		i++;
	return kinds[i].cache;
}

static struct magazine *
magazine_alloc(u32 size)
{
	struct magazine *magazine =
		size ? kmem_cache_alloc(cache_of_magazines(size), GFP_NOWAIT | GFP_NOWARN) : NULL;

	if (magazine) {
		magazine->nr = 0;
		magazine->size = size;
	}
	return magazine;
}

static void
magazine_free(struct magazine *magazine)
{
	if (magazine && magazine != &no_magazine)
		kmem_cache_free(cache_of_magazines(magazine->size), magazine);
}

static void
magazine_push(struct magazine **list, u32 *nr, struct magazine *magazine)
{
	magazine->next = *list;
	*list = magazine;
	(*nr)++;
}

static struct magazine *
magazine_pop(struct magazine **list, u32 *nr)
{
	struct magazine *magazine = *list;

	if (magazine) {
		*list = magazine->next;
		(*nr)--;
	}
	return magazine;
}

/* Its objects to their slabs. => interrupts off; the magazine is nobody's */
static void
magazine_drain(struct slab_cache *cache, struct magazine *magazine)
{
	while (magazine->nr > 0) {
		struct slab *gone = NULL;

		slab_lock(cache);
		while (magazine->nr > 0 && !gone)
			gone = slab_put_locked(cache, magazine->objects[--magazine->nr]);
		spin_unlock(&cache->lock);
		if (gone)
			slab_destroy(cache, gone);
	}
}

/* An empty magazine goes to the depot, or nowhere when it is no_magazine. => lock held */
static void
depot_put_empty_locked(struct slab_cache *cache, struct magazine *magazine)
{
	if (magazine != &no_magazine)
		magazine_push(&cache->depot_empty, &cache->nr_depot_empty, magazine);
}

/* Both magazines are empty: a full one of the depot, or some objects of the slabs. */
static void *
refill_locked(struct slab_cache *cache, struct slab_cpu *cpu, gfp_t gfp)
{
	struct magazine *full = magazine_pop(&cache->depot_full, &cache->nr_depot_full);
	void *object;

	if (full) {
		depot_put_empty_locked(cache, cpu->previous);
		cpu->previous = cpu->loaded;
		cpu->loaded = full;
		return full->objects[--full->nr];
	}
	object = slab_take_locked(cache, gfp);
	while (object && cpu->loaded->nr < cpu->loaded->size / 2) {
		void *more = slab_take_locked(cache, gfp);

		if (!more)
			break;
		cpu->loaded->objects[cpu->loaded->nr++] = more;
	}
	return object;
}

/* => interrupts off; NULL when a new slab is needed */
static void *
alloc_cached(struct slab_cache *cache, gfp_t gfp)
{
	struct slab_cpu *cpu = &cache->cpu[cpu_id()];
	struct magazine *loaded = cpu->loaded;
	void *object;

	if (cpu->previous->nr > 0) {
		cpu->loaded = cpu->previous;
		cpu->previous = loaded;
		return cpu->loaded->objects[--cpu->loaded->nr];
	}
	slab_lock(cache);
	object = refill_locked(cache, cpu, gfp);
	spin_unlock(&cache->lock);
	return object;
}

/* Interrupts are on while the buddy is asked, so the hart may have changed afterwards. */
void *
slab_alloc_slow(struct slab_cache *cache, gfp_t gfp, u64 flags)
{
	void *object;

	while (!(object = alloc_cached(cache, gfp))) {
		irq_restore(flags);
		if (!slab_grow(cache, gfp))
			return NULL;
		flags = irq_save();
	}
	irq_restore(flags);
	return object;
}

/* Straight from a slab whose frames devices reach. */
static void *
alloc_dma(struct slab_cache *cache, gfp_t gfp)
{
	for (;;) {
		u64 flags = irq_save();
		void *object;

		slab_lock(cache);
		object = slab_take_locked(cache, gfp);
		spin_unlock(&cache->lock);
		irq_restore(flags);
		if (object || !slab_grow(cache, gfp))
			return object;
	}
}

/* The full magazine `previous` to the depot; `loaded`, full too, takes its place. */
static void
depot_exchange(struct slab_cache *cache, struct slab_cpu *cpu, struct magazine *empty)
{
	struct magazine *full = cpu->previous, *surplus = NULL;

	slab_lock(cache);
	cpu->previous = cpu->loaded;
	cpu->loaded = empty;
	if (full == &no_magazine)
		;
	else if (cache->nr_depot_full < DEPOT_FULL_MAX)
		magazine_push(&cache->depot_full, &cache->nr_depot_full, full);
	else
		surplus = full;
	spin_unlock(&cache->lock);
	if (!surplus)
		return;
	magazine_drain(cache, surplus);
	magazine_free(surplus);
}

/* => interrupts off */
static void
free_to_slab(struct slab_cache *cache, void *object)
{
	struct slab *gone;

	slab_lock(cache);
	gone = slab_put_locked(cache, object);
	spin_unlock(&cache->lock);
	if (gone)
		slab_destroy(cache, gone);
}

/* `loaded` is full. */
void
slab_free_slow(struct slab_cache *cache, void *object, u64 flags)
{
	struct slab_cpu *cpu = &cache->cpu[cpu_id()];
	struct magazine *loaded = cpu->loaded, *empty;

	if (cpu->previous->nr == 0 && cpu->previous->size > 0) {
		cpu->loaded = cpu->previous;
		cpu->previous = loaded;
	} else {
		slab_lock(cache);
		empty = magazine_pop(&cache->depot_empty, &cache->nr_depot_empty);
		spin_unlock(&cache->lock);
		if (!empty)
			empty = magazine_alloc(cache->magazine_size);
		if (empty)
			depot_exchange(cache, cpu, empty);
	}
	if (cpu->loaded->nr < cpu->loaded->size)
		cpu->loaded->objects[cpu->loaded->nr++] = object;
	else
		free_to_slab(cache, object);
	irq_restore(flags);
}

void *
cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	if (unlikely(gfp & GFP_BIT_DMA))
		return alloc_dma(slab_cache_of(cache), gfp);
	return slab_alloc(slab_cache_of(cache), gfp);
}

void
cache_free(struct kmem_cache *cache, void *slot)
{
	slab_free(slab_cache_of(cache), slot);
}

size_t
cache_alloc_bulk(struct kmem_cache *common, gfp_t gfp, size_t nr, void **slots)
{
	struct slab_cache *cache = slab_cache_of(common);
	size_t n = 0;

	while (n < nr) {
		u64 flags = irq_save();
		struct magazine *loaded = cache->cpu[cpu_id()].loaded;

		while (n < nr && loaded->nr > 0 && !(gfp & GFP_BIT_DMA))
			slots[n++] = loaded->objects[--loaded->nr];
		irq_restore(flags);
		if (n == nr)
			break;
		slots[n] = cache_alloc(common, gfp);
		if (!slots[n])
			break;
		n++;
	}
	return n;
}

void
cache_free_bulk(struct kmem_cache *cache, size_t nr, void **slots)
{
	u64 flags = irq_save();

	for (size_t i = 0; i < nr; i++) {
		cache_check_slot(cache, slots[i]);
		slab_free(slab_cache_of(cache), slots[i]);
	}
	irq_restore(flags);
}

void
slab_cpu_flush(struct slab_cache *cache, struct slab_cpu *cpu)
{
	struct magazine *loaded = cpu->loaded, *previous = cpu->previous;

	slab_lock(cache);
	cpu->loaded = cpu->previous = &no_magazine;
	spin_unlock(&cache->lock);
	magazine_drain(cache, loaded);
	magazine_drain(cache, previous);
	magazine_free(loaded);
	magazine_free(previous);
}

void
slab_depot_flush(struct slab_cache *cache)
{
	struct magazine *magazine;

	do {
		slab_lock(cache);
		magazine = magazine_pop(&cache->depot_full, &cache->nr_depot_full);
		if (!magazine)
			magazine = magazine_pop(&cache->depot_empty, &cache->nr_depot_empty);
		spin_unlock(&cache->lock);
		if (magazine)
			magazine_drain(cache, magazine);
		magazine_free(magazine);
	} while (magazine);
}
