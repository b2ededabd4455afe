/* Show the processes, from /proc. */

#include <cmd.h>
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct process {
	int pid, ppid, pgid, tty, nice;
	char state, name[64];
	unsigned long utime, stime, vsize;
	long rss;
};

/* /proc/PID/stat: the name is in parentheses and may hold anything. */
static int
read_process(const char *pid, struct process *p)
{
	char path[300];
	char *text, *open, *close;
	int got;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	text = cmd_read_file(path);
	open = text ? strchr(text, '(') : NULL;
	close = text ? strrchr(text, ')') : NULL;
	if (!open || !close) {
		free(text);
		return 0;
	}
	p->pid = atoi(text);
	snprintf(p->name, sizeof(p->name), "%.*s", (int)(close - open - 1), open + 1);
	got = sscanf(close + 2,
		     "%c %d %d %*d %d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %d %*d %*d %*u "
		     "%lu %ld",
		     &p->state, &p->ppid, &p->pgid, &p->tty, &p->utime, &p->stime, &p->nice,
		     &p->vsize, &p->rss);
	free(text);
	return got == 9;
}

/* The command line with blanks between, or the name in brackets for a kernel thread. */
static void
print_command(const struct process *p)
{
	char path[64], buf[256];
	FILE *file;
	size_t n = 0;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", p->pid);
	file = fopen(path, "r");
	if (file) {
		n = fread(buf, 1, sizeof(buf) - 1, file);
		fclose(file);
	}
	if (n == 0) {
		printf("[%s]\n", p->name);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (!buf[i])
			buf[i] = ' ';
	buf[n] = '\0';
	printf("%s\n", buf);
}

static void
print_process(const struct process *p)
{
	unsigned long seconds = (p->utime + p->stime) / 100;

	printf("%5d %5d %c %3d %7lu %7ld %3lu:%02lu ", p->pid, p->ppid, p->state, p->nice,
	       p->vsize / 1024, p->rss * 4, seconds / 60, seconds % 60);
	print_command(p);
}

static int
compare(const void *a, const void *b)
{
	return ((const struct process *)a)->pid - ((const struct process *)b)->pid;
}

int
main(int argc, char **argv)
{
	struct process *list = NULL;
	size_t nr = 0, room = 0;
	struct dirent *entry;
	DIR *dir;
	int c;

	while ((c = getopt(argc, argv, "aefx")) != -1)
		if (c == '?')
			cmd_usage("");
	dir = opendir("/proc");
	if (!dir)
		err(1, "/proc");
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (nr == room && !(list = realloc(list, (room = room * 2 + 32) * sizeof(*list))))
			err(1, "realloc");
		nr += read_process(entry->d_name, &list[nr]);
	}
	closedir(dir);
	qsort(list, nr, sizeof(*list), compare);
	printf("  PID  PPID S  NI  VSZ kB  RSS kB   TIME COMMAND\n");
	for (size_t i = 0; i < nr; i++)
		print_process(&list[i]);
	free(list);
	return cmd_finish(0);
}
