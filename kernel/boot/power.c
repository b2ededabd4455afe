#include "boot/power.h"

#include "core/clock.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "dev/console.h"
#include "mem/vmalloc.h"
#include "sched/timer.h"

#define TEST_PASS 0x5555
#define TEST_FAIL 0x3333

static volatile u32 *test_register;
static struct timer watchdog;

/* The device ends QEMU: status 0 by PASS, another one in the upper half of FAIL. */
static void
test_exit(int status)
{
	console_flush();
	if (test_register)
		*test_register = status ? ((u32)status & 0xffff) << 16 | TEST_FAIL : TEST_PASS;
}

void INIT
power_init(void)
{
	if (machine.test.size)
		test_register = ioremap(machine.test.pa, machine.test.size);
	machine_exit_hook = test_exit;
}

static void
watchdog_bites(struct timer *timer)
{
	(void)timer;
	pr_err("watchdog: %lu s of guest time are over", clock_now_ns() / NSEC_PER_SEC);
	machine_power_off(WATCHDOG_STATUS);
}

void INIT
watchdog_init(void)
{
	u64 seconds = bootarg_u64("watchdog", 0);

	if (!seconds)
		return;
	timer_init(&watchdog, watchdog_bites);
	timer_arm(&watchdog, clock_now_ns() + seconds * NSEC_PER_SEC);
}
