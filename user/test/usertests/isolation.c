/*
 * What a program must not reach, tried from user mode with the answer looked at: which signal, with
 * which code and for which address. faults.c has the deaths; here the program lives on.
 *
 * A probe is a function of one instruction and a return. What it raises is noted by a handler, which
 * goes on at the probe's return address.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "test.h"

#define RW	       (PROT_READ | PROT_WRITE)
#define RETURN	       0x00008067
#define CSR_READ(csr)  ((csr) << 20 | 2 << 12 | 10 << 7 | 0x73)		   /* csrr a0, csr */
#define CSR_WRITE(csr) ((csr) << 20 | 1 << 12 | 10 << 15 | 10 << 7 | 0x73) /* csrrw a0, csr, a0 */
#define NR_CSRS	       4096U

#define CSR_FCSR      0x003
#define CSR_CYCLE     0xc00
#define CSR_TIME      0xc01
#define CSR_INSTRET   0xc02
#define CSR_HPM_FIRST 0xc03
#define CSR_HPM_LAST  0xc1f

#define NR_PROCESS_VM_READV  270
#define NR_PROCESS_VM_WRITEV 271

static struct {
	int signal, code;
	uint64_t address, pc;
} noted;

static void
note(int sig, siginfo_t *info, void *context)
{
	mcontext_t *machine = &((ucontext_t *)context)->uc_mcontext;

	noted.signal = sig;
	noted.code = info->si_code;
	noted.address = (uintptr_t)info->si_addr;
	noted.pc = machine->__gregs[REG_PC];
	machine->__gregs[REG_PC] = machine->__gregs[REG_RA];
}

static void
notes_begin(void)
{
	static const int signals[] = {SIGILL, SIGSEGV, SIGBUS, SIGTRAP};
	struct sigaction action = {.sa_flags = SA_SIGINFO};

	action.sa_sigaction = note;
	for (size_t i = 0; i < COUNT(signals); i++)
		CHECK_EQ(sigaction(signals[i], &action, NULL), 0);
}

/* Calls the probe with an argument, and returns the signal that it raised, or 0. */
static int
probe(const void *code, uint64_t argument)
{
	memset(&noted, 0, sizeof(noted));
	((uint64_t(*)(uint64_t))code)(argument);
	return noted.signal;
}

void probe_load(void);
void probe_store(void);
void probe_swap(void);

__asm__(".text\n"
	".balign 4\n"
	"probe_load:	lbu a0, 0(a0)\n"
	"		ret\n"
	".balign 4\n"
	"probe_store:	sb a0, 0(a0)\n"
	"		ret\n"
	".balign 4\n"
	"probe_swap:	amoswap.d a0, a0, (a0)\n"
	"		ret\n");

/* A page or more of probes: instruction and return, as they are given. */
static uint32_t *
probes_make(const uint32_t *instructions, size_t nr_probes)
{
	uint32_t *code = mmap(NULL, nr_probes * 8, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(code != MAP_FAILED);
	for (size_t i = 0; i < nr_probes; i++) {
		code[2 * i] = instructions[i];
		code[2 * i + 1] = RETURN;
	}
	CHECK_EQ(mprotect(code, nr_probes * 8, PROT_READ | PROT_EXEC), 0);
	__asm__ volatile("fence.i" ::: "memory");
	return code;
}

/* The probe is illegal, and the signal says where. */
static void
check_illegal(const char *what, unsigned number, const uint32_t *code)
{
	if (probe(code, 0) != SIGILL || noted.code != ILL_ILLOPC ||
	    noted.address != (uintptr_t)code || noted.pc != (uintptr_t)code)
		FAIL("%s 0x%x: signal %d, code %d, address 0x%lx", what, number, noted.signal,
		     noted.code, noted.address);
}

static const uint32_t privileged[] = {
	0x10200073, 0x30200073, 0x70200073, 0x00200073, /* sret, mret, mnret, uret */
	0x7b200073, 0x12000073, 0x12b50073, 0x16b50073, /* dret, sfence.vma twice, sinval.vma */
	0x18000073, 0x18100073, 0x22000073, 0x62000073, /* sfence.*.inval, hfence.vvma, .gvma */
	0x60054573, 0x6aa54073, 0x00000000, 0xffffffff, /* hlv.b, hsv.w, and two of nobody's */
};

static void
instructions_of_the_kernel(void)
{
	const uint32_t *code = probes_make(privileged, COUNT(privileged));

	notes_begin();
	for (size_t i = 0; i < COUNT(privileged); i++)
		check_illegal("instruction", privileged[i], &code[2 * i]);
}

static const uint32_t wait_for_interrupt = 0x10500073;

/* Either it is illegal or it ends by itself: a program cannot stop the hart. */
static void
wfi_does_not_stop(void)
{
	const uint32_t *code = probes_make(&wait_for_interrupt, 1);

	notes_begin();
	for (int i = 0; i < 10; i++) {
		int sig = probe(code, 0);

		CHECK(sig == 0 || sig == SIGILL);
	}
}

static const uint32_t *
csr_probes(int write)
{
	static uint32_t instructions[NR_CSRS];

	for (unsigned csr = 0; csr < NR_CSRS; csr++)
		instructions[csr] = write ? CSR_WRITE(csr) : CSR_READ(csr);
	return probes_make(instructions, NR_CSRS);
}

/* Floating-point state, and the counters, which have a test of their own. */
static int
csr_is_a_programs(unsigned csr)
{
	return (csr >= 1 && csr <= CSR_FCSR) || (csr >= CSR_CYCLE && csr <= CSR_HPM_LAST);
}

static void
csrs_cannot_be_read(void)
{
	const uint32_t *code = csr_probes(0);

	notes_begin();
	for (unsigned csr = 0; csr < NR_CSRS; csr++)
		if (!csr_is_a_programs(csr))
			check_illegal("csrr", csr, &code[2 * csr]);
}

static void
csrs_cannot_be_written(void)
{
	const uint32_t *code = csr_probes(1);

	notes_begin();
	for (unsigned csr = CSR_FCSR + 1; csr < NR_CSRS; csr++)
		check_illegal("csrrw", csr, &code[2 * csr]);
	check_illegal("csrrw", 0, &code[0]);
}

/* The rounding mode and the flags are a program's own, and nobody else's. */
static void
float_csrs_are_own(void)
{
	unsigned long value = 0xff, mode = 9;
	int status;

	__asm__ volatile("csrw fcsr, %0" ::"r"(value));
	if (fork_checked() == 0) {
		__asm__ volatile("csrr %0, fcsr" : "=r"(value));
		CHECK_EQ(value, 0xff);
		__asm__ volatile("csrw fcsr, zero");
		_exit(0);
	}
	CHECK(wait(&status) > 0 && status == 0);
	__asm__ volatile("csrr %0, fcsr\n csrr %1, frm" : "=r"(value), "=r"(mode));
	CHECK_EQ(value, 0xff);
	CHECK_EQ(mode, 7);
}

/* Time is everybody's. What others' work costs is not: as on Linux since 6.6. */
static void
counters(void)
{
	const uint32_t *code = csr_probes(0);
	uint64_t before, after;

	notes_begin();
	__asm__ volatile("rdtime %0" : "=r"(before));
	sleep_ms(1);
	__asm__ volatile("rdtime %0" : "=r"(after));
	CHECK(after > before);
	check_illegal("csrr", CSR_CYCLE, &code[2 * CSR_CYCLE]);
	check_illegal("csrr", CSR_INSTRET, &code[2 * CSR_INSTRET]);
	for (unsigned csr = CSR_HPM_FIRST; csr <= CSR_HPM_LAST; csr++)
		check_illegal("csrr", csr, &code[2 * csr]);
}

/* One of each kind of address that is not the program's; kernel/riscv/layout.h has the kernel's. */
static const struct {
	const char *name;
	uint64_t address;
} nobodys[] = {
	{"the null page", 0},
	{"the end of the null page", 0xff8},
	{"the end of user space", 0x4000000000},
	{"not canonical", 0x8000000000},
	{"not canonical, middle", 0x0123456789abcd00},
	{"not canonical, sign bit alone", 0x8000000000000000},
	{"just below the kernel's half", 0xffffffbffffffff8},
	{"direct map, physical 0", 0xffffffc000000000},
	{"direct map, UART", 0xffffffc010000000},
	{"direct map, PLIC", 0xffffffc00c000000},
	{"direct map, firmware", 0xffffffc080000000},
	{"direct map, kernel", 0xffffffc080200000},
	{"direct map, RAM", 0xffffffc084000000},
	{"struct page", 0xffffffe002000000},
	{"vmalloc, devices and stacks", 0xffffffe100000000},
	{"vmalloc, later", 0xffffffe100100000},
	{"kmap", 0xfffffff000000000},
	{"KASAN shadow", 0xfffffff400000000},
	{"KASAN shadow of the direct map", 0xfffffffb10000000},
	{"the image's text", 0xffffffff80200000},
	{"the image's data", 0xffffffff80300000},
	{"the last word", 0xfffffffffffffff8},
};

static void
check_unmapped(const char *what, const char *name, uint64_t address, int sig)
{
	if (sig != SIGSEGV || noted.code != SEGV_MAPERR || noted.address != address)
		FAIL("%s of %s: signal %d, code %d, address 0x%lx", what, name, sig, noted.code,
		     noted.address);
}

static void
addresses_of_nobody(void)
{
	notes_begin();
	for (size_t i = 0; i < COUNT(nobodys); i++) {
		uint64_t address = nobodys[i].address;
		const char *name = nobodys[i].name;

		check_unmapped("load", name, address, probe((void *)probe_load, address));
		check_unmapped("store", name, address, probe((void *)probe_store, address));
		check_unmapped("swap", name, address, probe((void *)probe_swap, address));
		check_unmapped("fetch", name, address, probe((void *)address, 0));
	}
}

/* What is mapped but not for this: SEGV_ACCERR, at that address. */
static void
check_refused(const char *what, const void *address, int sig)
{
	if (sig != SIGSEGV || noted.code != SEGV_ACCERR || noted.address != (uintptr_t)address)
		FAIL("%s: signal %d, code %d, address 0x%lx, not 0x%lx", what, sig, noted.code,
		     noted.address, (uintptr_t)address);
}

static uint32_t code_in_data = RETURN;
static const uint32_t code_in_rodata = RETURN;

static void
data_is_not_code(void)
{
	uint32_t code_on_stack = RETURN, *heap = malloc(sizeof(*heap));
	uint32_t *shared = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(heap && shared != MAP_FAILED);
	*heap = *shared = RETURN;
	notes_begin();
	check_refused("data", &code_in_data, probe(&code_in_data, 0));
	check_refused("stack", &code_on_stack, probe(&code_on_stack, 0));
	check_refused("heap", heap, probe(heap, 0));
	check_refused("shared memory", shared, probe(shared, 0));
	CHECK_EQ(mprotect(shared, PAGE, PROT_NONE), 0);
	check_refused("no access", shared, probe((void *)probe_load, (uintptr_t)shared));
}

static void
code_is_not_data(void)
{
	notes_begin();
	check_refused("text", (void *)note, probe((void *)probe_store, (uintptr_t)note));
	check_refused("rodata", &code_in_rodata,
		      probe((void *)probe_store, (uintptr_t)&code_in_rodata));
}

/* No call and no file leads into another process, or into the machine's memory. */
static void
other_processes(void)
{
	static const char *const closed[] = {"/dev/mem", "/dev/kmem", "/dev/port", "/proc/kcore"};
	char secret[16] = "a secret", path[64];
	uint64_t local[2] = {(uintptr_t)secret, sizeof(secret)}, remote[2] = {local[0], local[1]};
	pid_t child = fork_checked();
	long got;

	if (child == 0) {
		pause();
		_exit(0);
	}
	got = raw_call(NR_PROCESS_VM_READV, child, (uintptr_t)local, 1, (uintptr_t)remote, 1, 0);
	CHECK_EQ(got, -ENOSYS);
	got = raw_call(NR_PROCESS_VM_WRITEV, child, (uintptr_t)local, 1, (uintptr_t)remote, 1, 0);
	CHECK_EQ(got, -ENOSYS);
	snprintf(path, sizeof(path), "/proc/%d/mem", child);
	CHECK_ERRNO(open(path, O_RDWR), ENOENT);
	for (size_t i = 0; i < COUNT(closed); i++)
		CHECK_ERRNO(open(closed[i], O_RDONLY), ENOENT);
	CHECK_EQ(kill(child, SIGKILL), 0);
	CHECK_EQ(waitpid(child, NULL, 0), child);
}

/* Registers that the kernel uses between user mode and its own: whatever they hold, it lives. */
static long
call_with_registers(uint64_t value)
{
	register long number __asm__("a7") = SYS_getppid;
	register long result __asm__("a0") = 0;

	__asm__ volatile("mv s2, tp\n mv s3, gp\n mv s4, sp\n"
			 "mv tp, %2\n mv gp, %2\n mv sp, %2\n"
			 "ecall\n"
			 "bne tp, %2, 1f\n bne gp, %2, 1f\n beq sp, %2, 2f\n"
			 "1: li a0, -1\n"
			 "2: mv tp, s2\n mv gp, s3\n mv sp, s4\n"
			 : "+r"(result)
			 : "r"(number), "r"(value)
			 : "s2", "s3", "s4", "memory");
	return result;
}

static void
wild_registers(void)
{
	for (size_t i = 0; i < COUNT(nobodys); i++)
		CHECK_EQ(call_with_registers(nobodys[i].address), getppid());
}

const struct test isolation_tests[] = {
	{"instructions_of_the_kernel", instructions_of_the_kernel, ANYWHERE},
	{"wfi_does_not_stop", wfi_does_not_stop, ANYWHERE},
	{"csrs_cannot_be_read", csrs_cannot_be_read, ANYWHERE},
	{"csrs_cannot_be_written", csrs_cannot_be_written, ANYWHERE},
	{"float_csrs_are_own", float_csrs_are_own, ANYWHERE},
	{"counters", counters, A_KERNEL},
	{"addresses_of_nobody", addresses_of_nobody, A_KERNEL},
	{"data_is_not_code", data_is_not_code, ANYWHERE},
	{"code_is_not_data", code_is_not_data, ANYWHERE},
	{"other_processes", other_processes, A_KERNEL},
	{"wild_registers", wild_registers, ANYWHERE},
	{NULL, NULL, ANYWHERE},
};
