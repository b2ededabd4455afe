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

void bench_row(const char *name, u64 start_ns, u64 rounds);

/* Run the statement BENCH_ROUNDS times, after some times unmeasured; the loop is measured with it. */
#define BENCH(name, statement)                              \
	do {                                                \
		u64 bench_start;                            \
                                                            \
		for (u64 i = 0; i < 16; i++)                \
			statement;                          \
		bench_start = clock_now_ns();               \
		for (u64 i = 0; i < BENCH_ROUNDS; i++)      \
			statement;                          \
		bench_row(name, bench_start, BENCH_ROUNDS); \
	} while (0)
