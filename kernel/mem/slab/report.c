/* What is known about an object, in words. Goes through printk, so that dmesg has it, too. */

#include "core/clock.h"
#include "core/cpu.h"
#include "core/ksyms.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/string.h"
#include "mem/kasan.h"
#include "mem/slab/debug.h"

#define TRACK_SKIP_MAX 5

#define DUMP_BYTES 16

void
debug_track(struct slab_track *track, unsigned nr_inner)
{
	const struct thread_info *ti = current_thread_info;
	u64 callers[TRACK_DEPTH + TRACK_SKIP_MAX];
	/* The first address lies in this function. */
	unsigned skip = nr_inner + 1, nr = backtrace_save(callers, TRACK_DEPTH + skip);

	assert(skip <= TRACK_SKIP_MAX);
	memset(track, 0, sizeof(*track));
	track->when_ns = MAX(clock_now_ns(), 1UL);
	track->pid = ti->pid;
	track->cpu = ti->cpu_id;
	strlcpy(track->task, ti->name ? ti->name : "?", sizeof(track->task));
	for (unsigned i = skip; i < nr; i++)
		track->callers[i - skip] = callers[i];
}

static void
track_print(const struct slab_track *track, const char *what, u64 now_ns)
{
	if (!track->when_ns) {
		pr_err("  never %s", what);
		return;
	}
	pr_err("  %s by \"%s\" (pid %u) on cpu %u, %lu us ago", what, track->task, track->pid,
	       track->cpu, (now_ns - track->when_ns) / NSEC_PER_USEC);
	for (unsigned i = 0; i < TRACK_DEPTH && track->callers[i]; i++) {
		u64 offset;
		const char *name = ksyms_lookup(track->callers[i] - 1, &offset);

		pr_err("    [%016lx] %s+%#lx", track->callers[i], name ? name : "?", offset + 1);
	}
}

void
debug_describe(const struct kmem_cache *cache, const void *slot)
{
	const struct slot_info *info = (void *)((char *)slot + cache->info_offset);
	bool known = cache->flags & SLAB_DEBUG_MASK && debug_has_record(cache, slot);
	const char *state = "";
	u64 now_ns = clock_now_ns();

	if (known)
		state = debug_is_allocated(cache, slot) ? ", allocated" : ", free";
	else if (cache->flags & SLAB_DEBUG_MASK)
		state = ", whose record is destroyed";
	pr_err("  object %p of cache %s, %u bytes%s", (char *)slot + cache->object_offset,
	       cache->name, cache->object_size, state);
	if (!known || !(cache->flags & SLAB_STORE_USER))
		return;
	track_print(&info->allocated, "allocated", now_ns);
	track_print(&info->freed, "freed", now_ns);
}

static void
dump_line(const u8 *bytes)
{
	static const char digits[] = "0123456789abcdef";
	char text[3 * DUMP_BYTES + 1];

	for (int i = 0; i < DUMP_BYTES; i++) {
		text[3 * i] = ' ';
		text[3 * i + 1] = digits[bytes[i] >> 4];
		text[3 * i + 2] = digits[bytes[i] & 15];
	}
	text[3 * DUMP_BYTES] = '\0';
	pr_err("  %p:%s", bytes, text);
}

/* The line of the first bad byte, and its neighbours within the slot. */
static void
dump_around(const struct kmem_cache *cache, const void *slot, const void *bad)
{
	u64 middle = ALIGN_DOWN((u64)bad, DUMP_BYTES), start = (u64)slot;

	for (u64 at = middle - DUMP_BYTES; at <= middle + DUMP_BYTES; at += DUMP_BYTES)
		if (at >= start && at + DUMP_BYTES <= start + cache->slot_size)
			dump_line((const u8 *)at);
}

void
debug_report(struct kmem_cache *cache, void *slot, const void *bad, u8 expected, const char *what)
{
	const char *object = (char *)slot + cache->object_offset;

	kasan_stop();
	pr_err("slab: %s", what);
	if (bad)
		pr_err("  first bad byte at %p, object%+ld: %#x instead of %#x", bad,
		       (long)((const char *)bad - object), *(const u8 *)bad, expected);
	debug_describe(cache, slot);
	if (bad)
		dump_around(cache, slot, bad);
	panic("slab: %s: object %p of cache %s", what, object, cache->name);
}

void
cache_bad_free(const struct kmem_cache *cache, const void *kva, const char *why)
{
	kasan_stop();
	pr_err("slab: %p is freed to cache %s", kva, cache->name);
	slab_describe(kva);
	panic("slab: wrong free: %p freed to cache %s: %s", kva, cache->name, why);
}

bool
slab_describe(const void *kva)
{
	void *slot;
	struct kmem_cache *cache = cache_find(kva, &slot);

	if (!cache)
		return false;
	debug_describe(cache, slot);
	return true;
}
