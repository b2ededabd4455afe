/* What the compiler offers, under short names, and arithmetic that every file needs. */
#pragma once

#include "lib/types.h"

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define NORETURN	   __attribute__((noreturn))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define PACKED		   __attribute__((packed))
#define ALIGNED(bytes)	   __attribute__((aligned(bytes)))
#define SECTION(name)	   __attribute__((section(name)))
#define USED		   __attribute__((used))
#define UNUSED		   __attribute__((unused))
#define WEAK		   __attribute__((weak))
#define NOINLINE	   __attribute__((noinline))
#define ALWAYS_INLINE	   inline __attribute__((always_inline))
/*
 * Code and data that nobody needs after the boot: their frames are given to the buddy then. Ordinary
 * code must not refer to them; INIT_REF is for what does, and knows that it is still the boot.
 */
#define INIT	    SECTION(".init.text")
#define INIT_DATA   SECTION(".init.data")
#define INIT_REF    SECTION(".ref.text") NOINLINE
#define MUST_CHECK  __attribute__((warn_unused_result))
#define FALLTHROUGH __attribute__((fallthrough))
/* A type that may overlay any other: for reading memory a word at a time. */
#define MAY_ALIAS __attribute__((may_alias))

#define STATIC_ASSERT(cond) _Static_assert(cond, #cond)

#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define ARRAY_SIZE(a)			(sizeof(a) / sizeof((a)[0]))

/* One access, neither repeated, split nor dropped by the compiler. */
#define READ_ONCE(x)	   (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val) (*(volatile __typeof__(x) *)&(x) = (val))
/* Memory accesses stay on their side of this line in the compiler's output. */
#define barrier() __asm__ volatile("" ::: "memory")

#define MIN(a, b)                              \
	({                                     \
		__typeof__(a) min_a = (a);     \
		__typeof__(b) min_b = (b);     \
		min_a < min_b ? min_a : min_b; \
	})
#define MAX(a, b)                              \
	({                                     \
		__typeof__(a) max_a = (a);     \
		__typeof__(b) max_b = (b);     \
		max_a > max_b ? max_a : max_b; \
	})
#define CLAMP(x, lo, hi) MIN(MAX(x, lo), hi)

/* `align` is a power of two. The result has the type of x, widened to the type of align. */
#define ALIGN_DOWN(x, align) ((x) & ~((__typeof__(x))(align)-1))
#define ALIGN_UP(x, align)   ALIGN_DOWN((x) + ((__typeof__(x))(align)-1), align)
#define IS_ALIGNED(x, align) (((x) & ((__typeof__(x))(align)-1)) == 0)
#define IS_POWER_OF_2(x)     ((x) != 0 && ((x) & ((x)-1)) == 0)
#define DIV_ROUND_UP(n, d)   (((n) + (d)-1) / (d))

#define BIT(n) (1UL << (n))
