#pragma once

#include "mem/page.h"

/* All of the simulated RAM is in the direct map. */
#define kmap_local_page(page) page_to_kva(page)
#define kunmap_local(kva)     ((void)(kva))

void page_copy_contents(struct page *dst, struct page *src);
void page_zero_contents(struct page *page);
