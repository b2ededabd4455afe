#include "vma/env.h"

#include <stdlib.h>
#include <string.h>

#include "core/panic.h"
#include "hosttest.h"
#include "lib/errno.h"
#include "mem/slab.h"
#include "vm/commit.h"
#include "vm/fault.h"
#include "vm/protect.h"
#include "vm/zap.h"

struct mm env_mm;
struct mapping env_mapping;
struct env_page env_pages[ENV_NR_PAGES];
u64 env_fail_after;
s64 env_mapping_refs;

static s64 nr_objects;

struct kmem_cache {
	size_t size;
};

void
assert_failed(const char *expression, const char *file, int line, const char *function)
{
	hosttest_fail(file, line, "%s: assertion: %s", function, expression);
}

struct kmem_cache *
kmem_cache_create(const char *name, size_t size, size_t align, u32 flags,
		  void (*ctor)(void *object))
{
	static struct kmem_cache cache;

	(void)name;
	(void)align;
	(void)flags;
	(void)ctor;
	cache.size = size;
	return &cache;
}

void *
kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	(void)gfp;
	if (env_fail_after && --env_fail_after == 0)
		return NULL;
	nr_objects++;
	return malloc(cache->size);
}

void
kmem_cache_free(struct kmem_cache *cache, void *object)
{
	(void)cache;
	nr_objects--;
	free(object);
}

/* Everything is promised; the flag is the kernel's. */
bool
commit_allows(const struct mm *mm, u64 nr_pages)
{
	(void)mm;
	return nr_pages < 1UL << 60;
}

u32
commit_flags(u32 vm_flags)
{
	if ((vm_flags & (VM_NORESERVE | VM_SHARED | VM_WRITE)) == VM_WRITE)
		return vm_flags | VM_ACCOUNT;
	return vm_flags & ~VM_ACCOUNT;
}

bool
mapping_get(struct mapping *mapping)
{
	CHECK(mapping == &env_mapping);
	env_mapping_refs++;
	return true;
}

void
mapping_put(struct mapping *mapping)
{
	CHECK(mapping == &env_mapping && !env_mm.pgt.lock.held);
	env_mapping_refs--;
}

/* Areas that hold their file open for writing. */
static int nr_writers;

void
mapping_write_more(struct mapping *mapping)
{
	CHECK(mapping == &env_mapping);
	nr_writers++;
}

void
mapping_write_end(struct mapping *mapping)
{
	CHECK(mapping == &env_mapping && nr_writers > 0);
	nr_writers--;
}

void
mm_update_peak(struct mm *mm)
{
	(void)mm;
}

enum fault_result
fault_handle(struct mm *mm, uva_t uva, enum fault_access access)
{
	(void)mm;
	(void)uva;
	(void)access;
	return FAULT_OK;
}

int
fault_errno(enum fault_result result)
{
	return result == FAULT_OOM ? -ENOMEM : -EFAULT;
}

void
pgtable_free_range(struct pgtable *pgt, struct tlb_context *ctx, u64 start, u64 end)
{
	(void)pgt;
	(void)ctx;
	CHECK(start >= end || !vma_find_overlap(&env_mm, start, end));
}

void
zap_range(struct mm *mm, u64 start, u64 end)
{
	CHECK(mm == &env_mm);
	for (u64 i = 0; i < ENV_NR_PAGES; i++)
		if (ENV_BASE + i * PAGE_SIZE >= start && ENV_BASE + i * PAGE_SIZE < end)
			env_pages[i].present = false;
}

/* Areas' pages are on no lists here. */
void
vma_set_pages_aside(struct mm *mm, uva_t start, uva_t end)
{
	(void)mm;
	(void)start;
	(void)end;
}

void
vma_unlock_pages(struct vma *vma)
{
	if (vma->flags & VM_LOCKED)
		vma_set_flags(vma, vma->flags & ~VM_LOCKED_MASK);
}

void
protect_range(struct mm *mm, u64 start, u64 end, u64 pte_flags)
{
	struct vma *vma = vma_at(mm, start);

	CHECK(vma && vma->start <= start && end <= vma->end && vma->pte_flags == pte_flags);
}

void
env_reset(void)
{
	memset(&env_mm, 0, sizeof(env_mm));
	memset(&env_mapping, 0, sizeof(env_mapping));
	memset(env_pages, 0, sizeof(env_pages));
	list_init(&env_mm.vma_list);
	list_init(&env_mapping.vmas);
	env_mm.mmap_base = env_mm.hole_hint = USER_STACK_TOP - (128UL << 20);
	env_mm.limit_as = env_mm.limit_data = env_mm.limit_stack = LIMIT_INFINITY;
	env_fail_after = 0;
	env_mapping_refs = 0;
	nr_objects = 0;
	vma_init();
}

void
env_destroy(void)
{
	env_fail_after = 0;
	CHECK_EQ(vma_unmap(&env_mm, 0, USER_VA_END), 0);
	CHECK_EQ(env_mm.nr_vmas, 0);
	CHECK_EQ(env_mm.total_pages + env_mm.data_pages + env_mm.stack_pages, 0);
	CHECK_EQ(env_mapping_refs, 0);
	CHECK_EQ(nr_objects, 0);
	CHECK(list_empty(&env_mapping.vmas));
}

static void
compare(void)
{
	u64 nr_file = 0;

	vma_check(&env_mm);
	for (u64 i = 0; i < ENV_NR_PAGES; i++) {
		struct vma *vma = vma_at(&env_mm, ENV_BASE + i * PAGE_SIZE);
		struct env_page *page = &env_pages[i];

		CHECK_EQ(vma != NULL, page->state != 0);
		if (!vma) {
			CHECK(!page->present);
			continue;
		}
		CHECK_EQ(vma->flags & VM_ACCESS, page->state & VM_ACCESS);
		CHECK_EQ(vma->mapping != NULL, !!(page->state & ENV_FILE));
		if (vma->mapping) {
			CHECK_EQ(vma_index(vma, ENV_BASE + i * PAGE_SIZE), page->index);
			nr_file++;
		}
	}
	CHECK(env_mapping_refs <= (s64)nr_file);
	CHECK_EQ(list_count(&env_mapping.vmas), env_mapping_refs);
}

static void
step_map(u32 first, u32 nr, u32 extra)
{
	u64 addr = ENV_BASE + first * PAGE_SIZE;
	bool file = extra & 8;
	u64 pgoff = file ? extra >> 4 & 0xff : 0;
	s64 where = vma_map(&env_mm, addr, nr * PAGE_SIZE, VM_MAYALL | (extra & VM_ACCESS),
			    file ? &env_mapping : NULL, pgoff, MAP_PLACE_FIXED);

	CHECK(where == (s64)addr || where == -ENOMEM);
	for (u32 i = first; i < first + nr && where > 0; i++) {
		CHECK(!env_pages[i].present);
		env_pages[i].state = ENV_MAPPED | (file ? ENV_FILE : 0) | (extra & VM_ACCESS);
		env_pages[i].index = pgoff + i - first;
	}
}

static void
step_protect(u32 first, u32 nr, u32 access)
{
	bool may_fail = env_fail_after != 0;
	int error = vma_protect(&env_mm, ENV_BASE + first * PAGE_SIZE, nr * PAGE_SIZE, access);
	bool no_memory = may_fail && env_fail_after == 0;
	bool hole = false;

	for (u32 i = first; i < first + nr; i++)
		hole |= env_pages[i].state == 0;
	CHECK(error == 0 || error == -ENOMEM);
	CHECK(error != 0 || !hole);
	for (u32 i = first; i < first + nr && (error == 0 || !no_memory); i++) {
		if (env_pages[i].state == 0)
			break;
		env_pages[i].state = (env_pages[i].state & ~VM_ACCESS) | access;
	}
}

static void
step_unmap(u32 first, u32 nr)
{
	int error = vma_unmap(&env_mm, ENV_BASE + first * PAGE_SIZE, nr * PAGE_SIZE);

	CHECK(error == 0 || error == -ENOMEM);
	for (u32 i = first; i < first + nr && error == 0; i++) {
		CHECK(!env_pages[i].present);
		env_pages[i].state = 0;
	}
}

void
env_step(u32 op, u32 first, u32 nr, u32 extra)
{
	first %= ENV_NR_PAGES;
	nr = 1 + nr % MIN(32U, ENV_NR_PAGES - first);
	env_fail_after = op & 8 ? 1 + (op >> 4 & 3) : 0;
	switch (op & 3) {
	case 0:
		step_unmap(first, nr);
		break;
	case 1:
		step_protect(first, nr, extra & VM_ACCESS);
		break;
	case 2:
		step_map(first, nr, extra);
		break;
	default:
		for (u32 i = first; i < first + nr; i++)
			env_pages[i].present = env_pages[i].state & ENV_MAPPED;
	}
	compare();
}
