/*
 * What stands in for the rest of vm/ when the lists of reclaim run on the host, and two things to
 * drive them with: the lists beside a model of them, and a memory of some frames under a policy.
 */
#pragma once

#include "lib/types.h"

/* RAM with a few frames in each of two zones, all lists empty, the policy `lru`. */
#define ENV_START      0x80200UL
#define ENV_NORMAL_PFN 0x80240UL
#define ENV_NR_PAGES   512UL
void env_lru_create(void);

/* Accessed bits: by frame, from ENV_START on. */
extern bool env_accessed[];

/* --- lists, and a model of them that is made of arrays (lru/lists.c) ----------------------------- */

/* Empty lists, on RAM made by env_lru_create(). */
void lists_create(void);
/* One operation that op and arg choose; what cannot be done now is left out. Then all is compared. */
void lists_step(u8 op, u8 arg);
/* Free what there is, and compare. */
void lists_destroy(void);

/* --- a memory under a policy (lru/memory.c) ----------------------------------------------------- */

#define MEMORY_PAGES	  64
#define MEMORY_FRAMES_MAX 32

struct reclaim_policy;

/* An empty one. */
void memory_create(const struct reclaim_policy *policy, unsigned nr_frames);
/* A page is used. => was it a fault? */
bool memory_use(unsigned page);
void memory_destroy(void);

/* The same under FIFO or CLOCK, as textbooks write them: an array with a hand. */
struct textbook {
	unsigned nr_frames, nr_used, hand;
	unsigned pages[MEMORY_FRAMES_MAX];
	bool bits[MEMORY_FRAMES_MAX];
	bool clock;
};
bool textbook_use(struct textbook *book, unsigned page);
