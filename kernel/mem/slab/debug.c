/*
 * Debugging of objects. An object is in one of two states, and everything around and, when it is
 * free, in it has a pattern that belongs to the state:
 *
 *			left red zone	object			right red zone	info.state
 *	free		bb bb bb bb	6b 6b 6b ... 6b a5	bb bb bb bb	free
 *	allocated	cc cc cc cc	(the user's)		cc cc cc cc	allocated
 *	just allocated	cc cc cc cc	5a 5a 5a ... 5a a5	cc cc cc cc	allocated
 *
 * The patterns are looked at whenever the state changes. So an overflow is found at the latest when
 * the object is freed, a write after the free when the memory is allocated again, a second free at
 * once. The right red zone of a kmalloc'ed object begins where the caller's bytes end.
 *
 * No lock: whoever allocates or frees an object is the only one who has it.
 */

#include "mem/slab/debug.h"

#include "core/machine.h"
#include "core/printk.h"
#include "lib/string.h"
#include "mem/kasan.h"

#define INFO_FREE      0x66726565736c6f74UL
#define INFO_ALLOCATED 0x616c6c6f63617465UL

static u32 flags_given;
/* Names that slab_debug= restricts it to, each with a comma before it; empty: all. */
static char names_given[128];

static const struct {
	char letter;
	u32 flag;
} letters[] = {
	{'F', SLAB_CONSISTENCY_CHECKS},
	{'Z', SLAB_RED_ZONE},
	{'P', SLAB_POISON},
	{'U', SLAB_STORE_USER},
};

static u32
flags_of_letters(const char *text)
{
	u32 flags = 0;

	for (; *text && *text != ','; text++) {
		u32 flag = 0;

		for (unsigned i = 0; i < ARRAY_SIZE(letters); i++)
			if ((*text & ~0x20) == letters[i].letter)
				flag = letters[i].flag;
		if (!flag && *text != '-')
			pr_warn("slab_debug: there is no option '%c'", *text);
		flags |= flag;
	}
	return flags;
}

void INIT
debug_init(void)
{
	char text[128];
	const char *names;

#if defined(DEBUG) || defined(KASAN)
	flags_given = SLAB_DEBUG_MASK;
#endif
	if (bootarg_get("slab_debug", text, sizeof(text)) < 0) {
		if (bootarg_flag("slab_debug"))
			flags_given = SLAB_DEBUG_MASK;
		return;
	}
	flags_given = text[0] == ',' ? SLAB_DEBUG_MASK : flags_of_letters(text);
	names = strchr(text, ',');
	if (names)
		strlcpy(names_given, names, sizeof(names_given));
}

/* A word ends at a comma or the end; a * at its end stands for anything. */
static bool
word_matches(const char *word, const char *name)
{
	for (; *word && *word != ',' && *word != '*'; word++, name++)
		if (*word != *name)
			return false;
	return *word == '*' || *name == '\0';
}

static bool
name_is_given(const char *name)
{
	if (!names_given[0])
		return true;
	for (const char *word = names_given; word; word = strchr(word + 1, ','))
		if (word_matches(word + 1, name))
			return true;
	return false;
}

bool
debug_is_on(void)
{
	return flags_given != 0;
}

u32
debug_flags(const char *name, u32 flags)
{
	if (flags & SLAB_NO_DEBUG || !name_is_given(name))
		return flags;
	return flags | flags_given;
}

size_t
slot_info_bytes(const struct kmem_cache *cache)
{
	if (cache->flags & SLAB_STORE_USER)
		return sizeof(struct slot_info);
	return offsetof(struct slot_info, allocated);
}

static struct slot_info *
info_of(const struct kmem_cache *cache, const void *slot)
{
	return (struct slot_info *)((char *)slot + cache->info_offset);
}

static u64
state_word(const struct kmem_cache *cache, const void *slot, u64 state)
{
	return state ^ (u64)slot ^ (u64)cache;
}

bool
debug_has_record(const struct kmem_cache *cache, const void *slot)
{
	return debug_is_allocated(cache, slot) ||
	       info_of(cache, slot)->state == state_word(cache, slot, INFO_FREE);
}

bool
debug_is_allocated(const struct kmem_cache *cache, const void *slot)
{
	return info_of(cache, slot)->state == state_word(cache, slot, INFO_ALLOCATED);
}

/* Where the right red zone ends. */
static size_t
red_end(const struct kmem_cache *cache)
{
	return ALIGN_UP((size_t)cache->object_offset + cache->object_size, sizeof(u64)) +
	       sizeof(u64);
}

/* ... and the left one. */
static size_t
left_red_end(const struct kmem_cache *cache)
{
	return cache->object_offset - (cache->flags & SLAB_KMALLOC ? kmalloc_owner_bytes : 0);
}

static void
red_zones_set(const struct kmem_cache *cache, void *slot, u8 pattern)
{
	const struct slot_info *info = info_of(cache, slot);
	size_t from = cache->object_offset + info->requested;

	if (!(cache->flags & SLAB_RED_ZONE))
		return;
	memset(slot, pattern, left_red_end(cache));
	memset((char *)slot + from, pattern, red_end(cache) - from);
}

static void
poison(const struct kmem_cache *cache, void *slot, u8 pattern)
{
	u8 *object = (u8 *)slot + cache->object_offset;
	size_t bytes = info_of(cache, slot)->requested;

	if (!(cache->flags & SLAB_POISON) || bytes == 0)
		return;
	memset(object, pattern, bytes - 1);
	object[bytes - 1] = POISON_END;
}

static void
bytes_check(struct kmem_cache *cache, void *slot, size_t from, size_t to, u8 pattern,
	    const char *what)
{
	const void *bad = memchr_inv((char *)slot + from, pattern, to - from);

	if (unlikely(bad))
		debug_report(cache, slot, bad, pattern, what);
}

static void
red_zones_check(struct kmem_cache *cache, void *slot, u8 pattern)
{
	size_t from = cache->object_offset + info_of(cache, slot)->requested;

	if (!(cache->flags & SLAB_RED_ZONE))
		return;
	bytes_check(cache, slot, 0, left_red_end(cache), pattern, "left red zone overwritten");
	bytes_check(cache, slot, from, red_end(cache), pattern, "right red zone overwritten");
}

static void
poison_check(struct kmem_cache *cache, void *slot)
{
	size_t from = cache->object_offset, to = from + info_of(cache, slot)->requested;

	if (!(cache->flags & SLAB_POISON) || from == to)
		return;
	bytes_check(cache, slot, from, to - 1, POISON_FREED, "use after free: poison overwritten");
	bytes_check(cache, slot, to - 1, to, POISON_END, "use after free: poison overwritten");
}

static void
free_check(struct kmem_cache *cache, void *slot)
{
	red_zones_check(cache, slot, RED_FREE);
	poison_check(cache, slot);
}

void
debug_slot_init(struct kmem_cache *cache, void *slot)
{
	struct slot_info *info = info_of(cache, slot);

	memset(info, 0, slot_info_bytes(cache));
	info->state = state_word(cache, slot, INFO_FREE);
	info->requested = cache->object_size;
	red_zones_set(cache, slot, RED_FREE);
	poison(cache, slot, POISON_FREED);
}

void
debug_alloc(struct kmem_cache *cache, void *slot, size_t size)
{
	struct slot_info *info = info_of(cache, slot);

	if (unlikely(info->state != state_word(cache, slot, INFO_FREE)))
		debug_report(cache, slot, &info->state, 0,
			     "the record of a free object is damaged");
	free_check(cache, slot);
	info->state = state_word(cache, slot, INFO_ALLOCATED);
	info->requested = size;
	red_zones_set(cache, slot, RED_ALLOCATED);
	poison(cache, slot, POISON_FRESH);
	if (cache->flags & SLAB_STORE_USER)
		debug_track(&info->allocated, 2);
}

void
debug_check_allocated(struct kmem_cache *cache, void *slot)
{
	const struct slot_info *info = info_of(cache, slot);

	cache_check_slot(cache, slot);
	if (unlikely(info->state == state_word(cache, slot, INFO_FREE)))
		debug_report(cache, slot, NULL, 0, "double free");
	if (unlikely(info->state != state_word(cache, slot, INFO_ALLOCATED)))
		debug_report(cache, slot, NULL, 0, "freed, but it is no allocated object");
	red_zones_check(cache, slot, RED_ALLOCATED);
}

void
debug_free(struct kmem_cache *cache, void *slot)
{
	struct slot_info *info = info_of(cache, slot);

	info->state = state_word(cache, slot, INFO_FREE);
	if (cache->flags & SLAB_STORE_USER && !KASAN_ENABLED)
		debug_track(&info->freed, 2);
	info->requested = cache->object_size;
	red_zones_set(cache, slot, RED_FREE);
	poison(cache, slot, POISON_FREED);
}

size_t
debug_object_size(const struct kmem_cache *cache, const void *object)
{
	return info_of(cache, (const char *)object - cache->object_offset)->requested;
}

void
debug_check_slot(struct kmem_cache *cache, void *slot)
{
	if (debug_is_allocated(cache, slot))
		red_zones_check(cache, slot, RED_ALLOCATED);
	else
		free_check(cache, slot);
}
