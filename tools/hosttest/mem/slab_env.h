/* What object caches need of core/: boot arguments, the clock, backtraces, IPIs. */
#pragma once

/* The boot argument slab_debug=, NULL for none; before slab_init(). */
extern const char *env_slab_debug;

/* IPIs reach slab_ipi() when the hart runs next. */
void slab_env_init(void);
