#pragma once

/* What a swap area's device is told that it may forget: see vm/swap_discard.c. */

#include "vm/swap_area.h"

/* Of slots that nobody uses, nor will until this returns. Sleeps; no lock of rank MM or below is held. */
void swap_discard_slots(struct swap_area *area, u64 first, u64 nr);

/* An area has stale clusters. Any context, locks of rank below WAITQ. */
void swap_discard_wake(void);

/* Until nothing is being discarded of the area. => it is not active any more */
void swap_discard_wait(struct swap_area *area);

/* Starts the thread. Once, when threads run. */
void swap_discard_init(void);
