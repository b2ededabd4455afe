#pragma once

/* Anonymous pages: memory that no file stands behind. */

#include "vm/mm.h"

/*
 * A page for vma's address uva, zero-filled, or with any contents: the caller fills the whole of
 * it. Not mapped yet: one reference, mapcount 0. Sleeps. => NULL when there is no memory
 */
struct page *anon_page_alloc(struct vma *vma, uva_t uva);
struct page *anon_page_alloc_raw(struct vma *vma, uva_t uva);

/*
 * A page that nothing maps is about to be mapped at vma's address uva: the reverse map finds it there
 * from now on. => page locked, mapcount 0
 */
void anon_page_adopt(struct vma *vma, uva_t uva, struct page *page);

/*
 * Make the unmapped page the one that the PTE of uva maps; the caller's reference becomes the
 * PTE's. Stores are allowed when the area allows them. => page-table lock; the PTE holds no page
 */
void anon_page_map(struct vma *vma, pte_t *ptep, struct page *page);

/* The same in place of the original, which the PTE was withdrawn from, and whose reference becomes the caller's. */
void anon_page_replace(struct vma *vma, pte_t *ptep, struct page *original, struct page *page);

/* Does nothing but its one PTE have this anonymous page? Then a store need not copy it. */
static inline bool
anon_page_exclusive(const struct page *page)
{
	return page_test(page, PG_anon) && page_refcount(page) == 1;
}
