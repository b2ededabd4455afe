#pragma once

/* The thread that reclaims before anybody has to wait for it: see vm/kswapd.c. */

#include "mem/gfp.h"

/* Let it look at the zones. Any context, locks of rank below WAITQ. */
void kswapd_wake(void);

/* All that was being written to swap is written: let it free what was to go. Any context, as above. */
void kswapd_collect(void);

/* For a task that has to reclaim by itself: wait a little when the reserves are nearly gone. */
void kswapd_throttle(gfp_t gfp);

/* Somebody freed something: what kswapd may have given up is worth trying again. */
void kswapd_note_progress(void);

/* Starts the thread. Once, when threads run. */
void kswapd_init(void);
