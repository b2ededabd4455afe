/*
 * A page that is one word over and over, most often zero, needs no I/O: the word is kept in the
 * area's tree `kept` instead. An entry there is a number of 63 bits:
 *
 *	bit 62 clear	the word, which is below 2^62
 *	bit 62 set	the word's lower half, twice
 *
 * and a word that is neither is not kept: its page goes to the disk.
 */

#include "vm/swap_keep.h"

#include "mem/kmap.h"
#include "mem/vmstat.h"
#include "vm/page_lock.h"

#define WORDS_PER_PAGE (PAGE_SIZE / sizeof(u64))

#define FILL_TWICE BIT(62)

/* => an entry for the tree; NULL when the page is not one word, or one that cannot be kept */
static void *
page_to_fill(const u64 *words)
{
	u64 word = words[0];

	if (words[WORDS_PER_PAGE - 1] != word)
		return NULL;
	for (unsigned i = 1; i < WORDS_PER_PAGE; i++)
		if (words[i] != word)
			return NULL;
	if (word < FILL_TWICE)
		return xa_mk_value(word);
	return (u32)word == word >> 32 ? xa_mk_value(FILL_TWICE | (u32)word) : NULL;
}

static void
page_fill(u64 *words, const void *entry)
{
	u64 value = xa_to_value(entry), half = (u32)value;
	u64 word = value & FILL_TWICE ? half << 32 | half : value;

	for (unsigned i = 0; i < WORDS_PER_PAGE; i++)
		words[i] = word;
}

bool
swap_keep_save(struct page *page)
{
	swp_entry_t entry = page_swp_entry(page);
	struct swap_area *area = swap_area_of(entry);
	u64 *words = kmap_local_page(page);
	void *fill = page_to_fill(words);
	bool kept = false;

	kunmap_local(words);
	spin_lock(&area->lock);
	swap_keep_drop_locked(area, swp_slot(entry));
	if (fill)
		kept = xa_insert(&area->kept, swp_slot(entry), fill) == 0;
	spin_unlock(&area->lock);
	return kept;
}

bool
swap_keep_load(struct page *page)
{
	swp_entry_t entry = page_swp_entry(page);
	struct swap_area *area = swap_area_of(entry);
	const void *kept;
	u64 *words;

	spin_lock(&area->lock);
	kept = xa_load(&area->kept, swp_slot(entry));
	spin_unlock(&area->lock);
	if (!kept)
		return false;
	words = kmap_local_page(page);
	page_fill(words, kept);
	kunmap_local(words);
	return true;
}

void
swap_keep_drop_locked(struct swap_area *area, u64 slot)
{
	if (!xa_empty(&area->kept))
		xa_erase(&area->kept, slot);
}
