/*
 * The statistics of memory agree with each other. Other threads of the kernel may take or free a page
 * between two reads, so each comparison is tried until it holds; numbers that really differ never
 * will.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	 4096UL
#define NR_ZONES 3
#define TRIES	 200

static char text[32768];
static int failures;

static const char *
text_read(const char *path)
{
	int fd = open(path, O_RDONLY);
	size_t len = 0;
	ssize_t got;

	while (fd >= 0 && (got = read(fd, text + len, sizeof(text) - 1 - len)) > 0)
		len += got;
	text[len] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

static long
field(const char *path, const char *name)
{
	const char *at = strstr(text_read(path), name);

	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static long
meminfo_pages(const char *name)
{
	return field("/proc/meminfo", name) / 4;
}

static void
tell(const char *name, int holds, long a, long b)
{
	printf("test memstat_%s %s", name, holds ? "ok\n" : "FAILED: ");
	if (!holds)
		printf("%ld and %ld\n", a, b);
	failures += !holds;
}

/* The sum of the numbers behind each `name` in the text. */
static long
sum_of(const char *at, const char *name)
{
	long sum = 0;

	while ((at = strstr(at, name)))
		sum += strtol(at += strlen(name), NULL, 10);
	return sum;
}

/* Free frames of the buddy by buddyinfo, on the lists of harts and in the pools of colours by zoneinfo. */
static long
free_by_zones(void)
{
	long pages = 0;

	for (const char *line = text_read("/proc/buddyinfo"); (line = strstr(line, ", zone"));) {
		char *at = (char *)line + 7 + 9;

		for (int order = 0; order <= 10; order++)
			pages += strtol(at, &at, 10) << order;
		line = at;
	}
	text_read("/proc/zoneinfo");
	return pages + sum_of(text, "count: ") + sum_of(text, "color: ");
}

static void
free_agrees(void)
{
	long a = 0, b = 1;

	for (int i = 0; i < TRIES && a != b; i++) {
		a = meminfo_pages("MemFree:");
		b = free_by_zones();
	}
	tell("free", a == b, a, b);
}

/*
 * A number of meminfo, and the frames that kpageflags has a bit for. The text of meminfo may lie in
 * nr_own such frames itself, which are free again when it was read.
 */
static void
flags_agree(const char *name, const char *line, int bit, long nr_own)
{
	static uint64_t words[512];
	long a = 0, b = 1;

	for (int i = 0; i < TRIES && a != b && a != b + nr_own; i++) {
		int fd = open("/proc/kpageflags", O_RDONLY);
		off_t at = 0x80000 * sizeof(*words);
		ssize_t got;

		a = meminfo_pages(line);
		b = 0;
		for (; (got = pread(fd, words, sizeof(words), at)) > 0; at += got)
			for (size_t n = 0; n < got / sizeof(*words); n++)
				b += words[n] >> bit & 1;
		close(fd);
	}
	tell(name, a == b || a == b + nr_own, a, b);
}

static uint64_t
word_at(const char *path, uint64_t index)
{
	int fd = open(path, O_RDONLY);
	uint64_t word = 0;

	if (pread(fd, &word, sizeof(word), index * sizeof(word)) != sizeof(word))
		word = ~0ULL;
	close(fd);
	return word;
}

/* A page is in two page tables after fork. */
static void
count_after_fork(void)
{
	char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t map, pfn, before, after;
	int go[2];
	pid_t child;

	*page = 1;
	map = word_at("/proc/self/pagemap", (uintptr_t)page / PAGE);
	pfn = map & ((1ULL << 55) - 1);
	before = word_at("/proc/kpagecount", pfn);
	if (pipe(go) < 0)
		exit(2);
	child = fork();
	if (child == 0) {
		char c;

		close(go[1]);
		_exit(read(go[0], &c, 1) != 0);
	}
	after = word_at("/proc/kpagecount", pfn);
	tell("present", map >> 63, map >> 63, 1);
	tell("anon_flag", word_at("/proc/kpageflags", pfn) >> 12 & 1, 0, 1);
	tell("mapped_once", before == 1, before, 1);
	tell("mapped_twice", after == 2, after, 2);
	close(go[1]);
	waitpid(child, NULL, 0);
	tell("mapped_once_again", word_at("/proc/kpagecount", pfn) == 1,
	     word_at("/proc/kpagecount", pfn), 1);
}

/* Linux's names of what reclaim and swap count. */
static void
vmstat_names(void)
{
	static const char *const names[] = {
		"nr_vmscan_write",
		"nr_dirtied",
		"nr_written",
		"nr_throttled_written",
		"pswpin",
		"pswpout",
		"swap_ra",
		"swap_ra_hit",
		"pgactivate",
		"pgdeactivate",
		"pgfault",
		"pgmajfault",
		"pgrefill",
		"pgreuse",
		"pgscan_kswapd",
		"pgscan_direct",
		"pgscan_direct_throttle",
		"pgscan_anon",
		"pgscan_file",
		"pgsteal_kswapd",
		"pgsteal_direct",
		"pgsteal_anon",
		"pgsteal_file",
		"slabs_scanned",
		"kswapd_low_wmark_hit_quickly",
		"pageoutrun",
		"allocstall_normal",
		"drop_pagecache",
		"drop_slab",
		"oom_kill",
		"workingset_refault_anon",
		"workingset_refault_file",
		"workingset_activate_anon",
		"workingset_activate_file",
		"workingset_restore_anon",
		"workingset_restore_file",
		"unevictable_pgs_culled",
		"unevictable_pgs_scanned",
		"unevictable_pgs_rescued",
		"unevictable_pgs_mlocked",
		"unevictable_pgs_munlocked",
		"nr_mlock",
	};
	char line[64];

	text_read("/proc/vmstat");
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(line, sizeof(line), "\n%s ", names[i]);
		if (!strstr(text, line))
			tell(names[i], 0, 0, 1);
	}
}

/* Who drops the caches is named in the log. */
static void
drop_is_logged(void)
{
	char line[64];
	int fd = open("/proc/sys/vm/drop_caches", O_WRONLY), len;

	snprintf(line, sizeof(line), "memstat (%d): drop_caches: 1", getpid());
	tell("drop", write(fd, "1", 1) == 1, fd, 1);
	close(fd);
	len = klogctl(3, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	tell("drop_logged", strstr(text, line) != NULL, len, 1);
}

/* Knobs keep what is written within their range, and nothing else. */
static void
knob_checks(const char *path, const char *good, const char *bad)
{
	char old[64];
	int fd = open(path, O_WRONLY);
	long wrong, right, now;

	snprintf(old, sizeof(old), "%s", text_read(path));
	wrong = write(fd, bad, strlen(bad));
	right = write(fd, good, strlen(good));
	now = strtol(text_read(path), NULL, 10);
	tell("knob_refuses", wrong == -1, wrong, -1);
	tell("knob_takes", right > 0 && now == strtol(good, NULL, 0), now, strtol(good, NULL, 0));
	if (write(fd, old, strlen(old)) < 0)
		tell("knob_restored", 0, 0, 0);
	close(fd);
}

struct zone {
	char name[16];
	long free, min, low, high, spanned, present, managed, start_pfn;
	char protection[64];
};

/* => how many zones /proc/zoneinfo has, the lowest first */
static int
zones_read(struct zone zones[NR_ZONES])
{
	const char *at = text_read("/proc/zoneinfo");
	int nr = 0;

	while (nr < NR_ZONES && (at = strstr(at, ", zone"))) {
		struct zone *zone = &zones[nr++];
		const char *pages, *protection, *start;

		at += strlen(", zone");
		pages = strstr(at, "pages free");
		protection = strstr(at, "protection: (");
		start = strstr(at, "start_pfn:");
		if (sscanf(at, "%15s", zone->name) != 1 || !pages ||
		    sscanf(pages,
			   "pages free %ld min %ld low %ld high %ld spanned %ld present %ld "
			   "managed %ld",
			   &zone->free, &zone->min, &zone->low, &zone->high, &zone->spanned,
			   &zone->present, &zone->managed) != 7 ||
		    !protection ||
		    sscanf(protection, "protection: (%63[^)]", zone->protection) != 1 || !start ||
		    sscanf(start, "start_pfn: %ld", &zone->start_pfn) != 1)
			return 0;
	}
	return nr;
}

static int
zone_is_high(const struct zone *zone)
{
	return strcmp(zone->name, "HighMem") == 0;
}

/* Each number of a zone is in its place: by their order, and by the knobs that they come from. */
static void
zones_are_sound(const char *name)
{
	long factor = field("/proc/sys/vm/watermark_scale_factor", "");
	long wanted = field("/proc/sys/vm/min_free_kbytes", "") / 4, sum = 0;
	struct zone zones[NR_ZONES];
	int nr = zones_read(zones), sound = nr > 0;

	for (int i = 0; i < nr; i++) {
		const struct zone *zone = &zones[i];
		long step = zone->low - zone->min;

		sound &= zone->min > 0 && step > 0 && zone->high - zone->low == step;
		sound &= step >= zone->managed * factor / 10000;
		sound &= zone->free <= zone->managed && zone->managed <= zone->present;
		sound &= zone->present <= zone->spanned;
		sum += zone_is_high(zone) ? 0 : zone->min;
	}
	tell(name, sound, nr, nr);
	tell("zones_share_min_free", sum <= wanted && sum + nr >= wanted, sum, wanted);
}

/* With another value of a knob, what zoneinfo shows has followed. */
static void
knob_moves_zones(const char *name, const char *path, const char *value)
{
	char old[64];
	int fd = open(path, O_WRONLY);

	snprintf(old, sizeof(old), "%s", text_read(path));
	if (write(fd, value, strlen(value)) < 0)
		tell("knob_takes", 0, 0, 0);
	zones_are_sound(name);
	if (write(fd, old, strlen(old)) < 0)
		tell("knob_restored", 0, 0, 0);
	close(fd);
}

/* What the lowest zone keeps from those who would do with the highest is a part of all that lies above. */
static void
reserve_ratio_is_taken(void)
{
	const char *path = "/proc/sys/vm/lowmem_reserve_ratio";
	long above = 0, reserve = 0;
	struct zone zones[NR_ZONES];
	char old[64], *end = NULL;
	int fd = open(path, O_WRONLY), nr;

	snprintf(old, sizeof(old), "%s", text_read(path));
	if (write(fd, "7 7 7", 5) < 0)
		tell("knob_takes", 0, 0, 0);
	nr = zones_read(zones);
	for (int i = 1; i < nr; i++)
		above += zones[i].managed;
	for (char *at = zones[0].protection; nr > 0 && *at; at = end + (*end == ','))
		reserve = strtol(at, &end, 10);
	tell("reserve_ratio_shown", strncmp(text_read(path), "7\t7\t7", 5) == 0, 0, 0);
	tell("reserve_ratio_is_taken", nr > 0 && reserve == above / 7, reserve, above / 7);
	if (write(fd, old, strlen(old)) < 0)
		tell("knob_restored", 0, 0, 0);
	close(fd);
}

/* Pages of a range of ours whose frames are the zone's. */
static long
pages_in_zone(const char *range, long nr_pages, const struct zone *zone)
{
	uint64_t pfn;
	long nr = 0;

	for (long i = 0; i < nr_pages; i++) {
		pfn = word_at("/proc/self/pagemap", (uintptr_t)range / PAGE + i) &
		      ((1ULL << 55) - 1);
		nr += (long)pfn >= zone->start_pfn && (long)pfn < zone->start_pfn + zone->spanned;
	}
	return nr;
}

/* Programs' own memory is high memory where the machine has some, and so much that this is no question. */
static void
anon_is_high(void)
{
	enum { NR = 1024 };
	struct zone zones[NR_ZONES];
	int nr = zones_read(zones), fd;
	long nr_high;
	char *range;

	if (nr == 0 || !zone_is_high(&zones[nr - 1]) || zones[nr - 1].managed < 8 * NR)
		return;
	fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
	tell("drop_caches", write(fd, "3", 1) == 1, 0, 0);
	close(fd);
	range = mmap(NULL, NR * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(range, 1, NR * PAGE);
	nr_high = pages_in_zone(range, NR, &zones[nr - 1]);
	tell("anon_is_high", nr_high == NR, nr_high, NR);
	munmap(range, NR * PAGE);
}

/* What is locked in memory by meminfo and by the zones. */
static void
mlocked_is(const char *name, long wanted)
{
	long zones = sum_of(text_read("/proc/zoneinfo"), "nr_zone_unevictable ");
	long sum = meminfo_pages("Mlocked:");

	tell(name, sum == wanted && zones == wanted, sum, zones);
}

/* mlock counts at once, by call and by mapping; so does the end of it, though another still has the pages. */
static void
mlock_is_counted(void)
{
	enum { NR = 64 };
	int protection = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_ANONYMOUS;
	char *range = mmap(NULL, NR * PAGE, protection, flags, -1, 0), *locked;
	long before = meminfo_pages("Mlocked:");
	int status = -1;

	tell("mlock", mlock(range, NR * PAGE) == 0, 0, 0);
	mlocked_is("mlocked", before + NR);
	locked = mmap(NULL, NR * PAGE, protection, flags | MAP_LOCKED, -1, 0);
	mlocked_is("map_locked", before + 2 * NR);
	munlock(range, NR / 2 * PAGE);
	mlocked_is("munlocked", before + NR + NR / 2);
	munmap(locked, NR * PAGE);
	mlocked_is("unmapped", before + NR / 2);
	munlockall();
	mlocked_is("munlocked_all", before);
	mlock(range, NR * PAGE);
	locked = mremap(range, 0, NR * PAGE, MREMAP_MAYMOVE);
	munlock(locked, NR * PAGE);
	mlocked_is("locked_elsewhere", before + NR);
	munmap(range, NR * PAGE);
	mlocked_is("unmapped_locked", before);
	if (fork() == 0)
		_exit(mlock(locked, NR * PAGE) != 0 || meminfo_pages("Mlocked:") < before + NR);
	tell("child_locks", wait(&status) > 0 && status == 0, status, 0);
	mlocked_is("child_gone", before);
	munmap(locked, NR * PAGE);
}

struct slab_sums {
	long active, objects, active_slabs, slabs, pages;
	int sound, nr;
};

/* Sums over the rows of /proc/slabinfo; no part may be more than its whole. */
static struct slab_sums
slabinfo_read(void)
{
	struct slab_sums sums = {.sound = 1};
	long active, objects, bytes, pages, active_slabs, slabs;
	const char *at = text_read("/proc/slabinfo");

	for (; (at = strchr(at, '\n')); at++) {
		const char *data = strstr(at, ": slabdata ");

		if (sscanf(at + 1, "%*s %ld %ld %ld %*d %ld", &active, &objects, &bytes, &pages) !=
			    4 ||
		    !data || sscanf(data, ": slabdata %ld %ld", &active_slabs, &slabs) != 2)
			continue;
		sums.sound &= active <= objects && active_slabs <= slabs && bytes > 0;
		sums.active += active;
		sums.objects += objects;
		sums.active_slabs += active_slabs;
		sums.slabs += slabs;
		sums.pages += slabs * pages;
		sums.nr++;
	}
	return sums;
}

/*
 * The slabs of all caches are meminfo's Slab, but for one that the text of meminfo itself may lie in; and
 * have room for a few objects more than there are.
 */
static void
slabinfo_agrees(void)
{
	struct slab_sums sums = {0};
	long slab = -1;

	for (int i = 0; i < TRIES && slab != sums.pages && slab != sums.pages + 1; i++) {
		slab = meminfo_pages("\nSlab:");
		sums = slabinfo_read();
	}
	tell("slabinfo_is_sound", sums.sound && sums.nr > 10, sums.sound, sums.nr);
	tell("slabinfo_has_room", sums.active < sums.objects, sums.active, sums.objects);
	tell("slabinfo_slabs", slab == sums.pages || slab == sums.pages + 1, slab, sums.pages);
}

int
main(void)
{
	free_agrees();
	zones_are_sound("zones");
	knob_moves_zones("zones_follow_min_free", "/proc/sys/vm/min_free_kbytes", "3000");
	knob_moves_zones("zones_follow_scale", "/proc/sys/vm/watermark_scale_factor", "700");
	reserve_ratio_is_taken();
	anon_is_high();
	mlock_is_counted();
	slabinfo_agrees();
	flags_agree("slab", "\nSlab:", 7, 1);
	flags_agree("pagetables", "\nPageTables:", 26, 0);
	flags_agree("anon", "\nAnonPages:", 12, 0);
	count_after_fork();
	vmstat_names();
	drop_is_logged();
	knob_checks("/proc/sys/vm/min_free_kbytes", "0x5dc", "-1");
	knob_checks("/proc/sys/vm/dirty_ratio", "30", "101");
	knob_checks("/proc/sys/vm/watermark_scale_factor", "20", "0");
	return failures > 0;
}
