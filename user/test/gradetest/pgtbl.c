/* Lab pgtbl: page tables, rights, and the border between programs and the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <unistd.h>

#include "grade.h"

#define DIRECTMAP 0xffffffc080000000UL /* of RAM */
#define IMAGE	  0xffffffff80200000UL
#define NR_SPARSE 8
#define STRIDE	  (1024 * MIB)
#define IMAGE_MAX (2 * MIB) /* more than the image has */
#define REFUSED	  3
#define LONGEST	  5 /* seconds */

static const uint64_t constant = 0x123456789;
static uint64_t datum = 1;

/* Areas of all rights at once. */
static void
rights(int argc, char **argv)
{
	static const int prots[] = {PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC,
				    PROT_NONE};
	char *at[COUNT(prots)];

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < COUNT(prots); i++) {
		at[i] = memory_map(PAGE);
		*(volatile uint64_t *)at[i] = word(i);
		if (mprotect(at[i], PAGE, prots[i]) < 0)
			give_up("mprotect");
	}
	fact("pagemap", pagemap_entry(at[0]));
	checkpoint("protected", "pid", (uint64_t)getpid(), "r", (uint64_t)at[0], "rw",
		   (uint64_t)at[1], "rx", (uint64_t)at[2], "none", (uint64_t)at[3], NULL);
	mprotect(at[3], PAGE, PROT_READ);
	fact("none_kept", *(volatile uint64_t *)at[3]);
}

static int
kernel_read(void *at)
{
	return *(volatile char *)at;
}

static int
store(void *at)
{
	*(volatile uint64_t *)at = 0;
	return 0;
}

static int
jump(void *at)
{
	((void (*)(void))at)();
	return 0;
}

static void *jumped_to;

static void
jump_refused(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	_exit(info->si_addr == jumped_to ? REFUSED : 0);
}

/* Code that is not the program's may well end by SIGSEGV, too, but elsewhere; or never. */
static int
jump_watched(void *at)
{
	struct sigaction action = {.sa_sigaction = jump_refused, .sa_flags = SA_SIGINFO};
	struct itimerval longest = {.it_value.tv_sec = LONGEST};

	jumped_to = at;
	sigaction(SIGSEGV, &action, NULL);
	setitimer(ITIMER_REAL, &longest, NULL);
	return jump(at);
}

/* Somewhere in a MiB of the kernel's, other in each run. */
static void *
kernel_address(uint64_t start, unsigned index)
{
	return (void *)(start + word(index) % MIB / sizeof(uint64_t) * sizeof(uint64_t));
}

/* => in how many pages of the image child(address) does not end as it should; the offset is other in each run */
static unsigned
image_pages(int (*child)(void *at), unsigned index, int expected)
{
	uint64_t at = IMAGE + word(index) % PAGE / sizeof(uint64_t) * sizeof(uint64_t);
	unsigned nr = 0;

	for (uint64_t end = at + IMAGE_MAX; at < end; at += PAGE)
		nr += in_child(child, (void *)at) != expected;
	return nr;
}

/* What a program may not do. */
static void
border(int argc, char **argv)
{
	int fds[2];

	(void)argc;
	(void)argv;
	fact("kernel_read", in_child(kernel_read, kernel_address(DIRECTMAP + MIB, 10)));
	fact("image_read", image_pages(kernel_read, 11, SIGSEGV));
	fact("kernel_jump", image_pages(jump_watched, 12, REFUSED << 8));
	fact("text_store", in_child(store, (void *)(uintptr_t)border));
	fact("const_store", in_child(store, (void *)(uintptr_t)&constant));
	fact("data_jump", in_child(jump, &datum));
	if (pipe(fds) < 0)
		give_up("pipe");
	errno = 0;
	(void)!write(fds[1], kernel_address(DIRECTMAP + MIB, 13), 8);
	fact("kernel_write_call", errno);
	errno = 0;
	(void)!write(fds[1], "x", 1);
	(void)!read(fds[0], kernel_address(DIRECTMAP + MIB, 14), 1);
	fact("kernel_read_call", errno);
}

/* Pages far from each other, each with tables of its own; all goes back. */
static void
sparse(int argc, char **argv)
{
	char *at = mmap(NULL, NR_SPARSE * STRIDE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint64_t tables = proc_number("/proc/vmstat", "nr_page_table_pages"), right = 0;
	uint64_t free_kb = proc_number("/proc/meminfo", "MemFree");

	(void)argc;
	(void)argv;
	if (at == MAP_FAILED)
		give_up("mmap");
	for (unsigned i = 0; i < NR_SPARSE; i++)
		*(volatile uint64_t *)(at + i * STRIDE) = word(i);
	for (unsigned i = 0; i < NR_SPARSE; i++)
		right += *(volatile uint64_t *)(at + i * STRIDE) == word(i);
	fact("sparse_right", right);
	fact_growth("sparse_tables", tables, proc_number("/proc/vmstat", "nr_page_table_pages"));
	munmap(at, NR_SPARSE * STRIDE);
	fact_growth("tables_left", tables, proc_number("/proc/vmstat", "nr_page_table_pages"));
	fact_growth("free_kb_lost", proc_number("/proc/meminfo", "MemFree"), free_kb);
}

/* All in one process: what the hart remembers of the page must go with the right. */
static int
store_take_store(void *at)
{
	*(volatile uint64_t *)at = 1;
	if (mprotect(at, PAGE, PROT_READ) < 0)
		return 1;
	*(volatile uint64_t *)at = 2;
	return 0;
}

/* A store after its right was taken away, and after it was given back. */
static void
changes(int argc, char **argv)
{
	uint64_t *at = memory_map(PAGE);

	(void)argc;
	(void)argv;
	*(volatile uint64_t *)at = word(1);
	fact("taken", in_child(store_take_store, at));
	mprotect(at, PAGE, PROT_READ);
	mprotect(at, PAGE, PROT_READ | PROT_WRITE);
	*(volatile uint64_t *)at = word(2);
	fact("given_back", *(volatile uint64_t *)at);
	fact("unmapped", in_child(store_unmap_load, at));
}

const struct grade_case pgtbl_cases[] = {
	{"pgtbl.rights", rights},
	{"pgtbl.border", border},
	{"pgtbl.sparse", sparse},
	{"pgtbl.changes", changes},
	{NULL, NULL},
};
