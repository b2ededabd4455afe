/*
 * Is every frame of RAM accounted for? Runs after the other tests of a boot: what they did must not
 * have left a frame that belongs to nobody, or a struct page that contradicts itself.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(void)
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
		return 0;
	printf("%lu frames of %lu are accounted for, %lu are lost or wrong\n", sum, ram, bad);
	return 1;
}
