/*
 * What the cases of bombs share. A case returns when all is as it should be; a failed check ends its
 * process.
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#define PAGE 4096UL
#define MIB  (1024 * 1024UL)
#define RW   (PROT_READ | PROT_WRITE)

#define THREAD_FLAGS \
	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM)

/* What the watcher and its bombs share. */
struct shared {
	volatile unsigned long nr_events, nr_pages[2];
	volatile int first_is_dead, important_asked, important_answer;
};
extern struct shared *shared;

/* Ends the process, with the reason. */
void fail(const char *why, long number) __attribute__((noreturn));

#define CHECK(condition, number)                    \
	do {                                        \
		if (!(condition))                   \
			fail(#condition, (number)); \
	} while (0)

void text_write(const char *path, const char *text);
/* The number behind a name in a file of /proc; -1: there is none. */
long number_read(const char *path, const char *name);

/* Victims of the killer so far. */
long nr_kills(void);
/* Pages that are free when every cache has been dropped. */
long free_pages(void);
/* As many are free as were before, but for a few. The dead may still be on their way out. */
void check_recovered(long before);

/* Runs the function in a child that the killer may have, the leader of a group of its own. */
pid_t bomb_start(void (*function)(void));
int child_wait(pid_t pid);
/* The same; it must be killed for its memory, or must return. */
void check_killed(void (*function)(void));
void check_ended(void (*function)(void));
/* Ends the bomb's whole group, and waits until it is gone. */
void group_end(pid_t leader);

/* A bomb notes something; the watcher waits until so much was noted. */
void event_note(void);
void events_wait(unsigned long nr);

/* Anonymous memory for which nothing is promised; NULL: none. touch: a store to each page. */
char *map(unsigned long bytes, int flags);
void touch(char *at, unsigned long bytes);

/* Uses up memory, for ever. */
void grow_private(void);

/* The cases. */
void bomb_private(void);
void bomb_shared(void);
void bomb_heap(void);
void bomb_stack(void);
/* ... what that executes, by an option of its own. */
#define OPTION_GROW_STACK "s"
void bomb_stack_grow(void);
void bomb_tables(void);
void bomb_areas(void);
void bomb_calls(void);
void bomb_locked(void);
void bomb_fork(void);
void bomb_threads(void);
void bomb_pipes(void);
void bomb_files(void);
void bomb_commit(void);
void bomb_tmpfs(void);
void bomb_holes(void);
void bomb_names(void);
void bomb_directories(void);
void bomb_runaways(void);
void bomb_sharers(void);
void bomb_asker(void);
void bomb_cache(void);
