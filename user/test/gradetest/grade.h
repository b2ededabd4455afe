/*
 * gradetest: the guest's half of the grading harness (grading/harness). The harness writes a line
 * to the result channel, `run NONCE SEED CASE ARGUMENT...`; gradetest runs that case, which reports
 * facts. It never says whether they are right: what is expected is known to the harness alone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct grade_case {
	const char *name;
	void (*run)(int argc, char **argv);
};

/* The cases of each lab; the last has no name. */
extern const struct grade_case boot_cases[], pgtbl_cases[], pages_cases[], slab_cases[],
	lazy_cases[], cow_cases[], mmap_cases[], reclaim_cases[], swap_cases[], oom_cases[],
	verdicts_cases[];

/* The index-th word of this run's seed: what a test writes where its value must be unknown. */
uint64_t word(unsigned index);

/* Tells something that was seen. Any process of the test may. */
void fact(const char *name, uint64_t value);
void fact_text(const char *name, const char *text);

/* Tells a difference that may be negative; negative is told as 0. */
void fact_growth(const char *name, uint64_t before, uint64_t after);

/*
 * Runs child(arg) in many processes, one after the other, and tells how many frames are free no more when
 * all have gone. Tells nothing if one of them did not end with status 0.
 */
void fact_frames_lost(const char *name, int (*child)(void *arg), void *arg);

/*
 * Waits while the harness looks at the machine from outside. Pairs of a name and a uint64_t follow,
 * and NULL: what it has to know, such as a pid and an address. That this process waits is told, too.
 */
void checkpoint(const char *name, ...);

/* A number in a file of /proc: of the line that begins with key. Ends the test if there is none. */
uint64_t proc_number(const char *path, const char *key);
/* ... of this process: the field of /proc/self/status, in kB. */
uint64_t status_kb(const char *key);

/* Faults of this process so far, of /proc/self/stat. */
uint64_t minor_faults(void);
uint64_t major_faults(void);

/* The PTE of a user page as /proc/self/pagemap tells it. */
uint64_t pagemap_entry(const void *uva);

/* Ends the test with a line on the console: it cannot go on. */
void give_up(const char *what) __attribute__((noreturn));

/* Anonymous private memory, not touched. */
void *memory_map(size_t bytes);

/* Runs child(arg) in a new process and returns its wait status. */
int in_child(int (*child)(void *arg), void *arg);
/* The wait status of a child that ends soon. => false: it did not, and has been killed */
bool child_ends(pid_t pid, int *status);
pid_t fork_checked(void);

/* For in_child(): becomes mkswap of a disk, or a program without arguments. And mkswap and swapon of it; ends the test if they fail. */
int mkswap(void *disk);
int program_run(void *path);
void swap_start(char *disk);

/* Words first..first+nr-1 of the seed at `at`, one in each page; and how many pages still have theirs. */
void pages_fill(void *at, size_t nr_pages, unsigned first);
size_t pages_right(const void *at, size_t nr_pages, unsigned first);

/* For in_child(): stores to the page, unmaps it, loads from it; 0 if that was possible. */
int store_unmap_load(void *page);

#define KIB	     1024UL
#define MIB	     (1024 * KIB)
#define PAGE	     4096UL
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
