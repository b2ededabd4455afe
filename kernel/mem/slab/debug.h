#pragma once

/*
 * What slab_debug= and debug builds add to objects; mem/slab/cache.h has the picture. Each slot
 * ends with a struct slot_info.
 */

#include "mem/slab/cache.h"

/* The bytes that Linux uses, so that a dump reads the same. */
#define RED_FREE      0xbb /* guards of a free object */
#define RED_ALLOCATED 0xcc /* ... of an allocated one */
#define POISON_FRESH  0x5a /* contents of what was allocated and not written yet */
#define POISON_FREED  0x6b /* ... of a free object */
#define POISON_END    0xa5 /* its last byte */

#define TRACK_DEPTH 8
#define TASK_NAME   16

/* Who did something to an object, and when. */
struct slab_track {
	u64 when_ns; /* 0: never */
	u32 pid, cpu;
	char task[TASK_NAME];
	u64 callers[TRACK_DEPTH]; /* return addresses, innermost first; 0 ends */
};

struct slot_info {
	u64 state;     /* INFO_FREE or INFO_ALLOCATED, mixed with the slot's address */
	u64 requested; /* bytes that the caller of kmalloc asked for, or the object's size */
	struct slab_track allocated, freed; /* with SLAB_STORE_USER only */
};

size_t slot_info_bytes(const struct kmem_cache *cache);

/* Read slab_debug=. */
void debug_init(void);
/* => some cache may be debugged */
bool debug_is_on(void);
/* The flags of a new cache: its own, and those that slab_debug= gives it. */
u32 debug_flags(const char *name, u32 flags);

/* A slot of a new slab: free, poisoned. */
void debug_slot_init(struct kmem_cache *cache, void *slot);
/* It leaves the allocator: whoever wrote to it while it was free is found out. Panics. */
void debug_alloc(struct kmem_cache *cache, void *slot, size_t size);
/* It is to come back: is it an object of the cache, is it allocated, are its guards whole? Panics. */
void debug_check_allocated(struct kmem_cache *cache, void *slot);
/* It comes back. => checked */
void debug_free(struct kmem_cache *cache, void *slot);

size_t debug_object_size(const struct kmem_cache *cache, const void *object);

/* => the slot's data is as debug_alloc() or debug_free() left it; any slot of a debugged cache */
void debug_check_slot(struct kmem_cache *cache, void *slot);

/* mem/slab/report.c: print all that is known, then panic. bad: the first bad byte, or NULL. */
void debug_report(struct kmem_cache *cache, void *slot, const void *bad, u8 expected,
		  const char *what) NORETURN;
/* Who does it now. nr_inner: functions between this one and the user, whom the chain begins with. */
void debug_track(struct slab_track *track, unsigned nr_inner);
/* Lines about the object of a slot, and about the bytes around `bad` when that is not NULL. */
void debug_describe(const struct kmem_cache *cache, const void *slot);
/* => the slot's record can be read */
bool debug_has_record(const struct kmem_cache *cache, const void *slot);
bool debug_is_allocated(const struct kmem_cache *cache, const void *slot);
