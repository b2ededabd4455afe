/*
 * The functions of libgcc that a compiler may call for rv64imac, which counts no bits and swaps no
 * bytes in hardware. The kernel links no libgcc. Our own code uses lib/bitops.h; these serve what the
 * compiler makes of it, and the __builtin_ forms. The names are the compiler's.
 */
#include "lib/bitops.h"

int __clzdi2(u64 x);
int __ctzdi2(u64 x);
int __ffsdi2(u64 x);
int __popcountdi2(u64 x);
u32 __bswapsi2(u32 x);
u64 __bswapdi2(u64 x);

int
__clzdi2(u64 x)
{
	return (int)clz64(x);
}

int
__ctzdi2(u64 x)
{
	return (int)ctz64(x);
}

int
__ffsdi2(u64 x)
{
	return (int)ffs64(x);
}

int
__popcountdi2(u64 x)
{
	return (int)popcount64(x);
}

u32
__bswapsi2(u32 x)
{
	return bswap32(x);
}

u64
__bswapdi2(u64 x)
{
	return bswap64(x);
}
