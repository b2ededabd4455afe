#pragma once

/* Kernel areas that wait for a flush, and kept stacks, go back under pressure. Once, at boot. */
void vmalloc_shrinker_init(void);
