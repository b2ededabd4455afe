/*
 * Is every frame of RAM accounted for? Runs after the other tests of a boot: what they did must not
 * have left a frame that belongs to nobody, or a struct page that contradicts itself. And are the pages of
 * programs in high memory, if that has not been used up?
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KPF_MMAP (1ULL << 11)
#define CHUNK	 512

/* => where high memory begins; false: there is none, or less than half of it is free */
static int
high_memory(unsigned long *start_pfn)
{
	unsigned long nr_free = 0, nr_managed = 0;
	FILE *file = fopen("/proc/zoneinfo", "r");
	char line[128], name[32] = "";

	*start_pfn = 0;
	if (!file)
		err(77, "/proc/zoneinfo");
	while (fgets(line, sizeof(line), file)) {
		sscanf(line, "Node 0, zone %31s", name);
		if (strcmp(name, "HighMem") != 0)
			continue;
		sscanf(line, " pages free %lu", &nr_free);
		sscanf(line, " managed %lu", &nr_managed);
		sscanf(line, " start_pfn: %lu", start_pfn);
	}
	fclose(file);
	return *start_pfn && nr_free > nr_managed / 2;
}

/* Frames that programs have mapped: [1] in high memory, [0] in all other. */
static void
mapped_count(unsigned long start_pfn, unsigned long nr[2])
{
	static uint64_t flags[CHUNK];
	int fd = open("/proc/kpageflags", O_RDONLY);
	unsigned long pfn = 0;
	ssize_t got;

	if (fd < 0)
		err(77, "/proc/kpageflags");
	while ((got = read(fd, flags, sizeof(flags))) > 0)
		for (ssize_t i = 0; i < got / (ssize_t)sizeof(flags[0]); i++, pfn++)
			if (flags[i] & KPF_MMAP)
				nr[pfn >= start_pfn]++;
	close(fd);
}

/* Fresh pages are most of what is mapped, for what others have may be of times when memory was short. */
static int
programs_are_high(void)
{
	static volatile char fresh[1 << 20];
	unsigned long nr[2] = {0, 0}, start_pfn;

	if (!high_memory(&start_pfn))
		return 1;
	for (size_t i = 0; i < sizeof(fresh); i += 4096)
		fresh[i] = 1;
	mapped_count(start_pfn, nr);
	if (nr[1] > nr[0])
		return 1;
	printf("%lu mapped frames are in high memory, and %lu are not\n", nr[1], nr[0]);
	return 0;
}

static int
frames_are_sound(void)
{
	FILE *file = fopen("/proc/pagestates", "r");
	unsigned long sum = 0, ram = 1, bad = 0;
	char line[128];

	if (!file)
		err(77, "/proc/pagestates");
	while (fgets(line, sizeof(line), file)) {
		const char *colon = strchr(line, ':');
		unsigned long nr = colon ? strtoul(colon + 1, NULL, 10) : 0;

		if (strncmp(line, "lost:", 5) == 0 || strncmp(line, "wrong:", 6) == 0)
			bad += nr;
		else if (strncmp(line, "sum:", 4) == 0)
			sum = nr;
		else if (strncmp(line, "RAM:", 4) == 0)
			ram = nr;
		else if (strncmp(line, "frame ", 6) == 0)
			fputs(line, stdout);
	}
	fclose(file);
	if (sum == ram && bad == 0)
		return 1;
	printf("%lu frames of %lu are accounted for, %lu are lost or wrong\n", sum, ram, bad);
	return 0;
}

int
main(void)
{
	int sound = frames_are_sound();

	return !(programs_are_high() && sound);
}
