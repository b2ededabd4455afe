#pragma once

/* Leaving QEMU with a status, and a bound on how long a run may take. */

/* Map the sifive_test device, when the machine has one, for machine_power_off(). */
void power_init(void);

/*
 * Boot argument watchdog=SECONDS: power off with WATCHDOG_STATUS after that much guest time.
 * The clock of the boot hart must run.
 */
#define WATCHDOG_STATUS 124
void watchdog_init(void);
