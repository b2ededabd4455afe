#pragma once

/* struct timespec in user memory. */

#include "lib/types.h"

/* Longer times are for ever: 292 years. */
#define FOREVER_NS (~0UL >> 1)

/* => -EFAULT, -EINVAL (negative, or nanoseconds that are a second or more) */
int timespec_get(uva_t uva, u64 *ns);
/* => -EFAULT */
int timespec_put(uva_t uva, u64 ns);
