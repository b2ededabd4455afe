#pragma once

/* The caches of kmalloc's size classes, by kmalloc_class(). */

#include "mem/slab.h"

extern struct kmem_cache *kmalloc_caches[NR_KMALLOC_CLASSES];

void kmalloc_classes_init(void);
