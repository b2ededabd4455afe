/* Addresses that xv6's programs try to touch and must not reach. */
#pragma once

#define KERNBASE 0x80000000L
#define PHYSTOP	 (KERNBASE + 128 * 1024 * 1024)
