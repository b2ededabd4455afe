#pragma once

/*
 * Virtual memory areas: ranges of an address space with one protection and one source of pages. A
 * mm's areas never overlap; neighbours that could be one area are one (vma_merge).
 */

#include "lib/list.h"
#include "lib/rbtree.h"
#include "lib/types.h"
#include "riscv/layout.h"

struct anon_group;
struct mm;
struct mapping;

/* vma->flags. Names and values are Linux's. */
#define VM_READ	       0x00000001U
#define VM_WRITE       0x00000002U
#define VM_EXEC	       0x00000004U
#define VM_SHARED      0x00000008U /* stores reach the mapping; else they stay private to the mm */
#define VM_MAYREAD     0x00000010U /* what mprotect may turn on */
#define VM_MAYWRITE    0x00000020U
#define VM_MAYEXEC     0x00000040U
#define VM_GROWSDOWN   0x00000100U /* a stack: faults below it extend it */
#define VM_PAGEREFS    0x00000400U /* each reference is recorded (vm/pagerefs.c); ours */
#define VM_WRITER      0x00000800U /* of a descriptor that may write, and counts as one; ours */
#define VM_LOCKED      0x00002000U
#define VM_SEQ_READ    0x00008000U
#define VM_RAND_READ   0x00010000U
#define VM_DONTCOPY    0x00020000U /* fork leaves it out */
#define VM_LOCKONFAULT 0x00080000U /* with VM_LOCKED: pages are locked as they come */
#define VM_ACCOUNT     0x00100000U /* counted in the memory that was promised */
#define VM_NORESERVE   0x00200000U
#define VM_WIPEONFORK  0x02000000U
#define VM_DONTDUMP    0x04000000U

#define VM_ACCESS      (VM_READ | VM_WRITE | VM_EXEC)
#define VM_MAYALL      (VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC)
#define VM_LOCKED_MASK (VM_LOCKED | VM_LOCKONFAULT)
#define VM_STACK       (VM_READ | VM_WRITE | VM_MAYALL | VM_GROWSDOWN | VM_ACCOUNT)

/* Unmapped addresses kept below a stack that grows: 256 pages, as Linux does. */
#define STACK_GUARD_BYTES (256UL * PAGE_SIZE)

/* As many areas as one mm may have (vm.max_map_count); 65530 as on Linux. */
extern u32 max_map_count;

/*
 * Letters: M the mm's lock (write to change, read to look); R also mapping->rmap_lock to change
 * start, end or pgoff of an area with a mapping; so does group->lock with an anon group.
 */
struct vma {
	u64 start, end;		 /* M R: page-aligned, start < end */
	u32 flags;		 /* M: VM_* */
	u32 wb_errors;		 /* of the mapping, if any: those that msync has told of */
	u64 pte_flags;		 /* M: PTE bits that flags stand for, W as if already written */
	struct mm *mm;		 /* constant */
	struct mapping *mapping; /* constant; a reference; NULL for anonymous memory */
	u64 pgoff; /* M R: page of mapping at start; anonymous: start / PAGE_SIZE before any mremap */
	struct rb_node node;	       /* M: mm->vma_tree by address */
	struct list_head link;	       /* M: mm->vma_list by address */
	struct list_head mapping_link; /* R: mapping->vmas */
	struct anon_group *anon;       /* a reference; NULL: no anonymous page was ever here */
	struct list_head anon_link;    /* group->lock: group->vmas */
};

static inline u64
vma_nr_pages(const struct vma *vma)
{
	return (vma->end - vma->start) >> PAGE_SHIFT;
}

/* The page of the mapping (or the page number, when anonymous) that uva shows. */
static inline u64
vma_index(const struct vma *vma, uva_t uva)
{
	return vma->pgoff + ((uva - vma->start) >> PAGE_SHIFT);
}

/* Private memory that stores may change, so pages may have been copied. */
static inline bool
vma_is_cow(const struct vma *vma)
{
	return (vma->flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}

/* to, of the same mapping, tells of the errors of which from has yet to tell. */
static inline void
vma_copy_errors(struct vma *to, const struct vma *from)
{
	if (from->mapping)
		to->wb_errors = from->wb_errors;
}

/* Neighbours in the mm; NULL at the ends. => caller holds mm->lock */
struct vma *vma_next(const struct vma *vma);
struct vma *vma_prev(const struct vma *vma);

/* The first area with end > uva: it contains uva, or lies above it. => NULL when there is none;
 * caller holds mm->lock */
struct vma *vma_find(struct mm *mm, uva_t uva);

/* The area that contains uva, or NULL. => caller holds mm->lock */
struct vma *vma_at(struct mm *mm, uva_t uva);

/* The first area that shares an address with [start, end), or NULL. => caller holds mm->lock */
struct vma *vma_find_overlap(struct mm *mm, u64 start, u64 end);

/*
 * A new area, in no tree yet; takes its own reference to mapping. pgoff of anonymous memory is
 * start / PAGE_SIZE, unless it holds pages that came from another address. => NULL: no memory
 */
struct vma *vma_alloc(struct mm *mm, u64 start, u64 end, u32 flags, struct mapping *mapping,
		      u64 pgoff);
/* => vma is in no tree; gives its mapping reference back and so may sleep */
void vma_free(struct vma *vma);

/*
 * Into and out of the mm's tree, list and counters, and the mapping's list. => mm->lock for writing
 */
void vma_insert(struct vma *vma);
void vma_remove(struct vma *vma);

/*
 * Cut vma at `at`, strictly inside it; vma keeps the lower part.
 * => the upper part; NULL when there is no memory and nothing was done; mm->lock for writing
 */
struct vma *vma_split(struct vma *vma, u64 at);

/* Join vma with neighbours that continue it. => the area that now holds vma's addresses; mm->lock
 * for writing */
struct vma *vma_merge(struct vma *vma);

/* Move a boundary of vma outward or inward, over unmapped addresses. => mm->lock for writing */
void vma_resize(struct vma *vma, u64 start, u64 end);

/* Change flags (and with them pte_flags, and the counters). => mm->lock for writing */
void vma_set_flags(struct vma *vma, u32 flags);

/* The bits of a present leaf for these VM_* flags; W is set for VM_WRITE. */
u64 vma_flags_to_pte(u32 flags);

/* Verify order, overlaps, alignment, merging, tree and counters of a whole mm; panics at a fault.
 * => caller holds mm->lock */
void vma_check(struct mm *mm);

/* Once, at boot. */
void vma_init(void);
