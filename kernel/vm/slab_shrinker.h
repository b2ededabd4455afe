#pragma once

/* Slabs without objects go back to the buddy under pressure. Once, at boot. */
void slab_shrinker_init(void);
