#include "riscv/sbi.h"

#include "riscv/layout.h"

#define SBI_EXT_BASE	     0x10
#define SBI_EXT_TIME	     0x54494d45
#define SBI_EXT_IPI	     0x735049
#define SBI_EXT_RFENCE	     0x52464e43
#define SBI_EXT_HSM	     0x48534d
#define SBI_EXT_SRST	     0x53525354
#define SBI_EXT_DBCN	     0x4442434e
#define SBI_LEGACY_SET_TIMER 0
#define SBI_LEGACY_PUTCHAR   1
#define SBI_LEGACY_GETCHAR   2
#define SBI_LEGACY_SHUTDOWN  8

static bool have_dbcn;
static bool have_time;
static bool have_srst;

struct sbi_result
sbi_call(u64 extension, u64 function, u64 a0, u64 a1, u64 a2, u64 a3, u64 a4)
{
	register u64 r0 asm("a0") = a0;
	register u64 r1 asm("a1") = a1;
	register u64 r2 asm("a2") = a2;
	register u64 r3 asm("a3") = a3;
	register u64 r4 asm("a4") = a4;
	register u64 r6 asm("a6") = function;
	register u64 r7 asm("a7") = extension;

	asm volatile("ecall"
		     : "+r"(r0), "+r"(r1)
		     : "r"(r2), "r"(r3), "r"(r4), "r"(r6), "r"(r7)
		     : "memory");
	return (struct sbi_result){(long)r0, (long)r1};
}

static bool
sbi_probe(u64 extension)
{
	struct sbi_result r = sbi_call(SBI_EXT_BASE, 3, extension, 0, 0, 0, 0);

	return r.error == 0 && r.value != 0;
}

void
sbi_init(void)
{
	have_dbcn = sbi_probe(SBI_EXT_DBCN);
	have_time = sbi_probe(SBI_EXT_TIME);
	have_srst = sbi_probe(SBI_EXT_SRST);
}

u64
sbi_spec_version(void)
{
	return sbi_call(SBI_EXT_BASE, 0, 0, 0, 0, 0, 0).value;
}

static void
sbi_putchar(char c)
{
	sbi_call(SBI_LEGACY_PUTCHAR, 0, (u8)c, 0, 0, 0, 0);
}

void
sbi_console_write(const char *buf, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (buf[i] == '\n')
			sbi_putchar('\r');
		if (have_dbcn)
			sbi_call(SBI_EXT_DBCN, 2, (u8)buf[i], 0, 0, 0, 0);
		else
			sbi_putchar(buf[i]);
	}
}

int
sbi_console_getchar(void)
{
	return (int)sbi_call(SBI_LEGACY_GETCHAR, 0, 0, 0, 0, 0, 0).error;
}

void
sbi_set_timer(u64 deadline_ticks)
{
	if (have_time)
		sbi_call(SBI_EXT_TIME, 0, deadline_ticks, 0, 0, 0, 0);
	else
		sbi_call(SBI_LEGACY_SET_TIMER, 0, deadline_ticks, 0, 0, 0, 0);
}

void
sbi_send_ipi(u64 hartid)
{
	sbi_call(SBI_EXT_IPI, 0, 1, hartid, 0, 0, 0);
}

long
sbi_hart_start(u64 hartid, u64 start_pa, u64 opaque)
{
	return sbi_call(SBI_EXT_HSM, 0, hartid, start_pa, opaque, 0, 0).error;
}

void
sbi_shutdown(void)
{
	if (have_srst)
		sbi_call(SBI_EXT_SRST, 0, 0, 0, 0, 0, 0);
	sbi_call(SBI_LEGACY_SHUTDOWN, 0, 0, 0, 0, 0, 0);
}

void
sbi_reboot(void)
{
	if (have_srst)
		sbi_call(SBI_EXT_SRST, 0, 1, 0, 0, 0, 0);
}

void
sbi_remote_sfence(u64 hart_mask, u64 hart_base, u64 va, u64 size)
{
	sbi_call(SBI_EXT_RFENCE, 1, hart_mask, hart_base, va, size, 0);
}

void
sbi_remote_fence_i(u64 hart_mask, u64 hart_base)
{
	sbi_call(SBI_EXT_RFENCE, 0, hart_mask, hart_base, 0, 0, 0);
}
