#pragma once

/* Time since boot, from the `time` CSR and the FDT's timebase-frequency. */

#include "lib/types.h"

#define NSEC_PER_SEC  1000000000UL
#define NSEC_PER_MSEC 1000000UL
#define NSEC_PER_USEC 1000UL

/* How programs are told times of processes: AT_CLKTCK, times(2), /proc, SIGCHLD's siginfo. */
#define CLOCK_TICKS   100 /* per second */
#define CLOCK_TICK_NS (NSEC_PER_SEC / CLOCK_TICKS)

/* Once, at boot. timebase_hz from the FDT; realtime_ns is the wall clock now or 0. */
void clock_init(u64 timebase_hz);

/* Nanoseconds since boot; monotonic, one clock for all harts. */
u64 clock_now_ns(void);

/* Nanoseconds since 1970 (goldfish RTC at boot + monotonic time; 0-based when there is none). */
u64 clock_realtime_ns(void);
void clock_set_realtime(u64 now_ns);

/* The value of the time CSR at the instant that clock_now_ns() calls ns, or just after. */
u64 clock_ns_to_ticks(u64 ns);
