/* What is promised: counted exactly, and refused beyond the limit. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bombs.h"

#define PIECE	 (4 * MIB)
#define PIECE_KB ((long)(PIECE / 1024))

static void
mode_set(const char *mode)
{
	text_write("/proc/sys/vm/overcommit_memory", mode);
}

static long
committed_kb(void)
{
	return number_read("/proc/meminfo", "Committed_AS:");
}

static char *
map_kind(unsigned long bytes, int prot, int flags)
{
	char *at = mmap(NULL, bytes, prot, flags | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* The sum grows by what the mapping promises, and shrinks again. */
static void
check_counts(int prot, int flags, long kb)
{
	long before = committed_kb();
	char *at = map_kind(PIECE, prot, flags);

	CHECK(at, kb);
	CHECK(committed_kb() - before == kb, committed_kb() - before);
	CHECK(munmap(at, PIECE) == 0, kb);
	CHECK(committed_kb() == before, committed_kb() - before);
}

static void
check_protect_counts(void)
{
	long before = committed_kb();
	char *at = map_kind(PIECE, PROT_READ, MAP_PRIVATE);

	CHECK(at && committed_kb() == before, 0);
	CHECK(mprotect(at, PIECE, RW) == 0 && committed_kb() == before + PIECE_KB, 0);
	CHECK(mprotect(at, PIECE, PROT_READ) == 0 && committed_kb() == before + PIECE_KB, 0);
	at = mremap(at, PIECE, 2 * PIECE, MREMAP_MAYMOVE);
	CHECK(at != MAP_FAILED && committed_kb() == before + 2 * PIECE_KB, committed_kb() - before);
	CHECK(munmap(at, 2 * PIECE) == 0 && committed_kb() == before, 0);
}

static void
check_counting(void)
{
	check_counts(RW, MAP_PRIVATE, PIECE_KB);
	check_counts(RW, MAP_SHARED, PIECE_KB);
	check_counts(PROT_READ, MAP_PRIVATE, 0);
	check_counts(RW, MAP_PRIVATE | MAP_NORESERVE, 0);
	check_counts(RW, MAP_SHARED | MAP_NORESERVE, 0);
	check_protect_counts();
}

/* Below the limit by less than PIECE; each way to ask for more is refused. */
static void
check_limit(void)
{
	long left = number_read("/proc/meminfo", "CommitLimit:") - committed_kb();
	char *most = map_kind((left - PIECE_KB / 2) * 1024UL & -PAGE, RW, MAP_PRIVATE), *at;

	CHECK(most, left);
	CHECK(!map_kind(PIECE, RW, MAP_PRIVATE) && errno == ENOMEM, 0);
	CHECK(!map_kind(PIECE, RW, MAP_PRIVATE | MAP_NORESERVE) && errno == ENOMEM, 0);
	CHECK(!map_kind(PIECE, RW, MAP_SHARED) && errno == ENOMEM, 0);
	CHECK(sbrk(PIECE) == (char *)-1, 0);
	CHECK(fork() == -1 && errno == ENOMEM, 0);
	at = map_kind(PIECE, PROT_NONE, MAP_PRIVATE);
	CHECK(at, 0);
	CHECK(mprotect(at, PIECE, RW) == -1 && errno == ENOMEM, 0);
	CHECK(mmap(at, PIECE, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED, 0);
	CHECK(mremap(most, PIECE, 2 * PIECE, MREMAP_MAYMOVE) == MAP_FAILED, 0);
}

static void
check_modes(void)
{
	unsigned long total = number_read("/proc/meminfo", "MemTotal:") * 1024UL +
			      number_read("/proc/meminfo", "SwapTotal:") * 1024UL;

	check_counting();
	CHECK(!map_kind(total + PIECE, RW, MAP_PRIVATE) && errno == ENOMEM, 0);
	CHECK(map_kind(total - PIECE, RW, MAP_PRIVATE), 0);
	CHECK(map_kind(total - PIECE, RW, MAP_PRIVATE), 0);
	mode_set("1");
	CHECK(map_kind(8 * total, RW, MAP_PRIVATE), 0);
}

#define LIMIT_KB 8192L

/* The limit of mode 2 follows the ratio, or is a number, beside swap; who sets one makes the other 0. */
static void
check_ratio(void)
{
	long total = number_read("/proc/meminfo", "MemTotal:");
	long swap = number_read("/proc/meminfo", "SwapTotal:");
	long before = number_read("/proc/meminfo", "CommitLimit:"), limit;

	text_write("/proc/sys/vm/overcommit_ratio", "20");
	limit = number_read("/proc/meminfo", "CommitLimit:");
	CHECK(limit <= swap + total / 5 && limit > swap + total / 5 - 8, limit);
	text_write("/proc/sys/vm/overcommit_kbytes", "8192");
	limit = number_read("/proc/meminfo", "CommitLimit:");
	CHECK(limit == LIMIT_KB + swap, limit);
	CHECK(number_read("/proc/sys/vm/overcommit_ratio", "") == 0, 0);
	text_write("/proc/sys/vm/overcommit_ratio", "50");
	CHECK(number_read("/proc/sys/vm/overcommit_kbytes", "") == 0, 0);
	CHECK(number_read("/proc/meminfo", "CommitLimit:") == before, before);
}

void
bomb_commit(void)
{
	long before = committed_kb();
	int status;

	check_ended(check_modes);
	check_ratio();
	mode_set("2");
	status = child_wait(bomb_start(check_limit));
	mode_set("0");
	CHECK(status == 0, status);
	CHECK(committed_kb() == before, committed_kb() - before);
}
