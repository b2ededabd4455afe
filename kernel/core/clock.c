#include "core/clock.h"

#include "lib/compiler.h"
#include "riscv/csr.h"

/* The default makes early messages sane. */
static u64 ticks_per_sec = 10000000;
static u64 ns_per_tick = 100UL << 32; /* with 32 fraction bits */
static u64 boot_ticks;
static u64 realtime_offset_ns;

static u64
mul_fixed32(u64 a, u64 factor)
{
	return (u64)(((unsigned __int128)a * factor) >> 32);
}

void
clock_init(u64 timebase_hz)
{
	if (timebase_hz) {
		ticks_per_sec = timebase_hz;
		ns_per_tick = (NSEC_PER_SEC << 32) / timebase_hz;
	}
	boot_ticks = csr_read(time);
}

u64
clock_now_ns(void)
{
	return mul_fixed32(csr_read(time) - boot_ticks, ns_per_tick);
}

/* Seconds apart: a rounded factor would be early by ever more, and the hart spin until it is time. */
u64
clock_ns_to_ticks(u64 ns)
{
	u64 ticks = ns / NSEC_PER_SEC * ticks_per_sec;

	return boot_ticks + ticks + ns % NSEC_PER_SEC * ticks_per_sec / NSEC_PER_SEC + 1;
}

u64
clock_realtime_ns(void)
{
	return realtime_offset_ns + clock_now_ns();
}

void
clock_set_realtime(u64 now_ns)
{
	realtime_offset_ns = now_ns - clock_now_ns();
}
