#pragma once

/*
 * An anon group: all areas in which an anonymous page may be mapped. See the theory in
 * vm/anon_group.c.
 */

#include "core/refcount.h"
#include "core/spinlock.h"
#include "mem/page.h"
#include "vm/pte_state.h"
#include "vm/vma.h"

struct anon_group {
	struct spinlock lock;  /* ANON_GROUP: vmas, and the place of each (start, end, pgoff) */
	refcount_t refs;       /* areas on the list, and whoever walks it */
	struct list_head vmas; /* by anon_link */
};

/*
 * The area has a group from now on, an own one or that of a neighbour with which it could be one
 * area. => 0, -ENOMEM; mm->lock held for reading at least
 */
int anon_group_prepare(struct vma *vma);

/*
 * vma, which has no group, joins one (NULL: nothing happens). => mm->lock for writing, or nobody
 * else can reach vma; somebody has a reference to the group
 */
void anon_group_join(struct vma *vma, struct anon_group *group);

/* vma, none of whose pages is mapped any more, leaves its group, if it has one. */
void anon_group_leave(struct vma *vma);

/*
 * The group of an anonymous page, with a reference; NULL when nothing maps the page now.
 * => caller has a reference to the page
 */
struct anon_group *anon_group_of(struct page *page);
void anon_group_put(struct anon_group *group);

/* Areas of a group stay where they are, and their page-table entries are found, between these. */
static inline void
anon_group_lock(struct anon_group *group)
{
	if (group)
		spin_lock(&group->lock);
}

static inline void
anon_group_unlock(struct anon_group *group)
{
	if (group)
		spin_unlock(&group->lock);
}

static inline u64
anon_group_to_owner(const struct anon_group *group)
{
	return (u64)group | PAGE_OWNER_ANON;
}

/* Once, at boot. */
void anon_group_init(void);
