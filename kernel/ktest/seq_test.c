/* The texts of /proc: how much of memory those that are kept may take. */
#include "fs/seq.h"

#include "ktest/ktest.h"
#include "lib/string.h"
#include "mem/page_alloc.h"
#include "mem/slab.h"

#define MAX_TEXTS 256

/* Of 1 / 64 of memory and a byte, so that the buffer is twice as large at most. */
static int
text_show(struct seq *seq, void *arg)
{
	u64 bytes = nr_total_pages() / 64 * PAGE_SIZE + 1;

	(void)arg;
	for (u64 i = 0; i < bytes && !seq->overflow; i += 64)
		seq_puts(seq, "As many as the readers of the machine may ever want to keep ...");
	return 0;
}

/* => those that there was room for */
static u32
texts_make(struct seq *texts)
{
	u32 nr = 0;

	while (nr < MAX_TEXTS && seq_make(&texts[nr], text_show, NULL) == 0)
		nr++;
	return nr;
}

static void
texts_destroy(struct seq *texts, u32 nr)
{
	while (nr > 0)
		seq_destroy(&texts[--nr]);
}

/* Texts that are kept do not take all memory; what one gives back another gets. */
KTEST(seq_texts_leave_memory)
{
	struct seq *texts;
	u32 nr;

	KTEST_NEEDS(nr_total_pages() <= (2UL << 30) / PAGE_SIZE); /* else a text is too long */
	texts = kmalloc(MAX_TEXTS * sizeof(*texts), GFP_KERNEL);
	KTEST_REQUIRE(texts);
	nr = texts_make(texts);
	KTEST_CHECK(nr > 4 && nr <= 16);
	KTEST_CHECK(nr_free_pages() > nr_total_pages() / 3);
	texts_destroy(texts, nr);
	KTEST_CHECK(texts_make(texts) == nr);
	texts_destroy(texts, nr);
	kfree(texts);
}
