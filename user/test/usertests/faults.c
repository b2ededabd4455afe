/* What a hostile program does to memory and to the machine: each is a signal, for it alone. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "test.h"

static const uint64_t kernel_addresses[] = {
	0xffffffc000000000, 0xffffffc080200000, 0xffffffc087fff000,
	0xffffffe000000000, 0xffffffe100000000, 0xffffffff80000000,
	0xffffffff80200000, 0xfffffffffffff000, 0xfffffffffffffff8,
};

static const uint64_t foreign_addresses[] = {
	0,
	8,
	0xfff,
	0x4000000000,
	0x8000000000,
	0x7fffffffffffff00,
	0x8000000000000000,
	0x0000200000000000,
	0xdeadbeefdeadbee0,
};

static volatile unsigned char sink;

static void
load(void *address)
{
	sink = *(volatile unsigned char *)address;
}

static void
store(void *address)
{
	*(volatile unsigned char *)address = 1;
}

static void
jump(void *address)
{
	((void (*)(void))address)();
}

static void
accesses_die(const uint64_t *addresses, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		check_killed(load, (void *)addresses[i], SIGSEGV);
		check_killed(store, (void *)addresses[i], SIGSEGV);
		check_killed(jump, (void *)(addresses[i] & ~1ul), SIGSEGV);
	}
}

static void
kernel_memory(void)
{
	accesses_die(kernel_addresses, COUNT(kernel_addresses));
}

static void
foreign_memory(void)
{
	accesses_die(foreign_addresses, COUNT(foreign_addresses));
}

static void
text_write(void)
{
	check_killed(store, (void *)text_write, SIGSEGV);
}

static void
rodata_write(void)
{
	check_killed(store, (void *)kernel_addresses, SIGSEGV);
}

static uint32_t return_instruction = 0x00008067;

static void
data_jump(void)
{
	uint32_t on_stack = return_instruction;
	uint32_t *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	*page = return_instruction;
	check_killed(jump, &return_instruction, SIGSEGV);
	check_killed(jump, &on_stack, SIGSEGV);
	check_killed(jump, page, SIGSEGV);
}

static void
execute_mapped(void)
{
	uint32_t *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	*page = return_instruction;
	CHECK_EQ(mprotect(page, PAGE, PROT_READ | PROT_EXEC), 0);
	__asm__ volatile("fence.i" ::: "memory");
	jump(page);
	check_killed(store, page, SIGSEGV);
}

/* Instructions that only a kernel may use, and some that nobody may. */
static const uint32_t forbidden[] = {
	0x100022f3, /* csrr t0, sstatus */
	0x10029073, /* csrw sstatus, t0 */
	0x180022f3, /* csrr t0, satp */
	0x18001073, /* csrw satp, zero */
	0x14002373, /* csrr t1, sscratch */
	0x300022f3, /* csrr t0, mstatus */
	0xf14022f3, /* csrr t0, mhartid */
	0x10200073, /* sret */
	0x30200073, /* mret */
	0x12000073, /* sfence.vma */
	0x00000000, 0xffffffff, 0x0000007b,
};

static void
execute_forbidden(void *instruction)
{
	uint32_t *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	page[0] = *(uint32_t *)instruction;
	page[1] = return_instruction;
	mprotect(page, PAGE, PROT_READ | PROT_EXEC);
	__asm__ volatile("fence.i" ::: "memory");
	jump(page);
}

static void
privileged_instructions(void)
{
	for (size_t i = 0; i < COUNT(forbidden); i++)
		check_killed(execute_forbidden, (void *)&forbidden[i], SIGILL);
}

static void
breakpoint(void *unused)
{
	(void)unused;
	__asm__ volatile("ebreak");
}

static void
breakpoint_traps(void)
{
	check_killed(breakpoint, NULL, SIGTRAP);
}

static void
atomic_misaligned(void *address)
{
	__asm__ volatile("amoadd.d t0, t0, (%0)" ::"r"(address) : "t0", "memory");
}

static void
reserve_misaligned(void *address)
{
	__asm__ volatile("lr.w t0, (%0)" ::"r"(address) : "t0", "memory");
}

static void
misaligned_atomics(void)
{
	static uint64_t words[4];

	check_killed(atomic_misaligned, (char *)words + 4, SIGBUS);
	check_killed(reserve_misaligned, (char *)words + 1, SIGBUS);
}

static void
misaligned_loads(void)
{
	static unsigned char bytes[64];

	pattern_fill(bytes, sizeof(bytes), 0, 1);
	for (unsigned i = 0; i < 16; i++) {
		uint64_t word = 0, expected;

		memcpy(&expected, bytes + i, 8);
		__asm__ volatile("ld %0, 0(%1)" : "=r"(word) : "r"(bytes + i) : "memory");
		CHECK(word == expected);
	}
}

static int __attribute__((noinline)) recurse(volatile char *above, long depth)
{
	volatile char frame[4096];

	frame[0] = above[0];
	return depth == 0 ? frame[0] : recurse(frame, depth - 1) + frame[0];
}

static void
recurse_for_ever(void *unused)
{
	char start = 1;

	(void)unused;
	sink = (unsigned char)recurse(&start, 1L << 40);
}

static void
recurse_4_mib(void *unused)
{
	char start = 0;

	(void)unused;
	sink = (unsigned char)recurse(&start, 4 * MIB / 4200);
}

static void
stack_overflow(void)
{
	check_killed(recurse_for_ever, NULL, SIGSEGV);
}

static void
stack_grows(void)
{
	CHECK_EQ(child_status(recurse_4_mib, NULL), 0);
}

static void
stack_limit(void)
{
	struct rlimit limit = {1 * MIB, 8 * MIB};

	CHECK_EQ(setrlimit(RLIMIT_STACK, &limit), 0);
	check_killed(recurse_4_mib, NULL, SIGSEGV);
}

/* A system call's buffer may be stack that has not been touched yet. */
static void
stack_grows_in_call(void)
{
	volatile char here = 0;
	char *below = (char *)((uintptr_t)&here - 256 * KIB);
	int fds[2];

	CHECK_EQ(pipe(fds), 0);
	CHECK_EQ(write(fds[1], "abc", 3), 3);
	CHECK_EQ(raw_call(63, fds[0], (uintptr_t)below, 3, 0, 0, 0), 3);
	CHECK(memcmp(below, "abc", 3) == 0);
}

static void
store_then_lose(void *unused)
{
	char *old = sbrk(4 * PAGE);

	(void)unused;
	CHECK(old != (void *)-1);
	old[3 * PAGE] = 1;
	CHECK(sbrk(-4 * (intptr_t)PAGE) != (void *)-1);
	store(old + 3 * PAGE);
}

static void
use_after_sbrk(void)
{
	check_killed(store_then_lose, NULL, SIGSEGV);
}

static void
store_after_munmap(void *page)
{
	store(page);
	munmap(page, PAGE);
	store(page);
}

static void
use_after_munmap(void)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(page != MAP_FAILED);
	check_killed(store_after_munmap, page, SIGSEGV);
	store(page);
}

static void
stack_pointer_wild(void *address)
{
	__asm__ volatile("mv sp, %0; li a7, 172; ecall; sd a0, 0(sp); ret" ::"r"(address)
			 : "memory");
}

static void
wild_stack_pointer(void)
{
	check_killed(stack_pointer_wild, (void *)0xffffffff80200000, SIGSEGV);
	check_killed(stack_pointer_wild, NULL, SIGSEGV);
	check_killed(stack_pointer_wild, (void *)0x8000000000000000, SIGSEGV);
}

static void
signal_without_stack(void *unused)
{
	struct sigaction action = {.sa_handler = (sighandler_t)stack_overflow};

	(void)unused;
	sigaction(SIGUSR1, &action, NULL);
	__asm__ volatile("li sp, 16; li a7, 172; ecall; li a1, 10; li a7, 129; ecall; ret" ::
				 : "memory");
}

/* A signal whose frame cannot be written ends the process. */
static void
signal_frame_nowhere(void)
{
	check_killed(signal_without_stack, NULL, SIGSEGV);
}

static void
return_from_nothing(void *unused)
{
	(void)unused;
	__asm__ volatile("li sp, 4096; li a7, 139; ecall; ret" ::: "memory");
}

static void
sigreturn_without_frame(void)
{
	check_killed(return_from_nothing, NULL, SIGSEGV);
}

const struct test fault_tests[] = {
	{"kernel_memory", kernel_memory, ANYWHERE},
	{"foreign_memory", foreign_memory, ANYWHERE},
	{"text_write", text_write, ANYWHERE},
	{"rodata_write", rodata_write, ANYWHERE},
	{"data_jump", data_jump, ANYWHERE},
	{"execute_mapped", execute_mapped, ANYWHERE},
	{"privileged_instructions", privileged_instructions, ANYWHERE},
	{"breakpoint_traps", breakpoint_traps, ANYWHERE},
	{"misaligned_atomics", misaligned_atomics, ANYWHERE},
	{"misaligned_loads", misaligned_loads, ANYWHERE},
	{"stack_overflow", stack_overflow, ANYWHERE},
	{"stack_grows", stack_grows, ANYWHERE},
	{"stack_limit", stack_limit, A_KERNEL},
	{"stack_grows_in_call", stack_grows_in_call, ANYWHERE},
	{"use_after_sbrk", use_after_sbrk, A_KERNEL},
	{"use_after_munmap", use_after_munmap, ANYWHERE},
	{"wild_stack_pointer", wild_stack_pointer, ANYWHERE},
	{"signal_frame_nowhere", signal_frame_nowhere, ANYWHERE},
	{"sigreturn_without_frame", sigreturn_without_frame, ANYWHERE},
	{NULL, NULL, ANYWHERE},
};
