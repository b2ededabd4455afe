#pragma once

/* Memory that several address spaces share and no file keeps: a mapping that is its own owner. */

#include "lib/types.h"

struct mapping;

/* A new one of that size, zero-filled, with one reference (mapping_put). => NULL: no memory */
struct mapping *shmem_create(u64 bytes);
/* Count all of it as committed (vm/commit.h). => 0, -ENOMEM */
int shmem_promise(struct mapping *mapping);

/* Once, at boot. */
void shmem_init(void);
