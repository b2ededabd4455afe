#pragma once

/* The kernel's random numbers: lib/random.h with a lock. */

#include "lib/types.h"

/* Seed from the FDT's rng-seed and the clock. Before the first use. */
void random_seed(void);

/* Any context. */
void random_get_bytes(void *buf, size_t len);

/* Something that an outsider cannot know well: interrupt times, what /dev/random is given. */
void random_add(const void *data, size_t len);
