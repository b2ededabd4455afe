/* Non-local jumps. The signal mask is not saved. */
#pragma once

/* ra, sp, s0 to s11, fs0 to fs11 */
typedef unsigned long jmp_buf[26];

int setjmp(jmp_buf env) __attribute__((returns_twice));
void longjmp(jmp_buf env, int value) __attribute__((noreturn));
