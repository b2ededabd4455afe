/* Memory as programs map it: files, shared memory, code made at run time, RELRO, the stack. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>

#include "distro.h"

#define PAGE 4096UL
#define RW   (PROT_READ | PROT_WRITE)

static void
file_shared(void)
{
	int fd = open("mapped", O_RDWR | O_CREAT | O_TRUNC, 0644);
	char text[6] = "";
	char *view, *copy;

	CHECK(fd >= 0 && ftruncate(fd, 3 * PAGE) == 0);
	view = mmap(NULL, 3 * PAGE, RW, MAP_SHARED, fd, 0);
	copy = mmap(NULL, 3 * PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(view != MAP_FAILED && copy != MAP_FAILED);
	strcpy(view + PAGE, "hello");
	CHECK(pread(fd, text, 5, PAGE) == 5 && strcmp(text, "hello") == 0);
	CHECK(strcmp(copy + PAGE, "hello") == 0);
	strcpy(copy + PAGE, "mine!");
	CHECK(strcmp(view + PAGE, "hello") == 0 && msync(view, 3 * PAGE, MS_SYNC) == 0);
	CHECK(munmap(view, 3 * PAGE) == 0 && close(fd) == 0 && unlink("mapped") == 0);
}

static void
anonymous_shared(void)
{
	int *shared = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(shared != MAP_FAILED);
	if (fork() == 0) {
		*shared = 12345;
		_exit(0);
	}
	CHECK(wait(NULL) > 0 && *shared == 12345);
}

static void
posix_shared_memory(void)
{
	int fd = shm_open("/distro-test", O_RDWR | O_CREAT | O_EXCL, 0600);
	char *view;

	CHECK(fd >= 0 && ftruncate(fd, PAGE) == 0);
	view = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	CHECK(view != MAP_FAILED);
	strcpy(view, "in /dev/shm");
	CHECK(shm_unlink("/distro-test") == 0 && strcmp(view, "in /dev/shm") == 0);
}

static void
moved(void)
{
	char *area = mmap(NULL, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(area != MAP_FAILED);
	memset(area, 7, 4 * PAGE);
	area = mremap(area, 4 * PAGE, 400 * PAGE, MREMAP_MAYMOVE);
	CHECK(area != MAP_FAILED && area[4 * PAGE - 1] == 7 && area[4 * PAGE] == 0);
}

/* li a0, 42; ret */
static const uint32_t made_code[] = {0x02a00513, 0x00008067};

static void
code_made_at_run_time(void)
{
	void *code = mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(code != MAP_FAILED);
	memcpy(code, made_code, sizeof(made_code));
	CHECK(mprotect(code, PAGE, PROT_READ | PROT_EXEC) == 0);
	__builtin___clear_cache(code, (char *)code + sizeof(made_code));
	CHECK(((int (*)(void))code)() == 42);
}

static const char *const names[] = {"relocated", "at", "start"};

static void
dies_of_segv(void *address)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		*(volatile char *)address = 1;
		_exit(0);
	}
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void
relro_is_read_only(void)
{
	CHECK(strcmp(((const char *const volatile *)names)[0], "relocated") == 0);
	dies_of_segv((void *)names);
	dies_of_segv((void *)relro_is_read_only);
	dies_of_segv((void *)strlen);
}

static long
deep(int depth)
{
	volatile char room[4096];

	room[0] = (char)depth;
	return depth == 0 ? 0 : deep(depth - 1) + (room[0] == (char)depth);
}

static void
deep_stack(void)
{
	CHECK(deep(1500) == 1500);
}

static const struct distro_test tests[] = {
	{"file_shared", file_shared},
	{"anonymous_shared", anonymous_shared},
	{"posix_shared_memory", posix_shared_memory},
	{"moved", moved},
	{"code_made_at_run_time", code_made_at_run_time},
	{"relro_is_read_only", relro_is_read_only},
	{"deep_stack", deep_stack},
};

int
main(void)
{
	return tests_run(tests, COUNT(tests));
}
