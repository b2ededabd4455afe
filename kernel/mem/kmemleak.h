#pragma once

/*
 * Leak detector (docs/kmemleak.md): which allocated memory does nobody point to any more? On with the
 * boot argument kmemleak=on; else none of this costs anything.
 */

#include "lib/compiler.h"
#include "lib/types.h"

#define KMEMLEAK_CALLERS 8
#define KMEMLEAK_COMM	 16

/* Memory that the last two scans have found no pointer to. */
struct kmemleak_leak {
	u64 start, size;
	const char
		*kind; /* name of the cache, "kmalloc", "vmalloc"; "page" has only start and size */
	u64 when_ns;
	u32 pid;
	char comm[KMEMLEAK_COMM];
	u32 nr_callers;
	u64 callers[KMEMLEAK_CALLERS]; /* return addresses, innermost first */
};

extern bool kmemleak_on;

/* Act on kmemleak=. => the first caches exist, and nothing but they was allocated */
void kmemleak_init(void);

/*
 * Look through all memory that may hold pointers, with the other harts held. What lacks one for the
 * second time is reported. => 0; -EBUSY when another scan is under way, -ENOMEM, -EOPNOTSUPP: off.
 * May sleep
 */
int kmemleak_scan(void);
/* What is reported now is not reported again. */
void kmemleak_clear(void);
/* For good. */
void kmemleak_off(void);

/* The first leak that begins above this address. => false: none */
bool kmemleak_next(u64 after, struct kmemleak_leak *leak);

/*
 * Set by sched/: the stack of the thread whose structure this is, and where its used part begins.
 * Called while all other harts are held.
 */
extern void (*kmemleak_task_hook)(const void *task, u64 *base, u64 *sp);
#define KMEMLEAK_TASK_CACHE "task_struct"

void kmemleak_note_vmalloc(const void *kva, size_t size);
void kmemleak_note_stack(const void *base);
void kmemleak_note_gone(const void *kva);

/* For mem/vmalloc.c: memory that came, a kernel stack that came into use, and either that went. */
static inline void
kmemleak_vmalloc(const void *kva, size_t size)
{
	if (unlikely(kmemleak_on))
		kmemleak_note_vmalloc(kva, size);
}

static inline void
kmemleak_stack(const void *base)
{
	if (unlikely(kmemleak_on))
		kmemleak_note_stack(base);
}

static inline void
kmemleak_gone(const void *kva)
{
	if (unlikely(kmemleak_on))
		kmemleak_note_gone(kva);
}
