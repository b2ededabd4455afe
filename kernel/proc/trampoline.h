#pragma once

/*
 * The page that signal handlers return to: `li a7, 139; ecall`. One page of memory for the whole
 * system, mapped read-execute at SIGRETURN_TRAMPOLINE in every address space ("[vdso]").
 */

struct mm;

void trampoline_init(void);
/* => -ENOMEM */
int trampoline_map(struct mm *mm);
