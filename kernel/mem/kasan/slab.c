/*
 * Objects of slab caches. The debugging of mem/slab, which a KASAN build always has, gives each object
 * red zones and the backtraces of its allocation and its free; here the shadow follows them.
 *
 * Quarantine: a freed object does not go back to its cache at once, or the next allocation would
 * get it and a use after free would hit an allocated object. The last QUARANTINE_OBJECTS freed
 * objects wait in a ring, as long as they are not more than QUARANTINE_BYTES.
 */

#include "mem/kasan/shadow.h"

#include "core/panic.h"
#include "core/spinlock.h"
#include "lib/compiler.h"
#include "mem/slab/debug.h"
#include "mem/slab/watch.h"

#define QUARANTINE_OBJECTS 2048
#define QUARANTINE_BYTES   (512UL << 10)

struct kept {
	struct kmem_cache *cache;
	void *object;
};

static struct spinlock quarantine_lock = SPINLOCK_INIT("quarantine", RANK_TIMER);
static struct kept ring[QUARANTINE_OBJECTS]; /* quarantine_lock, like the next */
static u64 nr_in, nr_out, bytes_kept;

static void
object_allocated(struct kmem_cache *cache, void *object, size_t size, gfp_t gfp)
{
	u64 start = (u64)object, used = ALIGN_UP(size, (size_t)GRANULE);
	u64 slot, end;

	(void)gfp;
	kasan_unpoison(object, size);
	if (!cache) {
		shadow_set(start + used, ksize(object) - used, SHADOW_PAGE_REDZONE);
		return;
	}
	slot = start - cache->object_offset;
	end = slot + cache->slot_size;
	shadow_set(slot, start - slot, SHADOW_SLAB_REDZONE);
	shadow_set(start + used, end - start - used, SHADOW_SLAB_REDZONE);
}

/* => irqs off, quarantine_lock held; the oldest, when there are too many. false: none */
static bool
take_oldest_locked(struct kept *oldest, u64 nr_max, u64 bytes_max)
{
	if (nr_in - nr_out <= nr_max && bytes_kept <= bytes_max)
		return false;
	*oldest = ring[nr_out++ % QUARANTINE_OBJECTS];
	bytes_kept -= oldest->cache->slot_size;
	return true;
}

static void
quarantine_trim(u64 nr_max, u64 bytes_max)
{
	struct kept oldest;
	bool found;

	do {
		u64 flags = spin_lock_irqsave(&quarantine_lock);

		found = nr_in != nr_out && take_oldest_locked(&oldest, nr_max, bytes_max);
		spin_unlock_irqrestore(&quarantine_lock, flags);
		if (found)
			slab_free_kept(oldest.cache, oldest.object);
	} while (found);
}

#define FREE_PATH_MAX 4

/* => called by the watcher itself; where its kfree() or kmem_cache_free() was called */
static ALWAYS_INLINE u64
freeing_caller(void)
{
	u64 callers[FREE_PATH_MAX + 1] = {0};

	backtrace_save(callers, ARRAY_SIZE(callers));
	return callers[slab_free_depth];
}

static ALWAYS_INLINE void
note_free(struct kmem_cache *cache, void *object)
{
	char *slot = (char *)object - cache->object_offset;
	struct slot_info *info = (struct slot_info *)(slot + cache->info_offset);

	if (cache->flags & SLAB_STORE_USER)
		debug_track(&info->freed, slab_free_depth);
}

/* => false: it is kept */
static bool
object_freed(struct kmem_cache *cache, void *object)
{
	u8 shadow = *shadow_of((u64)object);
	u64 flags;

	if (shadow == SHADOW_SLAB_FREE || shadow == SHADOW_PAGE_FREE)
		kasan_report_free(object, "double-free", freeing_caller());
	else if (shadow >= GRANULE)
		kasan_report_free(object, "invalid-free", freeing_caller());
	if (!cache)
		return true;
	note_free(cache, object);
	shadow_set((u64)object, ALIGN_UP(cache->object_size, GRANULE), SHADOW_SLAB_FREE);
	quarantine_trim(QUARANTINE_OBJECTS - NR_CPUS, QUARANTINE_BYTES);
	flags = spin_lock_irqsave(&quarantine_lock);
	if (nr_in - nr_out == QUARANTINE_OBJECTS) {
		spin_unlock_irqrestore(&quarantine_lock, flags);
		return true;
	}
	ring[nr_in++ % QUARANTINE_OBJECTS] = (struct kept){cache, object};
	bytes_kept += cache->slot_size;
	spin_unlock_irqrestore(&quarantine_lock, flags);
	return false;
}

void
kasan_slot_unused(void *slot, size_t bytes)
{
	shadow_set((u64)slot, bytes, SHADOW_SLAB_REDZONE);
}

void
kasan_quarantine_drain(void)
{
	quarantine_trim(0, 0);
}

void
kasan_slab_init(void)
{
	static struct slab_watcher watcher = {
		.allocated = object_allocated,
		.freed = object_freed,
	};

	slab_watch(&watcher);
}
