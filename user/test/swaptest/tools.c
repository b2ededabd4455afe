#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "swaptest.h"

void *
map(uint64_t nr_pages, int flags)
{
	void *area =
		mmap(NULL, nr_pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		err(1, "mmap");
	return area;
}

void
each_page(uint64_t nr, uint64_t key, void (*visit)(uint64_t number, void *arg), void *arg)
{
	uint32_t *order = malloc(nr * sizeof(*order));

	if (!order)
		err(1, "malloc");
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t k = mix(key + i) % (i + 1);

		order[i] = order[k];
		order[k] = i;
	}
	for (uint64_t i = 0; i < nr; i++)
		visit(order[i], arg);
	free(order);
}

/* No page is one word over and over, so each has to be written. */
void
squeeze(void)
{
	uint64_t nr = nr_mib * MIB_PAGES;
	uint64_t *words = map(nr, MAP_PRIVATE);

	for (uint64_t i = 0; i < nr; i++)
		words[i * WORDS] = i + 1;
	munmap(words, nr * PAGE);
}

pid_t
start(void (*run)(uint64_t), uint64_t arg)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0)
		run(arg);
	return pid;
}

void
child_end(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status != 0)
		errx(1, "the child failed, status %#x", status);
}

unsigned long
proc_number(const char *path, const char *name)
{
	FILE *file = fopen(path, "r");
	char line[256];
	unsigned long sum = 0;

	if (!file)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, name, strlen(name)) == 0)
			sum += strtoul(line + strlen(name), NULL, 10);
	fclose(file);
	return sum;
}
