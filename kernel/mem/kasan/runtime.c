/*
 * What instrumented code calls: the names are gcc's. Before each access it calls one of these with
 * the address; around its local variables it writes the shadow itself.
 */

#include "mem/kasan/shadow.h"

#include "core/panic.h"
#include "lib/compiler.h"
#include "lib/string.h"
#include "mem/kmap.h"
#include "mem/zone.h"

static bool kasan_on;

extern void (*const ctors_start[])(void);
extern void (*const ctors_end[])(void);

#define GLOBAL_LISTS_MAX 512

/* One list for each file of the kernel that has global variables. */
static struct {
	const struct asan_global *globals;
	u64 nr;
} global_lists[GLOBAL_LISTS_MAX];
static unsigned nr_global_lists;

/* The first granule that does not end with its shadow. => 0: all bytes may be used */
u64
shadow_first_bad(u64 start, u64 bytes)
{
	u64 end = start + bytes;

	for (u64 at = ALIGN_DOWN(start, GRANULE); at < end; at += GRANULE) {
		s8 shadow = *shadow_of(at);
		u64 last = MIN(at + GRANULE, end) - 1;

		if (likely(shadow == 0))
			continue;
		if (shadow < 0 || (s64)(last & (GRANULE - 1)) >= shadow)
			return MAX(start, shadow < 0 ? at : at + shadow);
	}
	return 0;
}

static ALWAYS_INLINE void
check(u64 address, u64 bytes, bool is_write, u64 caller)
{
	if (unlikely(!kasan_on) || bytes == 0)
		return;
	/* Below are null pointers and user addresses: the access faults, and says so better. */
	if (unlikely(address < KERNEL_VA_START || address + bytes < address))
		return;
	if (bytes <= GRANULE && (address & (GRANULE - 1)) + bytes <= GRANULE) {
		s8 shadow = *shadow_of(address);

		if (likely(shadow == 0))
			return;
	}
	if (unlikely(shadow_first_bad(address, bytes)))
		kasan_report(address, bytes, is_write, caller);
}

#define CALLER ((u64)__builtin_return_address(0))

#define DEFINE_CHECKS(bytes)                             \
	void __asan_load##bytes##_noabort(u64 address);  \
	void __asan_store##bytes##_noabort(u64 address); \
	void __asan_load##bytes##_noabort(u64 address)   \
	{                                                \
		check(address, bytes, false, CALLER);    \
	}                                                \
	void __asan_store##bytes##_noabort(u64 address)  \
	{                                                \
		check(address, bytes, true, CALLER);     \
	}

DEFINE_CHECKS(1)
DEFINE_CHECKS(2)
DEFINE_CHECKS(4)
DEFINE_CHECKS(8)
DEFINE_CHECKS(16)

void __asan_loadN_noabort(u64 address, u64 bytes);
void __asan_storeN_noabort(u64 address, u64 bytes);
void __asan_handle_no_return(void);
void __asan_register_globals(const struct asan_global *globals, u64 nr);
void __asan_unregister_globals(const struct asan_global *globals, u64 nr);
void __asan_alloca_poison(u64 start, u64 bytes);
void __asan_allocas_unpoison(u64 top, u64 bottom);
void __asan_poison_stack_memory(u64 start, u64 bytes);
void __asan_unpoison_stack_memory(u64 start, u64 bytes);

void
__asan_loadN_noabort(u64 address, u64 bytes)
{
	check(address, bytes, false, CALLER);
}

void
__asan_storeN_noabort(u64 address, u64 bytes)
{
	check(address, bytes, true, CALLER);
}

void
kasan_unpoison(const void *start, size_t bytes)
{
	u64 whole = ALIGN_DOWN(bytes, GRANULE);

	shadow_set((u64)start, whole, 0);
	if (bytes > whole)
		*shadow_of((u64)start + whole) = bytes - whole;
}

void
kasan_leave_stack(void)
{
	u64 sp = (u64)__builtin_frame_address(0);

	if (kasan_on)
		shadow_set(sp, ALIGN_UP(sp + 1, KSTACK_SIZE) - sp, 0);
}

void
__asan_handle_no_return(void)
{
	kasan_leave_stack();
}

void
__asan_register_globals(const struct asan_global *globals, u64 nr)
{
	assert(nr_global_lists < GLOBAL_LISTS_MAX);
	global_lists[nr_global_lists].globals = globals;
	global_lists[nr_global_lists++].nr = nr;
	for (u64 i = 0; i < nr; i++) {
		const struct asan_global *global = &globals[i];
		u64 used = ALIGN_UP(global->bytes, GRANULE);

		kasan_unpoison((void *)global->start, global->bytes);
		shadow_set(global->start + used, global->bytes_with_redzone - used, SHADOW_GLOBAL);
	}
}

/* At the end of a program: the kernel has none. */
void
__asan_unregister_globals(const struct asan_global *globals, u64 nr)
{
	(void)globals;
	(void)nr;
}

const struct asan_global *
kasan_global_find(u64 address)
{
	for (unsigned list = 0; list < nr_global_lists; list++) {
		for (u64 i = 0; i < global_lists[list].nr; i++) {
			const struct asan_global *global = &global_lists[list].globals[i];

			if (address >= global->start &&
			    address < global->start + global->bytes_with_redzone)
				return global;
		}
	}
	return NULL;
}

/* gcc leaves 32 bytes before and after what alloca() gave. */
#define ALLOCA_REDZONE 32

void
__asan_alloca_poison(u64 start, u64 bytes)
{
	u64 end = ALIGN_UP(start + bytes, ALLOCA_REDZONE);

	shadow_set(start - ALLOCA_REDZONE, ALLOCA_REDZONE, SHADOW_ALLOCA_LEFT);
	kasan_unpoison((void *)start, bytes);
	shadow_set(ALIGN_UP(start + bytes, GRANULE), end - ALIGN_UP(start + bytes, GRANULE),
		   SHADOW_ALLOCA_RIGHT);
	shadow_set(end, ALLOCA_REDZONE, SHADOW_ALLOCA_RIGHT);
}

void
__asan_allocas_unpoison(u64 top, u64 bottom)
{
	if (top && top <= bottom)
		shadow_set(top, bottom - top, 0);
}

void
__asan_poison_stack_memory(u64 start, u64 bytes)
{
	shadow_set(start, ALIGN_UP(bytes, GRANULE), SHADOW_SCOPE);
}

void
__asan_unpoison_stack_memory(u64 start, u64 bytes)
{
	kasan_unpoison((void *)start, bytes);
}

/* Instrumented code calls these instead of lib/string.c's (kernel/kernel.mk). */
void *kasan_memcpy(void *dst, const void *src, size_t bytes);
void *kasan_memmove(void *dst, const void *src, size_t bytes);
void *kasan_memset(void *dst, int c, size_t bytes);
int kasan_memcmp(const void *a, const void *b, size_t bytes);

void *
kasan_memcpy(void *dst, const void *src, size_t bytes)
{
	check((u64)src, bytes, false, CALLER);
	check((u64)dst, bytes, true, CALLER);
	return memcpy(dst, src, bytes);
}

void *
kasan_memmove(void *dst, const void *src, size_t bytes)
{
	check((u64)src, bytes, false, CALLER);
	check((u64)dst, bytes, true, CALLER);
	return memmove(dst, src, bytes);
}

void *
kasan_memset(void *dst, int c, size_t bytes)
{
	check((u64)dst, bytes, true, CALLER);
	return memset(dst, c, bytes);
}

int
kasan_memcmp(const void *a, const void *b, size_t bytes)
{
	check((u64)a, bytes, false, CALLER);
	check((u64)b, bytes, false, CALLER);
	return memcmp(a, b, bytes);
}

static void
page_shadow_set(struct page *page, unsigned order, enum shadow_byte value)
{
	if (page_in_directmap(page))
		shadow_set((u64)page_to_kva(page), (u64)PAGE_SIZE << order, value);
}

void
kasan_page_alloc(struct page *page, unsigned order)
{
	page_shadow_set(page, order, 0);
}

void
kasan_page_free(struct page *page, unsigned order)
{
	page_shadow_set(page, order, SHADOW_PAGE_FREE);
}

void
kasan_stop(void)
{
	kasan_on = false;
}

void
kasan_start(void)
{
	for (void (*const *ctor)(void) = ctors_start; ctor < ctors_end; ctor++)
		(*ctor)();
	kasan_on = true;
}
