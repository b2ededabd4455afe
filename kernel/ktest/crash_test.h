#pragma once

/* When asked for by crash=NAME in the boot arguments, panic in that way; else return. */
void crash_test_run(void);
