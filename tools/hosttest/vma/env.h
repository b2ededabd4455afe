/*
 * An address space without hardware: areas are the kernel's, pages are bytes of an array. zap_range()
 * and protect_range() are checked against what the areas say.
 */
#pragma once

#include "vm/mmap.h"
#include "vm/pagecache.h"

/* The pages that the tests use lie here. */
#define ENV_BASE     0x10000000UL
#define ENV_NR_PAGES 256

/* What each page should be: VM_ACCESS bits and ENV_MAPPED, ENV_FILE; its index within the file. */
#define ENV_MAPPED 0x100U
#define ENV_FILE   0x200U

struct env_page {
	u32 state;
	u64 index;
	bool present; /* it was used, so there is a translation */
};

extern struct mm env_mm;
extern struct mapping env_mapping;
extern struct env_page env_pages[ENV_NR_PAGES];
/* The n-th allocation from now on fails; 0: none does. */
extern u64 env_fail_after;
/* References that areas hold to env_mapping. */
extern s64 env_mapping_refs;

void env_reset(void);
/* Takes all areas away again; fails the test when something is left. */
void env_destroy(void);

/* One operation, chosen by four numbers, on the mm and on env_pages; then all is compared. */
void env_step(u32 op, u32 first, u32 nr, u32 extra);
