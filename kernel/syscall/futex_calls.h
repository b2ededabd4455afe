#pragma once

/* The part of futex(2) that restart_syscall(2) goes on with. */

struct call_restart;

/* A FUTEX_WAIT that a signal without a handler interrupted, until its end as it was. => as futex(2) */
long futex_restart(const struct call_restart *restart);
