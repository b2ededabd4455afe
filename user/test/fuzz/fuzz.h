#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE	 4096UL
#define MAX_JOBS 16

/* --- calls.c: a call at random ---------------------------------------------------------------- */

extern int verbose; /* print each call before it is made */
extern char
	*buffer; /* of a batch: 16 pages in the middle of nothing; the last but one is read-only */

/* Makes the numbers that follow depend on the two and nothing else. */
void random_start(uint64_t seed, long batch);

uint64_t random_next(void);

/* => 0 .. limit - 1 */
uint64_t below(uint64_t limit);

/* => 1: a call came back; 0: it would have done harm, and was not made. May end the process. */
int call_at_random(void);

/* --- batch.c: a process that makes such calls -------------------------------------------------- */

/* Once, before anything else: memory that batches share. => 0, -1 */
int batches_init(void);

/* Runs one batch as part of a job, 0 .. MAX_JOBS - 1. => how many of its calls came back, -1: it hangs */
long batch_do(uint64_t seed, long batch, long job);

/* --- bystander.c: a process that must not notice ----------------------------------------------- */

struct bystander {
	pid_t pid;
	int ask, answer;
};

/* => 0, -1 */
int bystander_start(struct bystander *bystander);

/* Looks at its memory, its pipe and its file. => true: all is as it was */
int bystander_is_well(const struct bystander *bystander);

/* => 0: it saw nothing amiss */
int bystander_end(const struct bystander *bystander);
