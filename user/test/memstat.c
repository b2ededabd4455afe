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

#define PAGE  4096UL
#define TRIES 200

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

/* Free frames of the buddy by buddyinfo and on the lists of harts by zoneinfo. */
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
	for (const char *at = text_read("/proc/zoneinfo"); (at = strstr(at, "count: "));)
		pages += strtol(at += 7, NULL, 10);
	return pages;
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
	tell("knob_takes", right > 0 && now == strtol(good, NULL, 10), now, strtol(good, NULL, 10));
	if (write(fd, old, strlen(old)) < 0)
		tell("knob_restored", 0, 0, 0);
	close(fd);
}

int
main(void)
{
	free_agrees();
	flags_agree("slab", "\nSlab:", 7, 1);
	flags_agree("pagetables", "\nPageTables:", 26, 0);
	flags_agree("anon", "\nAnonPages:", 12, 0);
	count_after_fork();
	vmstat_names();
	drop_is_logged();
	knob_checks("/proc/sys/vm/min_free_kbytes", "1500", "-1");
	knob_checks("/proc/sys/vm/dirty_ratio", "30", "101");
	knob_checks("/proc/sys/vm/watermark_scale_factor", "20", "0");
	return failures > 0;
}
