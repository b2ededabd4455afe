#pragma once

/* What a panic says about a bad address. */

/* Hang the report into panic_fault_hook. */
void mem_fault_report_init(void);
