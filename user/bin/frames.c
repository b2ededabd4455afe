/*
 * Draw what all of RAM is used for, a character for a few frames, from /proc/kpageflags. The states
 * and their order are those of /proc/pagestates. A character stands for the state that most of its
 * frames have; how many frames that is follows from the size of memory, or from -n.
 */

#include <cmd.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE	    4096UL
#define COLUMNS	    64
#define ROWS	    32
#define STATE_SHIFT 52
#define STATE_BITS  6
#define NR_STATES   (1 << STATE_BITS)
#define NOPAGE	    (1ULL << 20)
#define CHUNK	    512

/* By name, so that a new kind of frame gets '?' and no other's letter. */
static const struct {
	const char *name;
	char letter;
} letters[] = {
	{"buddy", '.'},	       {"percpu", ','},	      {"slab", 's'},	    {"pagetable", 't'},
	{"kernelstack", 'k'},  {"vmalloc", 'v'},      {"anon", 'a'},	    {"file", 'f'},
	{"shmem", 'm'},	       {"zero", '0'},	      {"kernel", 'K'},	    {"firmware", 'F'},
	{"kernel image", 'I'}, {"init memory", 'i'},  {"device tree", 'D'}, {"initrd", 'R'},
	{"page tables", 'T'},  {"struct pages", 'P'}, {"shadow", 'S'},	    {"lost", '!'},
	{"wrong", 'X'},
};

static char letter_of[NR_STATES];
static unsigned long nr_seen[NR_STATES];
static const char *name_of[NR_STATES];

/* The lines of pagestates before its sum, in order. */
static void
states_read(char *text)
{
	for (int state = 0; state < NR_STATES; state++)
		letter_of[state] = '?';
	for (int state = 0; state < NR_STATES; state++) {
		char *colon = strchr(text, ':');

		if (!colon || strncmp(text, "sum:", 4) == 0)
			return;
		*colon = '\0';
		name_of[state] = text;
		for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
			if (strcmp(letters[i].name, text) == 0)
				letter_of[state] = letters[i].letter;
		text = strchr(colon + 1, '\n');
		if (!text)
			return;
		text++;
	}
}

/* One cell: frames of each state that it has so far. */
static unsigned long cell[NR_STATES], cell_frames, cells_printed;

static void
cell_print(void)
{
	int most = 0;

	for (int state = 1; state < NR_STATES; state++)
		if (cell[state] > cell[most])
			most = state;
	putchar(cell_frames ? letter_of[most] : ' ');
	if (++cells_printed % COLUMNS == 0)
		putchar('\n');
	memset(cell, 0, sizeof(cell));
	cell_frames = 0;
}

static void
frame_add(uint64_t word, unsigned long pfn, unsigned long first, unsigned long scale)
{
	int state = word >> STATE_SHIFT & (NR_STATES - 1);

	if ((pfn - first) % (scale * COLUMNS) == 0)
		printf("%9lx ", pfn * PAGE);
	if (!(word & NOPAGE)) {
		cell[state]++;
		cell_frames++;
		nr_seen[state]++;
	}
	if ((pfn - first) % scale == scale - 1)
		cell_print();
}

/* [first, end) of RAM from iomem, all its stretches and what is between. */
static void
ram_find(unsigned long *first, unsigned long *end)
{
	char *text = cmd_read_file("/proc/iomem"), *line = text;

	*first = ~0UL;
	*end = 0;
	for (; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		char *stop;
		unsigned long from = strtoul(line, &stop, 16), to;

		if (*line == ' ' || *stop != '-')
			continue;
		to = strtoul(stop + 1, &stop, 16) + 1;
		if (strncmp(stop, " : System RAM", 13) != 0)
			continue;
		*first = from / PAGE < *first ? from / PAGE : *first;
		*end = to / PAGE > *end ? to / PAGE : *end;
	}
	free(text);
	if (*end <= *first)
		errx(1, "/proc/iomem names no RAM");
}

static void
map_print(unsigned long first, unsigned long end, unsigned long scale)
{
	int fd = open("/proc/kpageflags", O_RDONLY);
	uint64_t words[CHUNK];
	unsigned long pfn = first;
	ssize_t got;

	if (fd < 0)
		err(1, "/proc/kpageflags");
	while (pfn < end && (got = pread(fd, words, sizeof(words), pfn * sizeof(*words))) > 0)
		for (size_t i = 0; i < got / sizeof(*words) && pfn < end; i++, pfn++)
			frame_add(words[i], pfn, first, scale);
	close(fd);
	if (cell_frames)
		cell_print();
	if (cells_printed % COLUMNS)
		putchar('\n');
}

int
main(int argc, char **argv)
{
	unsigned long first, end, scale = 0;
	char *text = cmd_read_file("/proc/pagestates");
	int c;

	while ((c = getopt(argc, argv, "n:")) != -1) {
		if (c == '?')
			cmd_usage("[-n FRAMES]");
		scale = cmd_number(optarg);
	}
	if (!text)
		err(1, "/proc/pagestates");
	states_read(text);
	ram_find(&first, &end);
	for (unsigned long fit = 1; scale == 0; fit *= 2)
		if ((end - first) / fit <= COLUMNS * ROWS)
			scale = fit;
	printf("%lu frames of RAM, %lu in a character\n", end - first, scale);
	map_print(first, end, scale);
	for (int state = 0; state < NR_STATES; state++)
		if (nr_seen[state])
			printf("%c %-13s %8lu\n", letter_of[state], name_of[state], nr_seen[state]);
	free(text);
	return cmd_finish(0);
}
