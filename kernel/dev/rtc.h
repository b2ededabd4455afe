#pragma once

/* The goldfish real-time clock: sets the wall clock once, at boot. Nothing without one. */
void rtc_init(void);
