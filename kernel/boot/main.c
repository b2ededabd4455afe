/*
 * The kernel's table of contents: what starts, in which order, and why there.
 *
 * boot/entry.S brings the boot hart here with paging on, a stack, and nothing else.
 */

#include "boot/main.h"

#include "boot/fdt_machine.h"
#include "boot/power.h"
#include "boot/secondary.h"
#include "core/clock.h"
#include "core/cpu.h"
#include "core/init.h"
#include "core/machine.h"
#include "core/panic.h"
#include "core/printk.h"
#include "dev/block.h"
#include "dev/console.h"
#include "dev/plic.h"
#include "dev/ramdisk.h"
#include "dev/random.h"
#include "dev/rtc.h"
#include "dev/virtio.h"
#include "fs/vfs.h"
#include "lib/err.h"
#include "lib/string.h"
#include "mem/early.h"
#include "mem/fault_report.h"
#include "mem/slab.h"
#include "proc/process.h"
#include "riscv/sbi.h"
#include "sched/rq.h"
#include "sched/sched.h"
#include "sched/timer.h"
#include "syscall/syscall.h"
#include "trap/trap.h"
#include "vm/flusher.h"
#include "vm/kswapd.h"
#include "vm/swap_discard.h"
#include "vm/oom.h"
#include "vm/vm.h"
#include "vm/zswap.h"

static void INIT
say_hello(void)
{
	u64 version = sbi_spec_version();
	char nonce[32];

	if (bootarg_get("init.nonce", nonce, sizeof(nonce)) > 0)
		printk_mark_lines(nonce);
	console_loglevel = bootarg_u64("loglevel", LOG_INFO + 1);
	if (bootarg_flag("quiet"))
		console_loglevel = LOG_ERR + 1;
	else
		console_emergency_write("\nQuire\n", 7);
	pr_info("Quire on %s, boot hart %u, %u hart%s, SBI %lu.%lu", machine.model,
		machine.boot_hartid, machine.nr_harts, machine.nr_harts == 1 ? "" : "s",
		version >> 24, version & 0xffffff);
	if (machine.bootargs[0])
		pr_info("boot arguments: %s", machine.bootargs);
}

static void INIT
read_panic_action(void)
{
	char value[16];

	if (bootarg_get("panic", value, sizeof(value)) < 0)
		return;
	if (strcmp(value, "exit") == 0)
		panic_action = PANIC_EXIT;
	else if (strcmp(value, "reboot") == 0)
		panic_action = PANIC_REBOOT;
	else if (strcmp(value, "halt") != 0)
		pr_warn("panic=%s: want halt, exit or reboot", value);
}

/* The rest of the start, which sleeps: a thread of its own, with all harts up. */
static void INIT_REF
init_thread(void *arg)
{
	(void)arg;
	flusher_init();
	oom_init();
	kswapd_init();
	swap_discard_init();
	zswap_init();
	init_memory_free();
	late_init_run();
	root_mount();
	init_process_start();
}

void INIT_REF
boot_main(u64 hartid, u64 fdt_pa)
{
	cpus[0].hartid = hartid;
	cpus[0].online = true;

	/* What the machine is. */
	sbi_init();
	machine_read_fdt(hartid, fdt_pa);
	clock_init(machine.timebase_hz);
	say_hello();
	read_panic_action();

	/* Physical memory, then the kernel's own allocators. */
	paging_init();
	mem_init();
	slab_init();
	power_init();
	mem_fault_report_init();

	/* Threads and time. */
	trap_init();
	task_init();
	sched_init_cpu(&boot_task);
	timer_init_cpu();

	/* Devices. */
	random_seed();
	plic_init();
	plic_init_cpu();
	rtc_init();
	random_seed();
	console_init();
	block_init();
	virtio_init();
	ramdisk_init();

	/* Virtual memory, files, processes and their calls. */
	vm_init();
	vfs_init();
	process_init();
	syscall_init();

	irq_enable();
	secondary_start_all();
	watchdog_init();
	if (IS_ERR(kthread_start("init", init_thread, NULL)))
		panic("no memory for the first thread");
	sched_idle_loop();
}
