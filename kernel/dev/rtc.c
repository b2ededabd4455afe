#include "dev/rtc.h"

#include "core/clock.h"
#include "core/machine.h"
#include "mem/vmalloc.h"
#include "lib/compiler.h"
#include "riscv/io.h"

/* Nanoseconds since 1970; reading the low half latches the high one. Source: QEMU, goldfish_rtc. */
#define RTC_TIME_LOW  0x00
#define RTC_TIME_HIGH 0x04

void INIT
rtc_init(void)
{
	char *regs;
	u64 now_ns;

	if (machine.rtc.size == 0)
		return;
	regs = ioremap(machine.rtc.pa, machine.rtc.size);
	if (!regs)
		return;
	now_ns = readl(regs + RTC_TIME_LOW);
	now_ns |= (u64)readl(regs + RTC_TIME_HIGH) << 32;
	clock_set_realtime(now_ns);
	iounmap(regs);
}
