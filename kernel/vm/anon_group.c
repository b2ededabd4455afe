/*
 * Who maps an anonymous page? When it is new, the one area it was made for. Later that area's
 * children by fork, what it was split into, and the place that mremap moved it to. All of these
 * are one group:
 *
 *	page->owner ──► group ── vmas ──► area of the parent ──► upper half ──► area of the child
 *	page->index                        [pgoff, pgoff + n)     ...             ...
 *
 * and in each of them the page can be at one address only, that which shows page->index. So
 * pgoff of an area stays what it was when the area moves, and an area never changes its group: two
 * areas of different groups are not merged. To have them merged all the same when mprotect parted
 * them for a while, an area takes the group of a neighbour that it continues.
 *
 * The group says where a page may be, not where it is: the walk (vm/rmap.c) looks at the page table
 * of each area. A program that forks much without exec makes the list long; the walk stops when it
 * has found as many entries as the page has.
 *
 * An area gets its group with its first anonymous page, whose fault holds mm->lock only for
 * reading; the page-table lock decides between two threads.
 *
 * Lifetime. Areas have references, pages have none: a page that is mapped is so by an area that is
 * in the group, for areas leave it after their pages. A walk that starts from a page must not meet a
 * group that goes at this moment, so the last reference is given up with groups_lock held, and
 * anon_group_of() sees with the same lock held that the page is still mapped.
 */

#include "vm/anon_group.h"

#include "lib/errno.h"
#include "mem/slab.h"
#include "vm/mm.h"

static struct kmem_cache *group_cache;
static struct spinlock groups_lock = SPINLOCK_INIT("anon_groups", RANK_ANON_GROUPS);

static struct anon_group *
group_create(void)
{
	struct anon_group *group = kmem_cache_alloc(group_cache, GFP_KERNEL);

	if (!group)
		return NULL;
	spin_init(&group->lock, "anon_group", RANK_ANON_GROUP);
	refcount_set(&group->refs, 1);
	list_init(&group->vmas);
	return group;
}

/* Does upper continue lower, whatever may be done to the pages of either? */
static bool
areas_continue(const struct vma *lower, const struct vma *upper)
{
	return lower->end == upper->start && lower->mapping == upper->mapping &&
	       lower->pgoff + vma_nr_pages(lower) == upper->pgoff;
}

/* The group of a neighbour, with a reference, or NULL. => mm->lock held */
static struct anon_group *
neighbour_group(const struct vma *vma)
{
	struct vma *prev = vma_prev(vma), *next = vma_next(vma);
	struct anon_group *group = NULL;

	if (prev && areas_continue(prev, vma))
		group = READ_ONCE(prev->anon);
	if (!group && next && areas_continue(vma, next))
		group = READ_ONCE(next->anon);
	if (group)
		refcount_inc(&group->refs);
	return group;
}

/* The caller's reference becomes the area's. => group->lock held, or nobody else knows the group */
static void
group_link(struct vma *vma, struct anon_group *group)
{
	list_add_tail(&vma->anon_link, &group->vmas);
	__atomic_store_n(&vma->anon, group, __ATOMIC_RELEASE);
}

/* Give up the last reference, if it is the last. => true: nobody has the group any more */
static bool
group_put_last(struct anon_group *group)
{
	bool last;

	if (refcount_read(&group->refs) > 1)
		return false;
	spin_lock(&groups_lock);
	last = refcount_read(&group->refs) == 1 && refcount_dec_and_test(&group->refs);
	spin_unlock(&groups_lock);
	return last;
}

void
anon_group_put(struct anon_group *group)
{
	do {
		if (group_put_last(group)) {
			kmem_cache_free(group_cache, group);
			return;
		}
	} while (!refcount_dec_not_one(&group->refs));
}

void
anon_group_leave(struct vma *vma)
{
	struct anon_group *group = vma->anon;

	if (!group)
		return;
	vma->anon = NULL;
	if (group_put_last(group)) {
		list_init(&vma->anon_link);
		kmem_cache_free(group_cache, group);
		return;
	}
	spin_lock(&group->lock);
	list_del(&vma->anon_link);
	spin_unlock(&group->lock);
	anon_group_put(group);
}

/* The area's first group, unless another thread was faster. => as group_link() */
static void
group_link_first(struct vma *vma, struct anon_group *group)
{
	struct spinlock *lock = &vma->mm->pgt.lock;
	bool joined;

	spin_lock(lock);
	joined = !vma->anon;
	if (likely(joined))
		group_link(vma, group);
	spin_unlock(lock);
	if (unlikely(!joined))
		anon_group_put(group);
}

int
anon_group_prepare(struct vma *vma)
{
	struct anon_group *group = neighbour_group(vma);

	if (group) {
		/* The neighbour keeps it: what is put here is not the last reference. */
		spin_lock(&group->lock);
		group_link_first(vma, group);
		spin_unlock(&group->lock);
		return 0;
	}
	group = group_create();
	if (!group)
		return -ENOMEM;
	group_link_first(vma, group);
	return 0;
}

void
anon_group_join(struct vma *vma, struct anon_group *group)
{
	assert(!vma->anon);
	if (!group)
		return;
	refcount_inc(&group->refs);
	spin_lock(&group->lock);
	group_link(vma, group);
	spin_unlock(&group->lock);
}

struct anon_group *
anon_group_of(struct page *page)
{
	struct anon_group *group = NULL;

	spin_lock(&groups_lock);
	if (page_mapcount(page) > 0) {
		group = (struct anon_group *)(page->owner - PAGE_OWNER_ANON);
		refcount_inc(&group->refs);
	}
	spin_unlock(&groups_lock);
	return group;
}

void INIT
anon_group_init(void)
{
	group_cache = kmem_cache_create("anon_group", sizeof(struct anon_group), 0, 0, NULL);
	assert(group_cache);
}
