/* Reference strings in recorded memory (/proc/pagerefs): so many frames, and nothing else disturbs. */
#include "record.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "grade.h"

#define PAGES_MAX  256
#define TEXT_BYTES 64

static void
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		give_up(path);
	close(fd);
}

uint64_t *
record_start(const struct ref_string *string)
{
	uint64_t *at = memory_map(string->nr_pages * PAGE);
	char text[TEXT_BYTES];

	snprintf(text, sizeof(text), "%#lx %#lx %u", (unsigned long)at, string->nr_pages * PAGE,
		 string->nr_frames);
	write_text("/proc/pagerefs", text);
	return at;
}

uint64_t
record_drive(const struct ref_string *string, uint64_t *at)
{
	static uint64_t held[PAGES_MAX];
	uint64_t wrong = 0;

	if (string->nr_pages > PAGES_MAX)
		give_up("so many pages");
	for (unsigned n = 0; n < string->nr_refs; n++) {
		uint64_t r = word(string->first_word + n);
		unsigned page = string->page_of(string, n, r);
		volatile uint64_t *place = at + page * (PAGE / sizeof(*at)) + page;

		wrong += *place != held[page];
		if (!held[page] || r & 2)
			*place = held[page] = r | 1;
	}
	return wrong;
}

uint64_t
record_faults(void)
{
	return proc_number("/proc/pagerefs", "# faults");
}
