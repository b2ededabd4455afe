#pragma once

/*
 * Instructions for each operation, measured by ktest=bench. Under -icount a nanosecond of the
 * clock is an instruction; without, the figures say little. A row is printed as
 *
 *	bench: NAME COUNT.TENTHS
 *
 * and grading/bench.py knows what each may cost.
 */

#include "core/clock.h"
#include "ktest/ktest.h"

#define BENCH_ROUNDS 10000

/* Print a row. `loop_ns`: what of the time since start_ns is to be left out. */
void bench_row(const char *name, u64 start_ns, u64 loop_ns, u64 rounds);

/* Run the statement BENCH_ROUNDS times, after some times unmeasured. The loop alone does not count. */
#define BENCH(name, statement)                                          \
	do {                                                            \
		u64 bench_loop = clock_now_ns();                        \
		u64 bench_start;                                        \
                                                                        \
		for (u64 i = 0; i < BENCH_ROUNDS; i++)                  \
			barrier();                                      \
		bench_loop = clock_now_ns() - bench_loop;               \
		for (u64 i = 0; i < 16; i++)                            \
			statement;                                      \
		bench_start = clock_now_ns();                           \
		for (u64 i = 0; i < BENCH_ROUNDS; i++)                  \
			statement;                                      \
		bench_row(name, bench_start, bench_loop, BENCH_ROUNDS); \
	} while (0)
