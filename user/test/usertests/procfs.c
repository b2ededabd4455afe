/* What /proc says of processes, and the rules of its names. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static char text[8192];

/* The text of a file, up to the end of the buffer. */
static const char *
file_text(const char *path)
{
	int fd = open(path, O_RDONLY);
	ssize_t length;

	if (fd < 0)
		FAIL("%s: %s", path, strerror(errno));
	length = read(fd, text, sizeof(text) - 1);
	CHECK(length >= 0);
	text[length] = '\0';
	close(fd);
	return text;
}

static const char *
path_of(pid_t pid, const char *file)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	return path;
}

static int
open_of(pid_t pid, const char *file)
{
	int fd = open(path_of(pid, file), O_RDONLY);

	CHECK(fd >= 0);
	return fd;
}

static pid_t
sleeper_start(void)
{
	pid_t child = fork_checked();

	if (child == 0)
		for (;;)
			pause();
	return child;
}

static void
sleeper_end(pid_t child)
{
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, NULL, 0), child);
}

/* Files and directories of a dead process that are open do not keep its names alive. */
static void
names_of_the_dead(void)
{
	pid_t child = sleeper_start();
	int maps = open_of(child, "maps"), dir = open_of(child, ""), tasks = open_of(child, "task"),
	    fds = open_of(child, "fd");
	char path[64], buffer[512];
	int thread;

	snprintf(path, sizeof(path), "task/%d", child);
	thread = open_of(child, path);
	sleeper_end(child);
	CHECK_ERRNO(read(maps, buffer, 1), ESRCH);
	CHECK_ERRNO(open(path_of(child, "maps"), O_RDONLY), ENOENT);
	CHECK_ERRNO(access(path_of(child, "maps"), F_OK), ENOENT);
	CHECK_ERRNO(access(path_of(child, ""), F_OK), ENOENT);
	CHECK_ERRNO(openat(dir, "maps", O_RDONLY), ESRCH);
	CHECK_ERRNO(openat(dir, "no-such", O_RDONLY), ESRCH);
	CHECK_ERRNO(openat(tasks, path + strlen("task/"), O_RDONLY), ESRCH);
	CHECK_ERRNO(openat(thread, "stat", O_RDONLY), ENOENT);
	CHECK_ERRNO(openat(fds, "0", O_RDONLY), ENOENT);
	CHECK_ERRNO(syscall(SYS_getdents64, dir, buffer, sizeof(buffer)), ENOENT);
	CHECK_ERRNO(syscall(SYS_getdents64, tasks, buffer, sizeof(buffer)), ENOENT);
	CHECK_ERRNO(syscall(SYS_getdents64, fds, buffer, sizeof(buffer)), ENOENT);
}

/* The number behind a name in the file's text. */
static long
number_of(const char *path, const char *name)
{
	const char *line = strstr(file_text(path), name);

	if (!line)
		FAIL("%s has no %s", path, name);
	return strtol(line + strlen(name), NULL, 0);
}

static int
is_listed(const char *folder, int number)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int found = 0;

	CHECK(dir);
	while ((entry = readdir(dir)))
		found |= atoi(entry->d_name) == number;
	closedir(dir);
	return found;
}

static int thread_tid, thread_may_end;

static int
thread_waits(void *unused)
{
	(void)unused;
	while (!__atomic_load_n(&thread_may_end, __ATOMIC_ACQUIRE))
		raw_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
	return 0;
}

/* A thread is found under its number, although it is not listed. */
static void
threads_by_number(void)
{
	int tid = thread_start(thread_waits, NULL, &thread_tid);

	CHECK_EQ(number_of(path_of(tid, "status"), "\nPid:"), tid);
	CHECK_EQ(number_of(path_of(tid, "status"), "\nTgid:"), getpid());
	CHECK(is_listed("/proc", getpid()));
	CHECK(!is_listed("/proc", tid));
	__atomic_store_n(&thread_may_end, 1, __ATOMIC_RELEASE);
	while (access(path_of(tid, "stat"), F_OK) == 0)
		sleep_ms(1);
	CHECK_EQ(errno, ENOENT);
}

/* What a process can ask about itself is what /proc/PID/status says of it. */
static void
status_fields(void)
{
	unsigned long harts = 0;
	struct rlimit limit;
	sigset_t blocked;
	const char *path = path_of(getpid(), "status");
	long queued = number_of(path, "\nSigQ:");

	umask(0137);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGRTMIN);
	CHECK_EQ(sigprocmask(SIG_BLOCK, &blocked, NULL), 0);
	CHECK_EQ(kill(getpid(), SIGRTMIN), 0);
	CHECK_EQ(getrlimit(RLIMIT_SIGPENDING, &limit), 0);
	CHECK(syscall(SYS_sched_getaffinity, 0, sizeof(harts), &harts) > 0);
	CHECK_EQ(number_of(path, "\nUmask:"), 0137);
	CHECK(number_of(path, "\nFDSize:") > 2);
	CHECK(strstr(file_text(path), "\nGroups:\t"));
	CHECK(number_of(path, "\nSigQ:") > queued);
	CHECK_EQ(strtoul(strchr(strstr(file_text(path), "\nSigQ:"), '/') + 1, NULL, 10),
		 limit.rlim_cur);
	CHECK_EQ(number_of(path, "\nCapInh:"), 0);
	CHECK_EQ(number_of(path, "\nNoNewPrivs:"), 0);
	CHECK_EQ(strtoul(strstr(file_text(path), "\nCpus_allowed:") + 14, NULL, 16), harts);
	CHECK_EQ(number_of(path, "\nCpus_allowed_list:"), __builtin_ctzl(harts));
	CHECK(number_of(path, "\nvoluntary_ctxt_switches:") >= 0);
}

/* => 0: there is none */
static pid_t
kernel_thread_find(const char *name)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	CHECK(dir);
	while ((entry = readdir(dir)) && !found) {
		pid_t pid = atoi(entry->d_name);
		int fd = pid > 0 ? open(path_of(pid, "comm"), O_RDONLY) : -1;
		ssize_t length = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

		close(fd);
		if (length > 0 && (size_t)length == strlen(name) && memcmp(text, name, length) == 0)
			found = pid;
	}
	closedir(dir);
	return found;
}

/* The kernel's own threads are listed as processes without memory or program, which cannot be named. */
static void
kernel_threads_are_listed(void)
{
	pid_t pid = kernel_thread_find("kswapd0\n");
	char buffer[16];
	int fd;

	CHECK(pid > 1);
	CHECK_EQ(strtol(file_text(path_of(pid, "stat")), NULL, 10), pid);
	CHECK_EQ(stat_field(path_of(pid, "stat"), 9) & 0x200000, 0x200000);
	CHECK_EQ(number_of(path_of(pid, "status"), "\nTgid:"), pid);
	CHECK_EQ(number_of(path_of(pid, "status"), "\nKthread:"), 1);
	CHECK_EQ(number_of(path_of(pid, "status"), "\nThreads:"), 1);
	CHECK_EQ(number_of(path_of(getpid(), "status"), "\nKthread:"), 0);
	CHECK(!strstr(file_text(path_of(pid, "status")), "VmSize"));
	CHECK_EQ(strlen(file_text(path_of(pid, "cmdline"))), 0);
	CHECK_EQ(strlen(file_text(path_of(pid, "maps"))), 0);
	CHECK_ERRNO(readlink(path_of(pid, "exe"), buffer, sizeof(buffer)), ENOENT);
	CHECK(is_listed(path_of(pid, "task"), pid));
	fd = open(path_of(pid, "comm"), O_WRONLY);
	CHECK(fd >= 0);
	CHECK_ERRNO(write(fd, "x", 1), EINVAL);
	close(fd);
}

static void
oom_score_adj_takes(int fd, const char *written, const char *expected)
{
	CHECK_EQ(write(fd, written, strlen(written)), strlen(written));
	if (strcmp(file_text(path_of(getpid(), "oom_score_adj")), expected) != 0)
		FAIL("\"%s\" is %s", written, text);
}

/* Blanks around a number do no harm; a text without any is refused. */
static void
oom_score_adj_texts(void)
{
	static const char *const refused[] = {"", " ", "\n", "9 x", "x", "1001", "-1001"};
	int fd = open(path_of(getpid(), "oom_score_adj"), O_RDWR);

	CHECK(fd >= 0);
	oom_score_adj_takes(fd, "  7 ", "7\n");
	oom_score_adj_takes(fd, "\t8\n\n", "8\n");
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		CHECK_ERRNO(write(fd, refused[i], strlen(refused[i])), EINVAL);
	CHECK(strcmp(file_text(path_of(getpid(), "oom_score_adj")), "8\n") == 0);
	oom_score_adj_takes(fd, "0", "0\n");
}

static void
limits_of_what_is_not_here(void)
{
	static const struct {
		int resource;
		rlim_t most;
	} rows[] = {{RLIMIT_MSGQUEUE, 819200}, {RLIMIT_NICE, 0}, {RLIMIT_RTPRIO, 0}};
	struct rlimit limit;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		CHECK_EQ(getrlimit(rows[i].resource, &limit), 0);
		CHECK_EQ(limit.rlim_cur, rows[i].most);
		CHECK_EQ(limit.rlim_max, rows[i].most);
	}
}

/* The files have no end to count from, and one that can only be written is not opened to be read. */
static void
proc_open_and_seek(void)
{
	static const char *const files[] = {"pagemap", "statm", "status"};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		int fd = open_of(getpid(), files[i]);

		CHECK_ERRNO(lseek(fd, 0, SEEK_END), EINVAL);
		CHECK_EQ(lseek(fd, 8, SEEK_SET), 8);
		CHECK_EQ(lseek(fd, 8, SEEK_CUR), 16);
		close(fd);
	}
	CHECK_ERRNO(open("/proc/sys/vm/drop_caches", O_RDONLY), EACCES);
	CHECK_ERRNO(open("/proc/sys/vm/drop_caches", O_RDWR), EACCES);
}

/* No name can be made in /proc: what is not there stays so. */
static void
proc_has_no_new_names(void)
{
	static const char *const folders[] = {"/proc", "/proc/sys", "/proc/self", "/proc/self/fd",
					      "/proc/self/task"};
	char path[64];

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, sizeof(path), "%s/new", folders[i]);
		CHECK_ERRNO(open(path, O_CREAT | O_WRONLY, 0600), ENOENT);
		CHECK_ERRNO(mkdir(path, 0700), ENOENT);
		CHECK_ERRNO(symlink("target", path), ENOENT);
		CHECK_ERRNO(link("/proc/version", path), ENOENT);
		CHECK_ERRNO(rename("/proc/version", path), ENOENT);
		CHECK_ERRNO(unlink(path), ENOENT);
	}
	CHECK_ERRNO(mkdir("/proc/version", 0700), EEXIST);
	CHECK_ERRNO(unlink("/proc/version"), EPERM);
	CHECK_ERRNO(rmdir("/proc/sys"), EPERM);
}

static void
clear_refs(const char *what)
{
	int fd = open(path_of(getpid(), "clear_refs"), O_WRONLY);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, what, strlen(what)), strlen(what));
	close(fd);
}

/* KiB of the area that were used. */
static long
referenced_of(const void *area)
{
	FILE *file = fopen(path_of(getpid(), "smaps"), "r");
	char line[256];
	long found = -1;
	int inside = 0;

	CHECK(file);
	while (fgets(line, sizeof(line), file) && found < 0) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx", &start, &end) == 2)
			inside = start <= (uintptr_t)area && (uintptr_t)area < end;
		if (inside)
			sscanf(line, "Referenced: %ld", &found);
	}
	fclose(file);
	CHECK(found >= 0);
	return found;
}

#define REFS_PAGES 16

/* What clear_refs names counts as unused, until it is used again. */
static void
clear_refs_forgets_uses(void)
{
	volatile char *anon = mmap(NULL, REFS_PAGES * 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	volatile char *shared = mmap(NULL, REFS_PAGES * 4096, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd;

	CHECK(anon != MAP_FAILED && shared != MAP_FAILED);
	memset((char *)anon, 1, REFS_PAGES * 4096);
	memset((char *)shared, 1, REFS_PAGES * 4096);
	CHECK_EQ(referenced_of((char *)anon), REFS_PAGES * 4);
	clear_refs("3\n");
	CHECK_EQ(referenced_of((char *)anon), REFS_PAGES * 4);
	CHECK_EQ(referenced_of((char *)shared), 0);
	shared[0] = 2;
	CHECK_EQ(referenced_of((char *)shared), 4);
	clear_refs("2");
	CHECK_EQ(referenced_of((char *)anon), 0);
	CHECK_EQ(referenced_of((char *)shared), 4);
	CHECK_EQ(anon[4096], 1);
	CHECK_EQ(referenced_of((char *)anon), 4);
	clear_refs("4");
	CHECK_EQ(referenced_of((char *)anon), 4);
	clear_refs("1");
	CHECK_EQ(referenced_of((char *)anon), 0);
	CHECK_EQ(referenced_of((char *)shared), 0);
	fd = open(path_of(getpid(), "clear_refs"), O_RDWR);
	CHECK(fd >= 0);
	CHECK_ERRNO(write(fd, "0", 1), EINVAL);
	CHECK_ERRNO(write(fd, "x", 1), EINVAL);
	CHECK_ERRNO(read(fd, text, 1), EINVAL);
	close(fd);
}

static void
line_check(const char *path, const char *expected)
{
	size_t length = strcspn(file_text(path), "\n");

	if (length != strlen(expected) || memcmp(text, expected, length) != 0)
		FAIL("%s: %s", path, text);
}

/* uname and /proc/sys/kernel agree. */
static void
kernel_names(void)
{
	struct utsname name;

	CHECK_EQ(uname(&name), 0);
	line_check("/proc/sys/kernel/ostype", name.sysname);
	line_check("/proc/sys/kernel/hostname", name.nodename);
	line_check("/proc/sys/kernel/osrelease", name.release);
	line_check("/proc/sys/kernel/version", name.version);
	CHECK(number_of("/proc/sys/kernel/pid_max", "") > getpid());
	CHECK(number_of("/proc/sys/kernel/threads-max", "") > 1);
}

static void
mounts_of_a_process(void)
{
	char machine[sizeof(text)];

	strcpy(machine, file_text("/proc/mounts"));
	CHECK(strstr(machine, " /proc proc "));
	CHECK(strcmp(machine, file_text(path_of(getpid(), "mounts"))) == 0);
}

#define RANDOMIZE "/proc/sys/kernel/randomize_va_space"

static void
randomize_set(long value)
{
	int fd = open(RANDOMIZE, O_WRONLY);
	char digit = (char)('0' + value);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, &digit, 1), 1);
	close(fd);
}

/* Where the stack of a program begins that is executed now. */
static void
stack_of_program(char line[128])
{
	char address[20] = "";
	int ends[2];
	pid_t child;

	CHECK_EQ(pipe(ends), 0);
	child = fork_checked();
	if (child == 0) {
		dup2(ends[1], 1);
		execl("/bin/grep", "grep", "stack", "/proc/self/maps", (char *)NULL);
		_exit(1);
	}
	close(ends[1]);
	CHECK(read(ends[0], address, sizeof(address) - 1) > 12);
	close(ends[0]);
	CHECK_EQ(waitpid(child, NULL, 0), child);
	strcpy(line, address);
}

static void
knob_of_randomizing(void)
{
	char first[128], second[128];
	long before;

	if (injecting)
		test_skip("what it sets would stay when it fails in the middle");
	before = number_of(RANDOMIZE, "");
	randomize_set(0);
	stack_of_program(first);
	stack_of_program(second);
	randomize_set(before);
	CHECK(strcmp(first, second) == 0);
	CHECK_EQ(number_of(RANDOMIZE, ""), before);
	if (before == 0)
		test_skip("nothing is put at random here");
	stack_of_program(second);
	CHECK(strcmp(first, second) != 0);
}

const struct test procfs_tests[] = {
	{"names_of_the_dead", names_of_the_dead, ANYWHERE},
	{"threads_by_number", threads_by_number, ANYWHERE},
	{"status_fields", status_fields, ANYWHERE},
	{"clear_refs_forgets_uses", clear_refs_forgets_uses, A_KERNEL},
	{"kernel_names", kernel_names, A_KERNEL},
	{"mounts_of_a_process", mounts_of_a_process, ANYWHERE},
	{"knob_of_randomizing", knob_of_randomizing, ON_OUR_SIZE},
	{"oom_score_adj_texts", oom_score_adj_texts, ANYWHERE},
	{"limits_of_what_is_not_here", limits_of_what_is_not_here, A_KERNEL},
	{"proc_open_and_seek", proc_open_and_seek, ANYWHERE},
	{"proc_has_no_new_names", proc_has_no_new_names, ANYWHERE},
	{"kernel_threads_are_listed", kernel_threads_are_listed, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
