/*
 * Included before anything else in those sources of kernel/lib that define functions which the host's
 * C library has: they get other names, so that a test can compare the two.
 */
#pragma once

#define memcpy	  k_memcpy
#define memmove	  k_memmove
#define memset	  k_memset
#define memcmp	  k_memcmp
#define memchr	  k_memchr
#define strlen	  k_strlen
#define strnlen	  k_strnlen
#define strcmp	  k_strcmp
#define strncmp	  k_strncmp
#define strchr	  k_strchr
#define strrchr	  k_strrchr
#define strstr	  k_strstr
#define strspn	  k_strspn
#define strcspn	  k_strcspn
#define strlcpy	  k_strlcpy
#define strlcat	  k_strlcat
#define snprintf  k_snprintf
#define vsnprintf k_vsnprintf

#define __clzdi2      k_clzdi2
#define __ctzdi2      k_ctzdi2
#define __ffsdi2      k_ffsdi2
#define __popcountdi2 k_popcountdi2
#define __bswapsi2    k_bswapsi2
#define __bswapdi2    k_bswapdi2
