/*
 * Structures that arguments point at. A record has their first 64 bytes: of an array, the elements
 * behind those are dots.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "calls.h"
#include "show.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define CHUNK_BYTES  64

struct itimerspec_read {
	struct timespec interval, value;
};
struct stack_read {
	uint64_t sp;
	int flags;
	uint64_t size;
};
struct sigaction_read {
	uint64_t handler, flags, mask;
};

/* What a record has of it; zeroes behind that. */
struct view {
	const struct record *record;
	unsigned bytes;
	union {
		unsigned char bytes[CHUNK_BYTES];
		int ints[2];
		unsigned long words[CHUNK_BYTES / 8];
		struct stat stat;
		struct statfs statfs;
		struct sysinfo sysinfo;
		struct rlimit rlimit;
		struct rusage rusage;
		struct timespec times[2];
		struct timeval timeval;
		struct itimerval itimerval;
		struct itimerspec_read itimerspec;
		struct sigaction_read action;
		struct stack_read stack;
		siginfo_t siginfo;
		struct winsize winsize;
		struct iovec iovecs[CHUNK_BYTES / sizeof(struct iovec)];
		struct pollfd polls[CHUNK_BYTES / sizeof(struct pollfd)];
	} data;
};

static void
int_show(const struct view *view)
{
	fprintf(output, "[%d]", view->data.ints[0]);
}

static void
two_ints_show(const struct view *view)
{
	fprintf(output, "[%d, %d]", view->data.ints[0], view->data.ints[1]);
}

static void
offset_show(const struct view *view)
{
	fprintf(output, "[%ld]", (long)view->data.words[0]);
}

/* wait4's: written only when there was a child. */
static void
status_show(const struct view *view)
{
	int status = view->data.ints[0];

	fputs("[{", output);
	if (WIFEXITED(status)) {
		fprintf(output, "WIFEXITED(s) && WEXITSTATUS(s) == %d", WEXITSTATUS(status));
	} else if (WIFSTOPPED(status)) {
		fputs("WIFSTOPPED(s) && WSTOPSIG(s) == ", output);
		signal_show(WSTOPSIG(status));
	} else if (WIFCONTINUED(status)) {
		fputs("WIFCONTINUED(s)", output);
	} else {
		fputs("WIFSIGNALED(s) && WTERMSIG(s) == ", output);
		signal_show(WTERMSIG(status));
	}
	fputs("}]", output);
}

static void
stat_show(const struct view *view)
{
	static const char *const types[] = {"0",       "S_IFIFO", "S_IFCHR", "3",	"S_IFDIR",
					    "5",       "S_IFBLK", "7",	     "S_IFREG", "9",
					    "S_IFLNK", "11",	  "S_IFSOCK"};
	const struct stat *st = &view->data.stat;
	uint32_t type = st->st_mode >> 12;

	fprintf(output, "{st_mode=%s|0%o, st_size=%ld, ...}",
		type < COUNT(types) ? types[type] : "?", st->st_mode & 07777, (long)st->st_size);
}

static void
statfs_show(const struct view *view)
{
	const struct statfs *fs = &view->data.statfs;

	fprintf(output, "{f_type=0x%lx, f_bsize=%ld, f_blocks=%lu, f_bfree=%lu, ...}", fs->f_type,
		fs->f_bsize, (unsigned long)fs->f_blocks, (unsigned long)fs->f_bfree);
}

static void
sysinfo_show(const struct view *view)
{
	const struct sysinfo *info = &view->data.sysinfo;

	fprintf(output, "{uptime=%ld, loads=[%lu, %lu, %lu], totalram=%lu, freeram=%lu, ...}",
		info->uptime, info->loads[0], info->loads[1], info->loads[2], info->totalram,
		info->freeram);
}

static void
limit_show(const struct view *view)
{
	static const char *const fields[] = {"{rlim_cur=", ", rlim_max="};

	for (int i = 0; i < 2; i++) {
		unsigned long limit = view->data.words[i];

		fputs(fields[i], output);
		if (limit == RLIM_INFINITY)
			fputs("RLIM64_INFINITY", output);
		else if (limit > 1024 && limit % 1024 == 0)
			fprintf(output, "%lu*1024", limit / 1024);
		else
			fprintf(output, "%lu", limit);
	}
	fputc('}', output);
}

static void
time_show(long seconds, long part, const char *name)
{
	fprintf(output, "{tv_sec=%ld, tv_%s=%ld}", seconds, name, part);
}

static void
timespec_show(const struct view *view)
{
	time_show(view->data.words[0], view->data.words[1], "nsec");
}

static void
timeval_show(const struct view *view)
{
	time_show(view->data.words[0], view->data.words[1], "usec");
}

/* utimensat's. */
static void
file_times_show(const struct view *view)
{
	fputc('[', output);
	for (int i = 0; i < 2; i++) {
		const struct timespec *time = &view->data.times[i];

		fputs(i ? ", " : "", output);
		if (time->tv_nsec == UTIME_NOW)
			fputs("UTIME_NOW", output);
		else if (time->tv_nsec == UTIME_OMIT)
			fputs("UTIME_OMIT", output);
		else
			time_show(time->tv_sec, time->tv_nsec, "nsec");
	}
	fputc(']', output);
}

static void
two_times_show(const struct view *view, const char *first, const char *second, const char *unit)
{
	const unsigned long *words = view->data.words;

	fprintf(output, "{%s=", first);
	time_show(words[0], words[1], unit);
	fprintf(output, ", %s=", second);
	time_show(words[2], words[3], unit);
}

static void
itimerval_show(const struct view *view)
{
	two_times_show(view, "it_interval", "it_value", "usec");
	fputc('}', output);
}

static void
itimerspec_show(const struct view *view)
{
	two_times_show(view, "it_interval", "it_value", "nsec");
	fputc('}', output);
}

static void
rusage_show(const struct view *view)
{
	two_times_show(view, "ru_utime", "ru_stime", "usec");
	fputs(", ...}", output);
}

static void
tms_show(const struct view *view)
{
	const unsigned long *words = view->data.words;

	fprintf(output, "{tms_utime=%lu, tms_stime=%lu, tms_cutime=%lu, tms_cstime=%lu}", words[0],
		words[1], words[2], words[3]);
}

static void
mask_show(const struct view *view)
{
	set_show(view->data.words[0]);
}

static void
action_show(const struct view *view)
{
	const struct sigaction_read *action = &view->data.action;

	fputs("{sa_handler=", output);
	if (action->handler <= 1)
		fputs(action->handler ? "SIG_IGN" : "SIG_DFL", output);
	else
		address_show(action->handler);
	fputs(", sa_mask=", output);
	set_show(action->mask);
	fputs(", sa_flags=", output);
	names_show('J', action->flags);
	fputc('}', output);
}

static void
stack_show(const struct view *view)
{
	fputs("{ss_sp=", output);
	address_show(view->data.stack.sp);
	fputs(", ss_flags=", output);
	names_show('K', (unsigned)view->data.stack.flags);
	fprintf(output, ", ss_size=%lu}", view->data.stack.size);
}

static void
siginfo_show(const struct view *view)
{
	const siginfo_t *info = &view->data.siginfo;

	if (info->si_signo == 0)
		fputs("{}", output);
	else
		signal_info_show(info->si_signo, info->si_code, info->si_pid, (int)info->si_uid,
				 (uint64_t)info->si_addr, &info->si_status);
}

static void
winsize_show(const struct view *view)
{
	const struct winsize *size = &view->data.winsize;

	fprintf(output, "{ws_row=%d, ws_col=%d, ws_xpixel=%d, ws_ypixel=%d}", size->ws_row,
		size->ws_col, size->ws_xpixel, size->ws_ypixel);
}

/* Only the first of its fields is in the record whole. */
static void
utsname_show(const struct view *view)
{
	const char *name = (const char *)view->data.bytes;

	fputs("{sysname=", output);
	bytes_show(name, strnlen(name, CHUNK_BYTES), 0);
	fputs(", ...}", output);
}

/* The numbers of the bits that are set, below `end`. */
static void
bits_show(const struct view *view, unsigned end)
{
	const char *separator = "";

	fputc('[', output);
	for (unsigned i = 0; i < end && i < view->bytes * 8; i++) {
		if (!(view->data.bytes[i / 8] >> i % 8 & 1))
			continue;
		fprintf(output, "%s%u", separator, i);
		separator = " ";
	}
	fputc(']', output);
}

/* pselect6's: the first argument says how many there are. */
static void
fd_set_show(const struct view *view)
{
	bits_show(view, view->record->args[0]);
}

/* sched_setaffinity's: the second is their size. */
static void
cpu_set_show(const struct view *view)
{
	uint64_t bytes = view->record->args[1];

	bits_show(view, bytes < CHUNK_BYTES ? bytes * 8 : CHUNK_BYTES * 8);
}

/* mincore's: a byte for each page of the second argument's bytes. */
static void
residence_show(const struct view *view)
{
	uint64_t nr_pages = (view->record->args[1] + 4095) / 4096;

	fputc('[', output);
	for (unsigned i = 0; i < nr_pages && i < view->bytes; i++)
		fprintf(output, "%s%d", i ? ", " : "", view->data.bytes[i] & 1);
	fputs(nr_pages > view->bytes ? ", ...]" : "]", output);
}

/* The third argument is the number. */
static void
iovecs_show(const struct view *view)
{
	uint64_t number = view->record->args[2], in_record = view->bytes / sizeof(struct iovec);

	fputc('[', output);
	for (unsigned i = 0; i < number && i < in_record; i++) {
		fputs(i ? ", {iov_base=" : "{iov_base=", output);
		address_show((uint64_t)view->data.iovecs[i].iov_base);
		fprintf(output, ", iov_len=%lu}", view->data.iovecs[i].iov_len);
	}
	fputs(number > in_record ? ", ...]" : "]", output);
}

/* The second argument is the number. */
static void
polls_show(const struct view *view)
{
	uint64_t number = view->record->args[1], in_record = view->bytes / sizeof(struct pollfd);

	fputc('[', output);
	for (unsigned i = 0; i < number && i < in_record; i++) {
		fprintf(output, "%s{fd=%d, events=", i ? ", " : "", view->data.polls[i].fd);
		names_show('V', (unsigned short)view->data.polls[i].events);
		fputc('}', output);
	}
	fputs(number > in_record ? ", ...]" : "]", output);
}

static const struct structure {
	char letter;
	unsigned bytes; /* that a record must have of it */
	void (*show)(const struct view *view);
} structures[] = {
	{'1', sizeof(int), int_show},
	{'2', 2 * sizeof(int), two_ints_show},
	{'3', sizeof(struct iovec), iovecs_show},
	{'4', 32, statfs_show},
	{'5', sizeof(struct itimerval), rusage_show},
	{'6', sizeof(long), fd_set_show},
	{'7', sizeof(struct pollfd), polls_show},
	{'8', 48, sysinfo_show},
	{'9', 32, tms_show},
	{'0', sizeof(struct stack_read), stack_show},
	{'@', sizeof(long), cpu_set_show},
	{'#', sizeof(long), offset_show},
	{'%', 2 * sizeof(struct timespec), file_times_show},
	{'&', sizeof(struct winsize), winsize_show},
	{'*', 1, utsname_show},
	{'+', 1, residence_show},
	{'c', sizeof(struct sigaction_read), action_show},
	{'e', sizeof(struct itimerval), itimerval_show},
	{'i', 56, stat_show},
	{'j', sizeof(struct itimerspec_read), itimerspec_show},
	{'m', sizeof(uint64_t), mask_show},
	{'n', sizeof(struct timeval), timeval_show},
	{'q', sizeof(struct rlimit), limit_show},
	{'t', sizeof(struct timespec), timespec_show},
	{'y', sizeof(int), status_show},
	{'z', 32, siginfo_show},
};

int
structure_show(const struct record *record, unsigned arg, char letter, int after)
{
	const struct structure *structure = structures;
	struct view view = {.record = record};
	const void *data = record_chunk(record, arg, after, &view.bytes);

	while (structure < structures + COUNT(structures) && structure->letter != letter)
		structure++;
	if (structure == structures + COUNT(structures))
		return 0;
	if (view.bytes < structure->bytes || (letter == 'y' && record->result == 0)) {
		address_show(record->args[arg]);
		return 1;
	}
	memcpy(view.data.bytes, data, view.bytes < CHUNK_BYTES ? view.bytes : CHUNK_BYTES);
	structure->show(&view);
	return 1;
}

void
polled_show(const struct record *record)
{
	unsigned bytes;
	const struct pollfd *polls = record_chunk(record, 0, 1, &bytes);
	const char *separator = "";

	fputs(" ([", output);
	for (unsigned i = 0; i < record->args[1] && i < bytes / sizeof(*polls); i++) {
		struct pollfd poll;

		memcpy(&poll, polls + i, sizeof(poll));
		if (!poll.revents)
			continue;
		fprintf(output, "%s{fd=%d, revents=", separator, poll.fd);
		names_show('V', (unsigned short)poll.revents);
		fputc('}', output);
		separator = ", ";
	}
	fputs("])", output);
}
