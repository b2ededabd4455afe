#pragma once

/* What the files of swaptest share. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define PAGE	   4096UL
#define WORDS	   (PAGE / sizeof(uint64_t))
#define MIB_PAGES  256UL
#define CASE_PAGES 512

/* Options. */
extern uint64_t nr_processes, nr_mib, nr_rounds, seed, compressible;
extern const char *off_device, *shared_kind;

/* --- contents.c: what a page holds ---------------------------------------------------------- */

uint64_t mix(uint64_t x);
/* The version-th contents of page `number` of process or file `who`. */
void page_write(uint64_t *words, uint64_t who, uint64_t number, uint64_t version);
void page_check(const uint64_t *words, uint64_t who, uint64_t number, uint64_t version);
/* The same for CASE_PAGES pages. */
void fill(uint64_t *words, uint64_t who, uint64_t version);
void check(const uint64_t *words, uint64_t who, uint64_t version);
/* Only zeros from byte `from` on, below byte `to`. */
void check_zero(const void *area, uint64_t from, uint64_t to);

/* --- tools.c -------------------------------------------------------------------------------- */

/* Memory of its own, or shared with children; ends the program when there is none. */
void *map(uint64_t nr_pages, int flags);
/* Calls visit for each page of 0 .. nr - 1 in an order that `key` chooses. */
void each_page(uint64_t nr, uint64_t key, void (*visit)(uint64_t number, void *arg), void *arg);
/* Make the pages of others go: touch memory of the given size once. */
void squeeze(void);
pid_t start(void (*run)(uint64_t), uint64_t arg);
/* Wait for a child that has to succeed. */
void child_end(pid_t pid);
/* A number in a file of /proc: of the line that begins with `name`. In /proc/self/smaps, the sum. */
unsigned long proc_number(const char *path, const char *name);

/* --- what main() calls ---------------------------------------------------------------------- */

void pressure(void);	    /* pressure.c: private memory */
void shared_pressure(void); /* shared.c: memory of several processes */
void private_cases(void);   /* private_cases.c */
void shared_cases(void);    /* shared_cases.c */
pid_t swapoff_begin(void);  /* swapoff.c: off_device off and on until swapoff_end() */
void swapoff_end(pid_t pid);
void swapoff_refused(void);
