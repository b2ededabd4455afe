/*
 * Areas in a tree by address (to find one) and in a list by address (to step). Areas with a mapping
 * are on the mapping's list, too: that is how truncation and reclaim find the page tables. Whatever
 * moves the place where such an area shows its pages holds the mapping's rmap_lock. That list may
 * cover an address twice for a moment (during a split or a merge), but never not at all. The same is
 * true of areas with anonymous pages, their group and its lock (vm/anon_group.c).
 *
 *	mm ── vma_tree, vma_list:   [text ][data]      [brk   ]         [lib ]      [stack]
 *	                                │                                   │
 *	mapping ── vmas ────────────────┘                 mapping ── vmas ──┘
 */

#include "vm/vma.h"

#include "core/panic.h"
#include "mem/slab.h"
#include "mem/vmstat.h"
#include "riscv/pte.h"
#include "vm/anon_group.h"
#include "vm/mm.h"
#include "vm/pagecache.h"

u32 max_map_count = 65530;

static struct kmem_cache *vma_cache;

u64
vma_flags_to_pte(u32 flags)
{
	u64 bits = 0;

	if (flags & (VM_READ | VM_WRITE))
		bits |= PTE_R;
	if (flags & VM_WRITE)
		bits |= flags & VM_SHARED ? PTE_W : PTE_W | PTE_OWNED;
	if (flags & VM_EXEC)
		bits |= PTE_X;
	return bits ? bits | PTE_V | PTE_U : 0;
}

struct vma *
vma_next(const struct vma *vma)
{
	return vma->link.next == &vma->mm->vma_list ? NULL
						    : list_entry(vma->link.next, struct vma, link);
}

struct vma *
vma_prev(const struct vma *vma)
{
	return vma->link.prev == &vma->mm->vma_list ? NULL
						    : list_entry(vma->link.prev, struct vma, link);
}

static struct vma *
tree_find(struct mm *mm, uva_t uva)
{
	struct rb_node *node = mm->vma_tree.node;
	struct vma *found = NULL;

	while (node) {
		struct vma *vma = rb_entry(node, struct vma, node);

		if (vma->end > uva) {
			found = vma;
			if (vma->start <= uva)
				break;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return found;
}

struct vma *
vma_find(struct mm *mm, uva_t uva)
{
	struct vma *vma = READ_ONCE(mm->vma_cache);

	if (vma && uva >= vma->start && uva < vma->end)
		return vma;
	return tree_find(mm, uva);
}

struct vma *
vma_at(struct mm *mm, uva_t uva)
{
	struct vma *vma = READ_ONCE(mm->vma_cache);

	if (vma && uva >= vma->start && uva < vma->end)
		return vma;
	vma = tree_find(mm, uva);
	if (!vma || vma->start > uva)
		return NULL;
	WRITE_ONCE(mm->vma_cache, vma);
	return vma;
}

struct vma *
vma_find_overlap(struct mm *mm, u64 start, u64 end)
{
	struct vma *vma = vma_find(mm, start);

	return vma && vma->start < end ? vma : NULL;
}

struct vma *
vma_alloc(struct mm *mm, u64 start, u64 end, u32 flags, struct mapping *mapping, u64 pgoff)
{
	struct vma *vma = kmem_cache_alloc(vma_cache, GFP_KERNEL);

	if (!vma)
		return NULL;
	if (mapping) {
		if (!mapping_get(mapping)) {
			kmem_cache_free(vma_cache, vma);
			return NULL;
		}
		vma->wb_errors = mapping_sample_errors(mapping);
	}
	if (flags & VM_WRITER)
		mapping_write_more(mapping);
	vma->start = start;
	vma->end = end;
	vma->flags = flags;
	vma->pte_flags = vma_flags_to_pte(flags);
	vma->mm = mm;
	vma->mapping = mapping;
	vma->pgoff = pgoff;
	vma->anon = NULL;
	list_init(&vma->anon_link);
	rb_clear_node(&vma->node);
	list_init(&vma->link);
	list_init(&vma->mapping_link);
	return vma;
}

void
vma_free(struct vma *vma)
{
	assert(!list_is_linked(&vma->link) && !list_is_linked(&vma->mapping_link) && !vma->anon);
	if (vma->mapping) {
		if (vma->flags & VM_WRITER)
			mapping_write_end(vma->mapping);
		mapping_put(vma->mapping);
	}
	kmem_cache_free(vma_cache, vma);
}

static bool
vma_is_shared_writable(const struct vma *vma)
{
	return (vma->flags & (VM_SHARED | VM_MAYWRITE)) == (VM_SHARED | VM_MAYWRITE);
}

static void
mapping_link_vma(struct vma *vma)
{
	struct mapping *mapping = vma->mapping;

	if (!mapping)
		return;
	spin_lock(&mapping->rmap_lock);
	list_add_tail(&vma->mapping_link, &mapping->vmas);
	mapping->nr_shared_writable += vma_is_shared_writable(vma);
	spin_unlock(&mapping->rmap_lock);
}

static void
mapping_unlink_vma(struct vma *vma)
{
	struct mapping *mapping = vma->mapping;

	if (!mapping)
		return;
	spin_lock(&mapping->rmap_lock);
	list_del(&vma->mapping_link);
	mapping->nr_shared_writable -= vma_is_shared_writable(vma);
	spin_unlock(&mapping->rmap_lock);
}

/* Add (sign 1) or subtract (-1) the pages of vma to the sums that its flags concern. */
static void
mm_account(struct mm *mm, const struct vma *vma, s64 sign)
{
	s64 nr = sign * (s64)vma_nr_pages(vma);
	u32 flags = vma->flags;

	mm->total_pages += nr;
	if (flags & VM_GROWSDOWN)
		mm->stack_pages += nr;
	else if ((flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		mm->data_pages += nr;
	if (flags & VM_ACCOUNT)
		vmstat_add(NR_COMMITTED, nr);
	if (vma->mapping && (flags & (VM_EXEC | VM_WRITE)) == VM_EXEC)
		mm->exec_pages += nr;
	if (flags & VM_LOCKED)
		mm->locked_pages += nr;
	mm->peak_total_pages = MAX(mm->peak_total_pages, mm->total_pages);
}

static void
tree_insert(struct mm *mm, struct vma *vma)
{
	struct rb_node **link = &mm->vma_tree.node;
	struct rb_node *parent = NULL;
	struct list_head *after = &mm->vma_list;

	while (*link) {
		struct vma *other = rb_entry(*link, struct vma, node);

		parent = *link;
		assert(vma->end <= other->start || vma->start >= other->end);
		if (vma->start < other->start) {
			link = &parent->left;
		} else {
			after = &other->link;
			link = &parent->right;
		}
	}
	rb_link_node(&vma->node, parent, link);
	rb_insert_color(&vma->node, &mm->vma_tree);
	list_add(&vma->link, after);
}

void
vma_insert(struct vma *vma)
{
	struct mm *mm = vma->mm;

	tree_insert(mm, vma);
	mm->nr_vmas++;
	mm_account(mm, vma, 1);
	mapping_link_vma(vma);
}

/* The area goes; the sums of the mm stay as they are. */
static void
vma_unlink(struct vma *vma)
{
	struct mm *mm = vma->mm;

	anon_group_leave(vma);
	mapping_unlink_vma(vma);
	mm->nr_vmas--;
	if (mm->vma_cache == vma)
		WRITE_ONCE(mm->vma_cache, NULL);
	rb_erase(&vma->node, &mm->vma_tree);
	list_del(&vma->link);
}

/* Addresses have become free: hole_find() has to look at all of them again. */
static void
holes_forget(struct mm *mm)
{
	mm->hole_hint = mm->mmap_base;
	mm->hole_skipped = 0;
}

void
vma_remove(struct vma *vma)
{
	mm_account(vma->mm, vma, -1);
	holes_forget(vma->mm);
	vma_unlink(vma);
}

/* Set the range and move pgoff with start; the caller corrects the accounts. */
static void
vma_set_range(struct vma *vma, u64 start, u64 end)
{
	struct mapping *mapping = vma->mapping;

	if (mapping)
		spin_lock(&mapping->rmap_lock);
	anon_group_lock(vma->anon);
	vma->pgoff += (s64)(start - vma->start) >> PAGE_SHIFT;
	vma->start = start;
	vma->end = end;
	anon_group_unlock(vma->anon);
	if (mapping)
		spin_unlock(&mapping->rmap_lock);
}

void
vma_resize(struct vma *vma, u64 start, u64 end)
{
	mm_account(vma->mm, vma, -1);
	if (start > vma->start || end < vma->end)
		holes_forget(vma->mm);
	vma_set_range(vma, start, end);
	mm_account(vma->mm, vma, 1);
}

void
vma_set_flags(struct vma *vma, u32 flags)
{
	mm_account(vma->mm, vma, -1);
	vma->flags = flags;
	vma->pte_flags = vma_flags_to_pte(flags);
	mm_account(vma->mm, vma, 1);
}

struct vma *
vma_split(struct vma *vma, u64 at)
{
	u64 end = vma->end;
	struct vma *upper;

	assert(at > vma->start && at < end && IS_ALIGNED(at, PAGE_SIZE));
	upper = vma_alloc(vma->mm, at, end, vma->flags, vma->mapping, vma_index(vma, at));
	if (!upper)
		return NULL;
	vma_copy_errors(upper, vma);
	anon_group_join(upper, vma->anon);
	mapping_link_vma(upper);
	vma_set_range(vma, vma->start, at);
	tree_insert(vma->mm, upper);
	vma->mm->nr_vmas++;
	return upper;
}

/* Could lower and upper be one area? */
static bool
vma_continues(const struct vma *lower, const struct vma *upper)
{
	return lower->end == upper->start && lower->flags == upper->flags &&
	       lower->mapping == upper->mapping &&
	       (lower->anon == upper->anon || !lower->anon || !upper->anon) &&
	       lower->pgoff + vma_nr_pages(lower) == upper->pgoff;
}

/*
 * Two areas become one: the one that has a group stays, for to join one costs more. They were alike, so
 * the mm's sums do not change. It tells of all errors of which one of the two has not. => the one that stays
 */
static struct vma *
vma_unite(struct vma *lower, struct vma *upper)
{
	struct vma *stays = upper->anon && !lower->anon ? upper : lower;
	struct vma *goes = stays == lower ? upper : lower;

	vma_set_range(stays, lower->start, upper->end);
	if (stays->mapping && (s32)(goes->wb_errors - stays->wb_errors) < 0)
		vma_copy_errors(stays, goes);
	vma_unlink(goes);
	vma_free(goes);
	return stays;
}

struct vma *
vma_merge(struct vma *vma)
{
	struct vma *prev = vma_prev(vma);
	struct vma *next = vma_next(vma);

	if (next && vma_continues(vma, next))
		vma = vma_unite(vma, next);
	if (prev && vma_continues(prev, vma))
		vma = vma_unite(prev, vma);
	return vma;
}

static int
vma_compare(const struct rb_node *a, const struct rb_node *b)
{
	u64 left = rb_entry(a, struct vma, node)->start;
	u64 right = rb_entry(b, struct vma, node)->start;

	return left < right ? -1 : left > right;
}

void
vma_check(struct mm *mm)
{
	struct vma *vma, *prev = NULL;
	u64 pages = 0, nr = 0;

	list_for_each_entry(vma, &mm->vma_list, link) {
		assert(vma->mm == mm && vma->start < vma->end && vma->end <= USER_VA_END);
		assert(IS_ALIGNED(vma->start | vma->end, PAGE_SIZE));
		assert(!prev || prev->end <= vma->start);
		assert(!prev || !vma_continues(prev, vma));
		assert(vma->mapping || vma->anon || vma->pgoff == vma->start >> PAGE_SHIFT);
		assert(vma->pte_flags == vma_flags_to_pte(vma->flags));
		assert(list_is_linked(&vma->mapping_link) == (vma->mapping != NULL));
		assert(vma_find(mm, vma->start) == vma && vma_find(mm, vma->end - 1) == vma);
		pages += vma_nr_pages(vma);
		nr++;
		prev = vma;
	}
	assert(rb_check(&mm->vma_tree, vma_compare) == (ssize_t)nr);
	assert(nr == mm->nr_vmas && pages == mm->total_pages);
}

void INIT
vma_init(void)
{
	vma_cache = kmem_cache_create("vm_area_struct", sizeof(struct vma), 0, 0, NULL);
	assert(vma_cache);
}
