/* Registers across switches and calls; unknown calls; what the system tells; memory that runs out; long calls. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

#define RW (PROT_READ | PROT_WRITE)

/* A sum that is exact only if each FP register and the rounding stay one's own. */
static double
compute(int seed, long rounds)
{
	double a = seed, b = 1.0 / (seed + 3), c = 0;

	for (long i = 0; i < rounds; i++) {
		c += a * b;
		a = a * 0.999 + b;
		b = b * 1.0001 - a * 0.00001;
	}
	return c;
}

static void
fp_registers(void)
{
	pid_t children[6];
	static double expected[6];

	for (int i = 0; i < 6; i++)
		expected[i] = compute(i, 300000);
	for (int i = 0; i < 6; i++) {
		children[i] = fork_checked();
		if (children[i] == 0) {
			for (int n = 0; n < 6; n++)
				CHECK(compute(i, 300000) == expected[i]);
			_exit(0);
		}
	}
	for (int i = 0; i < 6; i++)
		check_exit(children[i]);
}

/* All registers but a0 hold their values over a call. */
static long
registers_lost(long number)
{
	long lost;

	__asm__ volatile("mv a7, %1\n"
			 "li a1, 101\n li a2, 102\n li a3, 103\n li a4, 104\n li a5, 105\n"
			 "li t0, 201\n li t1, 202\n li t2, 203\n li t3, 204\n li t4, 205\n"
			 "li t5, 206\n li t6, 207\n li s2, 302\n li s3, 303\n li s11, 311\n"
			 "ecall\n"
			 "li a0, 0\n"
			 "addi a1, a1, -101\n or a0, a0, a1\n addi a2, a2, -102\n or a0, a0, a2\n"
			 "addi a3, a3, -103\n or a0, a0, a3\n addi a4, a4, -104\n or a0, a0, a4\n"
			 "addi a5, a5, -105\n or a0, a0, a5\n addi t0, t0, -201\n or a0, a0, t0\n"
			 "addi t1, t1, -202\n or a0, a0, t1\n addi t2, t2, -203\n or a0, a0, t2\n"
			 "addi t3, t3, -204\n or a0, a0, t3\n addi t4, t4, -205\n or a0, a0, t4\n"
			 "addi t5, t5, -206\n or a0, a0, t5\n addi t6, t6, -207\n or a0, a0, t6\n"
			 "addi s2, s2, -302\n or a0, a0, s2\n addi s3, s3, -303\n or a0, a0, s3\n"
			 "addi s11, s11, -311\n or a0, a0, s11\n"
			 "mv %0, a0\n"
			 : "=r"(lost)
			 : "r"(number)
			 : "a0", "a1", "a2", "a3", "a4", "a5", "a7", "t0", "t1", "t2", "t3", "t4",
			   "t5", "t6", "s2", "s3", "s11", "memory");
	return lost;
}

static void
integer_registers(void)
{
	for (int i = 0; i < 200; i++) {
		CHECK_EQ(registers_lost(172), 0);
		CHECK_EQ(registers_lost(124), 0);
		CHECK_EQ(registers_lost(5000), 0);
	}
}

/* How many of them the kernel has counted. => -1 where it does not tell */
static long
unknown_calls_counted(void)
{
	int fd = open("/sys/kernel/debug/unknown_syscalls", O_RDONLY);
	char text[32] = "";
	long counted = -1;

	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
		counted = atol(text);
	close(fd);
	return counted;
}

static void
unknown_calls(void)
{
	static const long numbers[] = {600,	    1000, 1023,	    4096,  0x7fffffff,
				       0x100000000, -1,	  1L << 62, -4095, 1L << 63};
	long before = unknown_calls_counted();

	for (size_t i = 0; i < COUNT(numbers); i++)
		if (raw_call(numbers[i], 1, 2, 3, 4, 5, 6) != -ENOSYS)
			FAIL("call %ld is known", numbers[i]);
	if (before >= 0)
		CHECK(unknown_calls_counted() >= before + (long)COUNT(numbers));
}

static void
system_name(void)
{
	struct utsname name;

	CHECK_EQ(uname(&name), 0);
	CHECK(strcmp(name.machine, "riscv64") == 0);
	CHECK(name.sysname[0] && name.release[0] && name.version[0]);
}

static void
random_bytes(void)
{
	unsigned char one[64], two[64];

	CHECK_EQ(getrandom(one, 64, 0), 64);
	CHECK_EQ(getrandom(two, 64, 0), 64);
	CHECK(memcmp(one, two, 64) != 0);
	CHECK_EQ(getrandom(one, 0, 0), 0);
	CHECK_ERRNO(getrandom(one, 64, 0x80), EINVAL);
}

static void
system_information(void)
{
	struct sysinfo info;

	CHECK_EQ(sysinfo(&info), 0);
	CHECK(info.mem_unit > 0 && info.totalram > 0 && info.freeram < info.totalram);
	CHECK(info.procs > 0 && info.uptime >= 0);
}

/* A file of /proc: the same to its end in reads of any size. */
static void
proc_read(const char *path)
{
	static const int sizes[] = {1, 7, 64, 511, 4096, 65536};
	static char buffer[65536];

	for (size_t i = 0; i < COUNT(sizes); i++) {
		int fd = open(path, O_RDONLY);
		long total = 0;
		ssize_t got = 0;

		if (fd < 0)
			FAIL("%s: %s", path, strerror(errno));
		while (total < 1 << 20 && (got = read(fd, buffer, sizes[i])) > 0)
			total += got;
		if (got != 0)
			FAIL("%s in parts of %d: %zd (%s) after %ld", path, sizes[i], got,
			     strerror(errno), total);
		close(fd);
	}
}

static void
proc_files(void)
{
	static const char *folders[] = {"/proc", "/proc/self"};
	static const char *left_out[] = {"kmsg",	  "pagemap",	"mem",
					 "kpagecount",	  "kpageflags", "kcore",
					 "sysrq-trigger", "clear_refs", "trace"};
	char path[300];

	for (size_t i = 0; i < COUNT(folders); i++) {
		DIR *dir = opendir(folders[i]);
		struct dirent *entry;
		int count = 0;

		CHECK(dir != NULL);
		while ((entry = readdir(dir)) != NULL) {
			int skip = entry->d_type != DT_REG;

			for (size_t j = 0; j < COUNT(left_out); j++)
				skip |= strcmp(entry->d_name, left_out[j]) == 0;
			if (skip)
				continue;
			snprintf(path, sizeof(path), "%s/%s", folders[i], entry->d_name);
			proc_read(path);
			count++;
		}
		closedir(dir);
		CHECK(count > 3);
	}
}

/* A process that is read about may end at any moment. */
static void
proc_of_the_dying(void)
{
	char path[64], text[256];

	for (int i = 0; i < 30; i++) {
		pid_t child = fork_checked();
		int fd;

		if (child == 0)
			_exit(0);
		snprintf(path, sizeof(path), "/proc/%d/%s", child, i % 2 ? "maps" : "status");
		fd = open(path, O_RDONLY);
		(void)!read(fd, text, 10);
		check_exit(child);
		(void)!read(fd, text, sizeof(text));
		close(fd);
		CHECK_ERRNO(open(path, O_RDONLY), ENOENT);
	}
}

/* Touches more memory than there is, in steps. */
static void
memory_eat(void *unused)
{
	struct sysinfo info;
	unsigned long total;

	(void)unused;
	sysinfo(&info);
	total = (info.totalram + info.totalswap) * info.mem_unit;
	for (unsigned long eaten = 0; eaten < 2 * total; eaten += MIB) {
		char *area = mmap(NULL, MIB, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (area == MAP_FAILED)
			_exit(errno == ENOMEM ? 55 : 1);
		for (unsigned long at = 0; at < MIB; at += PAGE)
			area[at] = (char)(at >> 12 | 1);
	}
}

static void
out_of_memory(void)
{
	for (int i = 0; i < 2; i++) {
		int status = child_status(memory_eat, NULL);

		if (status != 55 << 8 && !(WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL ||
								   WTERMSIG(status) == SIGBUS)))
			FAIL("eating all memory ends with 0x%x", status);
	}
	char *area = mmap(NULL, MIB, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(area != MAP_FAILED);
	memset(area, 1, MIB);
}

/* What cannot be swapped to is refused; a file of /proc has no pages at all. */
static void
swapon_errors(void)
{
	static const char *const paths[] = {"/proc/self/maps", "/proc/meminfo", "/dev/null",
					    "file"};

	file_make("file", "not a swap file", 15);
	for (size_t i = 0; i < COUNT(paths); i++)
		CHECK_ERRNO(syscall(SYS_swapon, paths[i], 0), EINVAL);
	CHECK_ERRNO(syscall(SYS_swapon, "missing", 0), ENOENT);
	CHECK_ERRNO(syscall(SYS_swapon, ".", 0), EISDIR);
	CHECK_ERRNO(syscall(SYS_swapoff, "."), EISDIR);
	CHECK_ERRNO(syscall(SYS_swapoff, "/proc/self/maps"), EINVAL);
}

/* What would never make anything fail, or is no number of the kind, is refused, and changes nothing. */
static void
fault_settings_refused(void)
{
	static const struct {
		const char *file, *text;
		int error;
	} rows[] = {
		{"failslab/probability", "101", EINVAL},
		{"failslab/interval", "-1", EINVAL},
		{"failslab/times", "-2", EINVAL},
		{"failslab/space", "-1", EINVAL},
		{"failslab/cache", "no-such", ENOENT},
		{"failslab/min-size", "x", EINVAL},
		{"fail_page_alloc/min-order", "11", EINVAL},
	};

	if (chdir("/sys/kernel/debug/failslab") < 0)
		test_skip("no failslab here");
	CHECK_EQ(chdir(".."), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		char before[64] = "", after[64] = "";
		int fd = open(rows[i].file, O_RDWR);

		CHECK(fd >= 0);
		CHECK(pread(fd, before, sizeof(before) - 1, 0) > 0);
		CHECK_ERRNO(write(fd, rows[i].text, strlen(rows[i].text)), rows[i].error);
		CHECK(pread(fd, after, sizeof(after) - 1, 0) > 0);
		CHECK(strcmp(before, after) == 0);
		close(fd);
	}
}

/* One buffer of 8 is the next page of a memfd, which tells how far a call has come. */
#define NR_BUFFERS 1024
#define NR_MARKS   (NR_BUFFERS / 8)

static long
marks_passed(int marks)
{
	struct stat st;

	CHECK_EQ(fstat(marks, &st), 0);
	return st.st_blocks / (PAGE / 512);
}

/* Calls that take long and wait for nothing: over and over the same MiB, and the residency of 2 GiB. */
static void
long_call(int which, char *marks)
{
	int random = open("/dev/urandom", O_RDWR), zero = open("/dev/zero", O_RDONLY);
	char *area = mmap(NULL, MIB, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *sparse = mmap(NULL, NR_MARKS * PAGE * PAGE, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	static struct iovec buffers[NR_BUFFERS];

	CHECK(random >= 0 && zero >= 0 && area != MAP_FAILED && sparse != MAP_FAILED);
	for (int i = 0; i < NR_BUFFERS; i++)
		buffers[i] = i % 8 == 0 ? (struct iovec){marks + i / 8 * PAGE, PAGE}
					: (struct iovec){area, MIB};
	if (which == 0)
		CHECK(writev(random, buffers, NR_BUFFERS) > 0);
	else if (which == 1)
		CHECK(readv(random, buffers, NR_BUFFERS) > 0);
	else if (which == 2)
		CHECK(readv(zero, buffers, NR_BUFFERS) > 0);
	else
		CHECK_EQ(mincore(sparse, NR_MARKS * PAGE * PAGE, (unsigned char *)marks), 0);
}

/* Kills a call that has begun. Has it ended before its end? -1: it was over, or nearly so, before that. */
static int
killed_early(int which)
{
	int status, fd = memfd_create("marks", 0);
	char *marks;
	long passed;
	pid_t child;

	CHECK(fd >= 0);
	CHECK_EQ(ftruncate(fd, NR_MARKS * PAGE), 0);
	marks = mmap(NULL, NR_MARKS * PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(marks != MAP_FAILED);
	child = fork_checked();
	if (child == 0) {
		long_call(which, marks);
		_exit(0);
	}
	while ((passed = marks_passed(fd)) == 0)
		sleep_ms(1);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, &status, 0), child);
	if (passed <= NR_MARKS / 2 && WIFSIGNALED(status))
		passed = marks_passed(fd);
	else
		passed = -1;
	CHECK_EQ(munmap(marks, NR_MARKS * PAGE), 0);
	close(fd);
	return passed < 0 ? -1 : passed < NR_MARKS;
}

/* In the middle of the call. A machine whose time is another's may be too late, again and again. */
static void
long_calls_are_killed(void)
{
	for (int which = 0; which < 4; which++) {
		int early = -1;

		for (int i = 0; i < 20 && early < 0; i++)
			early = killed_early(which);
		if (early != 1)
			FAIL("call %d: %s", which,
			     early < 0 ? "always over" : "goes on to its end");
	}
}

const struct test system_tests[] = {
	{"long_calls_are_killed", long_calls_are_killed, A_KERNEL},
	{"fp_registers", fp_registers, ANYWHERE},
	{"integer_registers", integer_registers, ANYWHERE},
	{"unknown_calls", unknown_calls, ANYWHERE},
	{"system_name", system_name, ANYWHERE},
	{"random_bytes", random_bytes, ANYWHERE},
	{"system_information", system_information, ANYWHERE},
	{"proc_files", proc_files, A_KERNEL},
	{"proc_of_the_dying", proc_of_the_dying, ANYWHERE},
	{"out_of_memory", out_of_memory, ON_OUR_SIZE},
	{"swapon_errors", swapon_errors, A_KERNEL},
	{"fault_settings_refused", fault_settings_refused, A_KERNEL},
	{NULL, NULL, ANYWHERE},
};
